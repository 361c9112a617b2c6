# Alarms for the API, for the tables, and the most important one: parked orders. The alarms of queues and
# functions are in their modules.

# Not encrypted with AWS's own key, because CloudWatch could not publish to it. Alarms hold no personal data.
resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

# Each processor counts the orders it parks, in the embedded metric format of its log. There are no
# ok_actions: when no more orders are parked, those before still wait.
resource "aws_cloudwatch_metric_alarm" "orders_parked" {
  alarm_name          = "${var.name}-orders-parked"
  alarm_description   = "Orders are parked. GET /queues lists them with the reason; POST /orders/{orderId}/retry puts one back to work, POST /queues/{queue}/retry many."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "parked"
    expression  = join(" + ", [for stage in sort(local.stages) : "FILL(${stage}, 0)"])
    label       = "orders parked"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.stages
    content {
      id = metric_query.key
      metric {
        namespace   = "orderflow"
        metric_name = "OrdersParked"
        dimensions  = { deployment = var.name, function = "${metric_query.key}-processor" }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}

# Nothing slows a client down here that tries tokens, since each instance of order-admin knows its own requests only.
resource "aws_cloudwatch_metric_alarm" "wrong_admin_tokens" {
  alarm_name          = "${var.name}-wrong-admin-tokens"
  alarm_description   = "More than 100 requests in five minutes had a wrong admin token: someone guesses, or a client has an old one."
  namespace           = "orderflow"
  metric_name         = "WrongAdminTokens"
  dimensions          = { deployment = var.name, function = "order-admin" }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 100
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

locals {
  recovery_minutes = var.recovery_rate == "rate(1 hour)" ? 60 : tonumber(regex("[0-9]+", var.recovery_rate))
}

# Without it a nudge that was lost stays lost, and no other metric shows that. Where it does not run there are no
# data either, so missing data raise the alarm.
resource "aws_cloudwatch_metric_alarm" "recovery_stopped" {
  alarm_name          = "${var.name}-order-recovery-stopped"
  alarm_description   = "order-recovery has not run for three times its interval: its schedule is off, or may not start it."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = module.function["order-recovery"].name }
  statistic           = "Sum"
  period              = 60 * local.recovery_minutes
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "api_5xx" {
  alarm_name          = "${var.name}-api-5xx"
  alarm_description   = "The API has answered 5xx."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "api_latency" {
  alarm_name          = "${var.name}-api-latency"
  alarm_description   = "One request in a hundred takes longer than ${var.api_latency_alarm_ms} ms."
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id }
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.api_latency_alarm_ms
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

locals {
  tables = {
    orders    = aws_dynamodb_table.orders.name
    products  = aws_dynamodb_table.products.name
    simulated = aws_dynamodb_table.simulated.name
  }

  indexes = concat(
    [for index in sort(keys(local.order_indexes)) : { table = aws_dynamodb_table.orders.name, index = index }],
    [{ table = aws_dynamodb_table.products.name, index = "by_kind" }],
  )
  index_throttles = merge([
    for each in local.indexes : {
      for what, metric in { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" } :
      "${each.index}_${what}" => { table = each.table, index = each.index, metric = metric }
    }
  ]...)
}

# An index that is throttled throttles the writes of its table, and says so only under its own name. Sums of ten
# metrics at most fit into one alarm: these are all.
resource "aws_cloudwatch_metric_alarm" "index_throttles" {
  alarm_name          = "${var.name}-index-throttles"
  alarm_description   = "DynamoDB throttles an index, and with it the writes of its table: a hot key, or more than its parts take."
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "throttles"
    expression  = join(" + ", [for id in sort(keys(local.index_throttles)) : "FILL(${id}, 0)"])
    label       = "throttled reads and writes of indexes"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.index_throttles
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value.metric
        dimensions  = { TableName = metric_query.value.table, GlobalSecondaryIndexName = metric_query.value.index }
        stat        = "Sum"
        period      = 60
      }
    }
  }
}

# A throttled write is retried with backoff, so a few are normal. Three minutes of them mean a hot key, or
# the table's limit.
resource "aws_cloudwatch_metric_alarm" "table_throttles" {
  for_each = local.tables

  alarm_name          = "${each.value}-throttles"
  alarm_description   = "DynamoDB throttles ${each.value}: a hot key, or the account's limit for a table."
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "throttles"
    expression  = "FILL(reads, 0) + FILL(writes, 0)"
    label       = "throttled reads and writes"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value
        dimensions  = { TableName = each.value }
        stat        = "Sum"
        period      = 60
      }
    }
  }
}
