output "api_gateway_invoke_url" {
  description = "URL of the API, without a trailing slash."
  value       = trimsuffix(aws_apigatewayv2_stage.default.invoke_url, "/")
}

output "admin_token_secret" {
  description = "Name of the secret with the admin token, not its value; null with JWT."
  value       = local.jwt ? null : local.secret_references.admin_token
}

output "dashboard_url" {
  description = "URL of the dashboard."
  value       = "https://${var.aws_region}.console.aws.amazon.com/cloudwatch/home?region=${var.aws_region}#dashboards:name=${aws_cloudwatch_dashboard.pipeline.dashboard_name}"
}

output "alarm_topic_arn" {
  description = "SNS topic of all alarms."
  value       = aws_sns_topic.alarms.arn
}

output "function_names" {
  description = "Names of the functions on AWS, by function."
  value       = { for key, function in module.function : key => function.name }
}

output "log_groups" {
  description = "Log groups, by function, and that of the API's access log."
  value       = merge({ for key, function in module.function : key => function.log_group }, { api = aws_cloudwatch_log_group.api.name })
}

output "table_names" {
  description = "Names of the DynamoDB tables."
  value = {
    orders    = aws_dynamodb_table.orders.name
    products  = aws_dynamodb_table.products.name
    simulated = aws_dynamodb_table.simulated.name
  }
}

output "queue_urls" {
  description = "URLs of the queues, by stage."
  value       = { for stage, queue in module.queue : stage => queue.url }
}

output "dead_letter_queue_urls" {
  description = "URLs of the dead-letter queues, by stage."
  value       = { for stage, queue in module.queue : stage => queue.dead_letter_url }
}
