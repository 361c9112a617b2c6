# The pipeline: requests and orders, queues, functions, tables. One row each.

locals {
  dashboard_rows = [
    [
      {
        title   = "API: requests and errors"
        stat    = "Sum"
        metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", aws_apigatewayv2_api.this.id]]
      },
      {
        title   = "API: latency p99, ms"
        stat    = "p99"
        metrics = [for metric in ["Latency", "IntegrationLatency"] : ["AWS/ApiGateway", metric, "ApiId", aws_apigatewayv2_api.this.id]]
      },
      {
        title = "Orders: accepted, at their end, parked"
        stat  = "Sum"
        metrics = concat(
          [
            ["orderflow", "OrdersAccepted", "deployment", var.name, "function", "order-submission"],
            ["orderflow", "OrdersShipped", "deployment", var.name, "function", "fulfillment-processor"],
            ["orderflow", "OrdersDeclined", "deployment", var.name, "function", "payment-processor"],
            ["orderflow", "OrdersOutOfStock", "deployment", var.name, "function", "inventory-processor"],
          ],
          [for stage in sort(local.stages) : ["orderflow", "OrdersParked", "deployment", var.name, "function", "${stage}-processor"]],
        )
      },
    ],
    [
      {
        title   = "Queues: messages waiting"
        stat    = "Maximum"
        metrics = [for queue in module.queue : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.name]]
      },
      {
        title   = "Queues: age of the oldest message, s"
        stat    = "Maximum"
        metrics = [for queue in module.queue : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue.name]]
      },
      {
        title   = "Dead-letter queues"
        stat    = "Maximum"
        metrics = [for queue in module.queue : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.dead_letter_name]]
      },
    ],
    [
      {
        title   = "Functions: invocations"
        stat    = "Sum"
        metrics = [for function in module.function : ["AWS/Lambda", "Invocations", "FunctionName", function.name]]
      },
      {
        title = "Functions: errors and throttles"
        stat  = "Sum"
        metrics = concat(
          [for function in module.function : ["AWS/Lambda", "Errors", "FunctionName", function.name]],
          [for function in module.function : ["AWS/Lambda", "Throttles", "FunctionName", function.name]],
        )
      },
      {
        title   = "Functions: duration p99, ms"
        stat    = "p99"
        metrics = [for function in module.function : ["AWS/Lambda", "Duration", "FunctionName", function.name]]
      },
    ],
    [
      {
        title   = "Tables: write units"
        stat    = "Sum"
        metrics = [for table in local.tables : ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", table]]
      },
      {
        title   = "Tables: read units"
        stat    = "Sum"
        metrics = [for table in local.tables : ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", table]]
      },
      {
        title = "Tables: throttles"
        stat  = "Sum"
        metrics = concat(
          [for table in local.tables : ["AWS/DynamoDB", "WriteThrottleEvents", "TableName", table]],
          [for table in local.tables : ["AWS/DynamoDB", "ReadThrottleEvents", "TableName", table]],
        )
      },
    ],
  ]
}

resource "aws_cloudwatch_dashboard" "pipeline" {
  dashboard_name = "${var.name}-${var.aws_region}" # dashboards, like roles, belong to the account, not to a region

  dashboard_body = jsonencode({
    widgets = flatten([
      for row, widgets in local.dashboard_rows : [
        for column, widget in widgets : {
          type   = "metric"
          x      = 8 * column
          y      = 6 * row
          width  = 8
          height = 6
          properties = {
            title   = widget.title
            region  = var.aws_region
            stat    = widget.stat
            period  = 60
            view    = "timeSeries"
            metrics = widget.metrics
          }
        }
      ]
    ])
  })
}
