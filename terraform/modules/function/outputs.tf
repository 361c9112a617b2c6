output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_name" {
  description = "Name of the function's role."
  value       = aws_iam_role.this.name
}

output "invoke_arn" {
  description = "ARN under which API Gateway invokes the function."
  value       = aws_lambda_function.this.invoke_arn
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "policy" {
  description = "The role's policy, as JSON."
  value       = aws_iam_role_policy.this.policy
}

output "grants" {
  description = "The same policy as a set of \"action resource\"."
  value = toset(flatten([
    for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : [
      for action in statement.Action : [for resource in statement.Resource : "${action} ${resource}"]
    ] if statement.Effect == "Allow"
  ]))
}

output "environment" {
  description = "The function's environment variables."
  value       = aws_lambda_function.this.environment[0].variables
}

output "source_queue_arn" {
  description = "ARN of the queue whose batches start the function; null if there is none."
  value       = one(aws_lambda_event_source_mapping.queue[*].event_source_arn)
}

output "timeout_seconds" {
  description = "Time limit of one invocation."
  value       = aws_lambda_function.this.timeout
}

output "tracing_mode" {
  description = "Active or PassThrough."
  value       = aws_lambda_function.this.tracing_config[0].mode
}
