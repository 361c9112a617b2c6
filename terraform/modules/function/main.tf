# A function, its log, the queue that starts it, and its three alarms. Its rights are in iam.tf.

# Created here, before the function, because a group that Lambda creates keeps its lines for ever.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  description      = "orderflow: ${var.handler}"
  role             = aws_iam_role.this.arn
  package_type     = "Zip"
  runtime          = "provided.al2023"
  handler          = var.handler
  architectures    = [var.architecture]
  filename         = var.zip
  source_code_hash = fileexists(var.zip) ? filebase64sha256(var.zip) : null
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds

  environment {
    variables = var.environment
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
    # Lambda's three lines an invocation (start, end, report) would be most of the log and of its bill; the same
    # figures are metrics. The function writes a line of its own.
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = fileexists(var.zip)
      error_message = "There is no ${var.zip}: scripts/package-lambda.sh --architecture ${var.architecture} builds it."
    }
  }
}

resource "aws_lambda_event_source_mapping" "queue" {
  count = var.source_queue == null ? 0 : 1

  event_source_arn                   = var.source_queue.arn
  function_name                      = aws_lambda_function.this.arn
  batch_size                         = var.source_queue.batch_size
  maximum_batching_window_in_seconds = var.source_queue.batch_window_seconds

  # Only the messages that failed come back, not the whole batch.
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.source_queue.concurrency_max
  }
}

locals {
  alarms = {
    errors = {
      metric      = "Errors"
      statistic   = "Sum"
      threshold   = 0
      periods     = 1
      description = "Invocations of ${var.handler} failed as a whole: it crashed, timed out or could not start."
    }
    throttles = {
      metric      = "Throttles"
      statistic   = "Sum"
      threshold   = 0
      periods     = 3
      description = "AWS refuses to start ${var.handler}: the account's concurrency is used up."
    }
    duration = {
      metric      = "Duration"
      statistic   = "p99"
      threshold   = 800 * var.timeout_seconds
      periods     = 3
      description = "${var.handler} is close to its timeout of ${var.timeout_seconds} s."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  period              = 60
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}
