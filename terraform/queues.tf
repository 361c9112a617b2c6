# A message is a nudge: "look at order X". A lost or doubled one does no harm, so standard queues are enough.

locals {
  stages = toset(["payment", "inventory", "fulfillment"])
}

module "queue" {
  source   = "./modules/queue"
  for_each = local.stages

  name         = "${var.name}-${each.key}"
  receives_max = var.message_receives_max

  # AWS's rule: six times the function's timeout, so that no message is delivered again while its batch may
  # still be running or be retried by the poller.
  visibility_timeout_seconds = 6 * var.processor_timeout_seconds

  message_age_alarm_seconds = var.message_age_alarm_seconds
  alarm_topic_arn           = aws_sns_topic.alarms.arn
}
