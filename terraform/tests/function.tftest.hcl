# The module `function`: a function with its log, its trigger and its alarms.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-east-1:123456789012:function:mock" }
  }
}

variables {
  name               = "orderflow-payment-processor"
  role_name          = "orderflow-payment-processor-us-east-1"
  handler            = "payment-processor"
  zip                = "versions.tf" # any file will do: only its hash is read
  architecture       = "arm64"
  memory_mb          = 256
  timeout_seconds    = 30
  environment        = { ORDERFLOW_ORDERS_TABLE = "orders" }
  permissions        = []
  log_retention_days = 30
  alarm_topic_arn    = "arn:aws:sns:us-east-1:123456789012:alarms"

  source_queue = {
    arn                  = "arn:aws:sqs:us-east-1:123456789012:payment"
    batch_size           = 10
    batch_window_seconds = 0
    concurrency_max      = 20
  }
}

run "runs_the_bootstrap" {
  command = apply

  module {
    source = "./modules/function"
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.runtime == "provided.al2023",
      aws_lambda_function.this.handler == "payment-processor",
      aws_lambda_function.this.architectures == tolist(["arm64"]),
      aws_lambda_function.this.memory_size == 256,
      aws_lambda_function.this.timeout == 30,
      aws_lambda_function.this.source_code_hash == filebase64sha256("versions.tf"),
    ])
    error_message = "The function must run the bootstrap of the zip, under its handler."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "The function must be traced by X-Ray."
  }
}

run "logs_json_into_a_group_with_a_retention_time" {
  command = apply

  module {
    source = "./modules/function"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/orderflow-payment-processor"
    error_message = "The log group must be named as AWS names that of the function."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "Logs must not be kept for ever."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.logging_config[0].log_format == "JSON",
      aws_lambda_function.this.logging_config[0].log_group == aws_cloudwatch_log_group.this.name,
    ])
    error_message = "The function must log JSON into its own group."
  }
}

run "only_failed_messages_come_back" {
  command = apply

  module {
    source = "./modules/function"
  }

  assert {
    condition     = aws_lambda_event_source_mapping.queue[0].function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "The event source must accept partial batch responses."
  }

  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.queue[0].event_source_arn == "arn:aws:sqs:us-east-1:123456789012:payment",
      aws_lambda_event_source_mapping.queue[0].batch_size == 10,
      aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 20,
    ])
    error_message = "There must be batches of ten, and a limit on those in flight."
  }
}

run "only_lambda_may_assume_the_role" {
  command = apply

  module {
    source = "./modules/function"
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
    error_message = "Only Lambda may assume the role."
  }
}

run "has_alarms" {
  command = apply

  module {
    source = "./modules/function"
  }

  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.this : alarm.metric_name]) == toset(["Errors", "Throttles", "Duration"])
    error_message = "Errors, throttles and duration must have alarms."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this : alltrue([
        alarm.namespace == "AWS/Lambda",
        alarm.dimensions == tomap({ FunctionName = "orderflow-payment-processor" }),
        alarm.alarm_actions == toset([var.alarm_topic_arn]),
      ])
    ])
    error_message = "Each alarm must watch this function and reach the topic."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.this["duration"].extended_statistic == "p99",
      aws_cloudwatch_metric_alarm.this["duration"].threshold == 24000,
    ])
    error_message = "The 99th percentile at four fifths of the timeout must raise an alarm."
  }
}

run "without_a_queue_nothing_starts_it" {
  command = apply

  module {
    source = "./modules/function"
  }

  variables {
    source_queue = null
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.queue) == 0 && length([for grant in output.grants : grant if startswith(grant, "sqs:")]) == 0
    error_message = "A function without a queue must have no mapping and no right to receive."
  }
}

run "refuses_a_secrets_value" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { ORDERFLOW_ADMIN_TOKEN = "hunter2" }
  }

  expect_failures = [var.environment]
}

run "refuses_a_wildcard_action" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    permissions = [{ actions = ["dynamodb:*"], resources = ["table/orders"] }]
  }

  expect_failures = [var.permissions]
}

run "refuses_a_role_name_that_aws_would_refuse" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    role_name = "orderflow-for-a-shop-of-a-long-name-payment-processor-us-gov-west-1"
  }

  expect_failures = [var.role_name]
}

run "refuses_an_unknown_handler" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    handler = "refund-processor"
  }

  expect_failures = [var.handler]
}

run "a_zip_that_was_not_built_is_named" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    zip = "no-such.zip"
  }

  expect_failures = [aws_lambda_function.this]
}
