# What depends on several files: routes, timeouts, schedule, alarms, outputs.

mock_provider "aws" {
  mock_resource "aws_apigatewayv2_stage" {
    defaults = { invoke_url = "https://abc123.execute-api.us-east-1.amazonaws.com/" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:us-east-1:123456789012:abc123" }
  }
  mock_resource "aws_apigatewayv2_authorizer" {
    defaults = { id = "authorizer" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:us-east-1:123456789012:function:mock"
      invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/mock/invocations"
    }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:alarms" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:mock" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/mock" }
  }
}

variables {
  lambda_zip    = "versions.tf" # any file will do: only its hash is read
  check_secrets = false

  admin_routes = [
    "GET /orders", "POST /orders/{orderId}/cancel", "POST /orders/{orderId}/retry",
    "PUT /products/{sku+}", "POST /products/{sku+}", "GET /queues",
    "POST /queues/{queue}/retry",
  ]
  open_routes = [
    "POST /orders", "GET /orders/{orderId}", "GET /orders/{orderId}/timeline", "GET /products",
    "GET /products/{sku+}", "GET /healthz", "$default",
  ]
}

run "routes" {
  command = apply

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.this : route.route_key]) == toset(concat(var.admin_routes, var.open_routes))
    error_message = "The API must have the routes of src/api/routes.cc."
  }

  assert {
    condition = alltrue([
      for key, function in {
        "POST /orders"                   = "order-submission"
        "GET /orders/{orderId}"          = "order-status"
        "GET /orders/{orderId}/timeline" = "order-status"
        "GET /healthz"                   = "order-status"
        "GET /orders"                    = "order-admin"
        "PUT /products/{sku+}"           = "order-admin"
        "$default"                       = "order-admin"
      } : aws_apigatewayv2_route.this[key].target == "integrations/${aws_apigatewayv2_integration.this[function].id}"
    ])
    error_message = "A route must reach the function that has the rights for it."
  }

  assert {
    condition     = alltrue([for integration in aws_apigatewayv2_integration.this : integration.payload_format_version == "2.0"])
    error_message = "The functions must get events of version 2.0."
  }

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "NONE"])
    error_message = "Without an issuer, API Gateway must ask for nothing: the function checks the admin token."
  }

  assert {
    condition     = output.api_gateway_invoke_url == "https://abc123.execute-api.us-east-1.amazonaws.com"
    error_message = "The URL must have no trailing slash: ${output.api_gateway_invoke_url}"
  }
}

run "throttled_and_logged_without_personal_data" {
  command = apply

  assert {
    condition = alltrue([
      aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 500,
      aws_apigatewayv2_stage.default.default_route_settings[0].throttling_burst_limit == 1000,
    ])
    error_message = "The API must have a limit."
  }

  assert {
    condition = length(setintersection(
      values(jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format)),
      ["$context.identity.sourceIp", "$context.path", "$context.identity.userAgent", "$context.authorizer.claims.email"]
    )) == 0
    error_message = "The access log must hold no address and no path: an order's id opens the order."
  }

  assert {
    condition     = aws_cloudwatch_log_group.api.retention_in_days == 30
    error_message = "The access log must not be kept for ever."
  }
}

run "no_page_of_another_origin_may_call_the_api" {
  command = apply

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "By default there must be no CORS."
  }
}

run "pages_of_the_named_origins_may_call_the_api" {
  command = apply

  variables {
    cors_origins = ["https://shop.example.com"]
  }

  assert {
    condition = alltrue([
      aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://shop.example.com"]),
      contains(aws_apigatewayv2_api.this.cors_configuration[0].allow_headers, "idempotency-key"),
      contains(aws_apigatewayv2_api.this.cors_configuration[0].expose_headers, "idempotent-replayed"),
    ])
    error_message = "A page of the shop must be able to place an order and to repeat it."
  }
}

