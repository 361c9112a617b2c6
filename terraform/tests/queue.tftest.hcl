# The module `queue`: a queue with its dead-letter queue.

mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = { url = "https://sqs.us-east-1.amazonaws.com/123456789012/mock" }
  }
}

override_resource {
  target = aws_sqs_queue.main
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:payment", id = "url-of-main" }
}

override_resource {
  target = aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:payment-dlq", id = "url-of-dead-letter" }
}

variables {
  name                       = "payment"
  receives_max               = 10
  visibility_timeout_seconds = 180
  message_age_alarm_seconds  = 900
  alarm_topic_arn            = "arn:aws:sns:us-east-1:123456789012:alarms"
}

run "a_message_that_keeps_failing_goes_to_the_dead_letter_queue" {
  command = apply

  module {
    source = "./modules/queue"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.main.redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:us-east-1:123456789012:payment-dlq"
      maxReceiveCount     = 10
    }
    error_message = "The queue must redrive into its own dead-letter queue: ${aws_sqs_queue.main.redrive_policy}"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letter.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:us-east-1:123456789012:payment"]
    }
    error_message = "The dead-letter queue must accept messages of its own queue only."
  }

  assert {
    condition     = aws_sqs_queue_redrive_allow_policy.dead_letter.queue_url == "url-of-dead-letter"
    error_message = "The allow policy belongs on the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "A dead letter must be kept for 14 days."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds >= aws_sqs_queue.main.message_retention_seconds
    error_message = "The dead-letter queue must keep messages at least as long as the queue: a message keeps its age when it moves."
  }
}

run "encrypted_at_rest_and_in_transit" {
  command = apply

  module {
    source = "./modules/queue"
  }

  assert {
    condition     = aws_sqs_queue.main.sqs_managed_sse_enabled && aws_sqs_queue.dead_letter.sqs_managed_sse_enabled
    error_message = "Both queues must be encrypted."
  }

  assert {
    condition = alltrue([
      for policy in aws_sqs_queue_policy.tls_only : alltrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" && statement.Action == "sqs:*" && statement.Condition.Bool["aws:SecureTransport"] == "false"
      ])
    ])
    error_message = "Both queues must refuse requests without TLS, and grant nothing."
  }

  assert {
    condition     = toset([for policy in aws_sqs_queue_policy.tls_only : policy.queue_url]) == toset(["url-of-main", "url-of-dead-letter"])
    error_message = "Each queue must have the TLS-only policy."
  }
}

run "both_have_alarms" {
  command = apply

  module {
    source = "./modules/queue"
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.dead_letters.metric_name == "ApproximateNumberOfMessagesVisible",
      aws_cloudwatch_metric_alarm.dead_letters.dimensions == tomap({ QueueName = "payment-dlq" }),
      aws_cloudwatch_metric_alarm.dead_letters.threshold == 0,
      aws_cloudwatch_metric_alarm.dead_letters.comparison_operator == "GreaterThanThreshold",
      aws_cloudwatch_metric_alarm.dead_letters.alarm_actions == toset([var.alarm_topic_arn]),
    ])
    error_message = "One dead letter must raise an alarm."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.oldest_message.metric_name == "ApproximateAgeOfOldestMessage",
      aws_cloudwatch_metric_alarm.oldest_message.dimensions == tomap({ QueueName = "payment" }),
      aws_cloudwatch_metric_alarm.oldest_message.threshold == 900,
      aws_cloudwatch_metric_alarm.oldest_message.alarm_actions == toset([var.alarm_topic_arn]),
    ])
    error_message = "A message that waits too long must raise an alarm."
  }
}

run "refuses_too_few_deliveries" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    receives_max = 4
  }

  expect_failures = [var.receives_max]
}
