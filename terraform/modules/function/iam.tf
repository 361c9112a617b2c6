# The role of the function. The policy is built with jsonencode, not by a data source, so that a test can read
# every action and resource.

locals {
  consume_queue = var.source_queue == null ? [] : [{
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = [var.source_queue.arn]
  }]

  write_log = {
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    # Lambda chooses the names of the streams. The wildcard covers this log group's streams only.
    resources = ["${aws_cloudwatch_log_group.this.arn}:log-stream:*"]
  }

  # X-Ray actions do not take resources.
  write_traces = {
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }

  statements = concat(
    var.permissions, local.consume_queue, [local.write_log, local.write_traces]
  )
}

resource "aws_iam_role" "this" {
  name        = var.role_name
  description = "orderflow: ${var.handler}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = var.handler
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in local.statements : {
        Effect   = "Allow"
        Action   = statement.actions
        Resource = statement.resources
      }
    ]
  })
}
