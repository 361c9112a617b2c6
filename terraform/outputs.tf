output "api_gateway_invoke_url" {
  description = "Where the API answers, without a trailing slash."
  value       = trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")
}

output "admin_token_secret" {
  description = "Where the admin token is kept: its name, not its value."
  value       = local.jwt ? null : local.secret_references.admin_token
}

output "dashboard_url" {
  description = "The pipeline at a glance."
  value       = "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards:name=${aws_cloudwatch_dashboard.pipeline.dashboard_name}"
}

output "alarm_topic_arn" {
  description = "SNS topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "function_names" {
  description = "The functions, by what they do."
  value       = { for key, function in module.function : key => function.name }
}

output "log_groups" {
  description = "Log groups: one a function, and the API's access log."
  value       = merge({ for key, function in module.function : key => function.log_group }, { api = aws_cloudwatch_log_group.api.name })
}

output "table_names" {
  description = "The DynamoDB tables."
  value = {
    orders    = aws_dynamodb_table.orders.name
    products  = aws_dynamodb_table.products.name
    simulated = aws_dynamodb_table.simulated.name
  }
}

output "queue_urls" {
  description = "The queues, by stage."
  value       = { for stage, queue in module.queue : stage => queue.url }
}

output "dead_letter_queue_urls" {
  description = "The dead-letter queues, by stage."
  value       = { for stage, queue in module.queue : stage => queue.dead_letter_url }
}
