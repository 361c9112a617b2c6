# A message is a nudge: "look at order X". Lost or doubled it does no harm, so standard queues do.

locals {
  stages = toset(["payment", "inventory", "fulfillment"])
}

module "queue" {
  source   = "./modules/queue"
  for_each = local.stages

  name         = "${var.name}-${each.key}"
  receives_max = var.message_receives_max

  # AWS's rule: six times the function's timeout, so that no message is delivered again while the
  # batch that holds it may still be running or be retried by the poller.
  visibility_timeout_seconds = 6 * var.processor_timeout_seconds

  message_age_alarm_seconds = var.message_age_alarm_seconds
  alarm_topic_arn           = aws_sns_topic.alarms.arn
}