run "jwt_guards_the_admin_routes_only" {
  command = apply

  variables {
    jwt_issuer   = "https://login.example.com/"
    jwt_audience = ["orderflow"]
    jwt_scopes   = ["orderflow/admin", "orderflow/support"]
  }

  assert {
    condition = alltrue([
      for key in var.admin_routes :
      aws_apigatewayv2_route.this[key].authorization_type == "JWT" && aws_apigatewayv2_route.this[key].authorizer_id == "authorizer"
    ])
    error_message = "Every admin route must ask for a JWT."
  }

  assert {
    condition = alltrue([
      for key in var.admin_routes :
      aws_apigatewayv2_route.this[key].authorization_scopes == toset(["orderflow/admin", "orderflow/support"])
    ])
    error_message = "Every admin route must ask for a scope: an audience alone does not make an admin."
  }

  assert {
    condition     = alltrue([for key in var.open_routes : aws_apigatewayv2_route.this[key].authorization_type == "NONE"])
    error_message = "The other routes must not ask for a JWT."
  }

  assert {
    condition     = !contains(keys(module.function["order-admin"].environment), "ORDERFLOW_ADMIN_TOKEN_SECRET")
    error_message = "With JWTs the admin token must not be accepted."
  }

  assert {
    condition = alltrue([
      for name, function in module.function :
      (lookup(function.environment, "ORDERFLOW_ADMIN_AUTHORIZER", "") == "jwt") == (name == "order-admin")
    ])
    error_message = "order-admin, and no other function, must know that API Gateway checks the client."
  }
}

run "jwt_needs_an_audience" {
  command = plan

  variables {
    jwt_issuer = "https://login.example.com/"
    jwt_scopes = ["orderflow/admin"]
  }

  expect_failures = [aws_apigatewayv2_authorizer.admin]
}

run "jwt_needs_a_scope" {
  command = plan

  variables {
    jwt_issuer   = "https://login.example.com/"
    jwt_audience = ["orderflow"]
  }

  expect_failures = [aws_apigatewayv2_authorizer.admin]
}

run "no_message_is_delivered_twice_at_once" {
  command = apply

  variables {
    processor_timeout_seconds = 45
  }

  assert {
    condition = alltrue([
      for stage, queue in module.queue :
      module.function["${stage}-processor"].timeout_seconds == 45 && queue.visibility_timeout_seconds >= 6 * 45
    ])
    error_message = "A queue's visibility timeout must be at least six times its processor's timeout."
  }
}

run "names_and_logs" {
  command = apply

  variables {
    name = "shop"
  }

  assert {
    condition = output.function_names == {
      for function in [
        "order-submission", "order-status", "order-admin", "payment-processor", "inventory-processor",
        "fulfillment-processor", "order-recovery",
      ] : function => "shop-${function}"
    }
    error_message = "There must be seven functions."
  }

  assert {
    condition     = alltrue([for key, name in output.function_names : output.log_groups[key] == "/aws/lambda/${name}"])
    error_message = "Each function must log into /aws/lambda/<its name>."
  }
}

# The longest name in a region with a long name: a role's name has at most 64 characters.
run "names_that_belong_to_the_account_contain_the_region" {
  command = apply

  variables {
    name       = "abcdefghijklmnopqrstuvwxyz"
    aws_region = "us-isof-south-1"
  }

  assert {
    condition = alltrue([
      for key, function in module.function : function.role_name == "abcdefghijklmnopqrstuvwxyz-${key}-us-isof-south-1"
    ])
    error_message = "Roles of two regions would have one name: ${join(", ", [for function in module.function : function.role_name])}"
  }

  assert {
    condition     = aws_cloudwatch_dashboard.pipeline.dashboard_name == "abcdefghijklmnopqrstuvwxyz-us-isof-south-1"
    error_message = "Dashboards of two regions would have one name."
  }
}

run "recovery_runs_on_a_schedule" {
  command = apply

  assert {
    condition = alltrue([
      aws_cloudwatch_event_rule.recovery.schedule_expression == "rate(1 minute)",
      aws_cloudwatch_event_target.recovery.arn == module.function["order-recovery"].arn,
      aws_lambda_permission.recovery.source_arn == aws_cloudwatch_event_rule.recovery.arn,
      aws_lambda_permission.recovery.function_name == "orderflow-order-recovery",
    ])
    error_message = "The schedule must be allowed to start order-recovery."
  }
}

# Two deployments in one account and region share the namespace of the metrics.
run "the_metrics_are_those_of_the_deployment" {
  command = apply

  variables {
    name = "staging"
  }

  assert {
    condition     = alltrue([for function in module.function : function.environment["ORDERFLOW_DEPLOYMENT"] == "staging"])
    error_message = "Each function must know the deployment that it counts for."
  }

  assert {
    condition = alltrue(flatten([
      for query in aws_cloudwatch_metric_alarm.orders_parked.metric_query : [
        for metric in query.metric : metric.dimensions["deployment"] == "staging"
      ]
    ]))
    error_message = "The alarm must not ring for another deployment."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.wrong_admin_tokens.dimensions == tomap({ deployment = "staging", function = "order-admin" })
    error_message = "The alarm must count the wrong tokens of this deployment."
  }

  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.pipeline.dashboard_body).widgets : [
        for metric in widget.properties.metrics : slice(metric, 2, 4) == ["deployment", "staging"] if metric[0] == "orderflow"
      ]
    ]))
    error_message = "The dashboard must not show another deployment."
  }
}

run "an_alarm_says_that_recovery_has_stopped" {
  command = apply

  variables {
    recovery_rate = "rate(5 minutes)"
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.recovery_stopped.treat_missing_data == "breaching",
      aws_cloudwatch_metric_alarm.recovery_stopped.dimensions == tomap({ FunctionName = "orderflow-order-recovery" }),
      aws_cloudwatch_metric_alarm.recovery_stopped.comparison_operator == "LessThanThreshold",
      aws_cloudwatch_metric_alarm.recovery_stopped.threshold == 1,
      aws_cloudwatch_metric_alarm.recovery_stopped.period == 300,
      aws_cloudwatch_metric_alarm.recovery_stopped.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:alarms"]),
    ])
    error_message = "If order-recovery stops, there are no data: they must raise the alarm."
  }
}

run "alarms_reach_the_topic" {
  command = apply

  variables {
    alarm_email = "oncall@example.com"
  }

  assert {
    condition = alltrue([
      for alarm in concat(
        [aws_cloudwatch_metric_alarm.orders_parked, aws_cloudwatch_metric_alarm.api_5xx, aws_cloudwatch_metric_alarm.api_latency],
        values(aws_cloudwatch_metric_alarm.table_throttles),
        [aws_cloudwatch_metric_alarm.index_throttles, aws_cloudwatch_metric_alarm.wrong_admin_tokens],
      ) : alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:alarms"])
    ])
    error_message = "Every alarm must go to the topic."
  }

  assert {
    condition = toset(flatten([
      for query in aws_cloudwatch_metric_alarm.orders_parked.metric_query : [
        for metric in query.metric : "${metric.namespace} ${metric.metric_name} ${metric.dimensions["deployment"]} ${metric.dimensions["function"]} ${metric.stat}"
      ]
      ])) == toset([
      "orderflow OrdersParked orderflow payment-processor Sum",
      "orderflow OrdersParked orderflow inventory-processor Sum",
      "orderflow OrdersParked orderflow fulfillment-processor Sum",
    ])
    error_message = "Parked orders must be counted over the three processors."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.api_5xx.metric_name == "5xx" && aws_cloudwatch_metric_alarm.api_latency.extended_statistic == "p99"
    error_message = "The API's errors and latency must have alarms."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.table_throttles)) == toset(["orders", "products", "simulated"])
    error_message = "Every table's throttles must have an alarm."
  }

  assert {
    condition = toset(flatten([
      for query in aws_cloudwatch_metric_alarm.index_throttles.metric_query : [
        for metric in query.metric : "${metric.dimensions.TableName} ${metric.dimensions.GlobalSecondaryIndexName} ${metric.metric_name}"
      ]
      ])) == toset(flatten([
      for index in concat(
        [for index in aws_dynamodb_table.orders.global_secondary_index : "orderflow-orders ${index.name}"],
        [for index in aws_dynamodb_table.products.global_secondary_index : "orderflow-products ${index.name}"],
      ) : ["${index} ReadThrottleEvents", "${index} WriteThrottleEvents"]
    ]))
    error_message = "Every index's throttles must be in the alarm."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.index_throttles.metric_query) <= 11
    error_message = "An alarm takes ten metrics at most."
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "oncall@example.com"
    error_message = "alarm_email must be subscribed."
  }
}

run "the_dashboard_shows_the_whole_pipeline" {
  command = apply

  assert {
    condition = length(setsubtract(
      ["AWS/ApiGateway", "AWS/SQS", "AWS/Lambda", "AWS/DynamoDB", "orderflow"],
      flatten([for widget in jsondecode(aws_cloudwatch_dashboard.pipeline.dashboard_body).widgets : [for metric in widget.properties.metrics : metric[0]]])
    )) == 0
    error_message = "API, queues, functions, tables and orders must be on the dashboard."
  }
}
