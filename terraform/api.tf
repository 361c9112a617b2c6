# An HTTP API: it costs less than a third of a REST API and has JWT authorisers (docs/decisions/0017).

locals {
  jwt = var.jwt_issuer != null

  # The routes of src/api/routes.cc. All other paths and methods go to order-admin, which answers 404 and
  # 405 as the local home does. An HTTP API matches the decoded path, so a SKU with a '/' in it needs a greedy
  # parameter, {sku+}; of POST /products/{sku+} it takes "/adjustments" too.
  routes = {
    "POST /orders"                   = { function = "order-submission", admin = false }
    "GET /orders/{orderId}"          = { function = "order-status", admin = false }
    "GET /orders/{orderId}/timeline" = { function = "order-status", admin = false }
    "GET /healthz"                   = { function = "order-status", admin = false }
    "GET /orders"                    = { function = "order-admin", admin = true }
    "POST /orders/{orderId}/cancel"  = { function = "order-admin", admin = true }
    "POST /orders/{orderId}/retry"   = { function = "order-admin", admin = true }
    "GET /products"                  = { function = "order-admin", admin = false }
    "GET /products/{sku+}"           = { function = "order-admin", admin = false }
    "PUT /products/{sku+}"           = { function = "order-admin", admin = true }
    "POST /products/{sku+}"          = { function = "order-admin", admin = true }
    "GET /queues"                    = { function = "order-admin", admin = true }
    "POST /queues/{queue}/retry"     = { function = "order-admin", admin = true }
    "$default"                       = { function = "order-admin", admin = false }
  }

  api_functions = toset([for route in local.routes : route.function])
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "orderflow"
  protocol_type = "HTTP"

  # API Gateway answers preflights itself. src/api/cors.cc says the same for the local home.
  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [1] : []
    content {
      allow_origins  = var.cors_origins
      allow_methods  = ["GET", "HEAD", "POST", "PUT"]
      allow_headers  = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"]
      expose_headers = ["etag", "idempotent-replayed", "location", "retry-after", "x-request-id"]
      max_age        = 3600
    }
  }
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default" # no stage in the path
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.api_requests_per_second
    throttling_burst_limit = var.api_burst
    # A metric for each route costs up to 23 USD a month, and no alarm reads one; the access log has the route.
    detailed_metrics_enabled = false
  }

  # One line a request. It has the route, never the path, since an order's id opens the order; it has no
  # address of the client; and it has no time, since every log event has one.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      requestId = "$context.requestId"
      route     = "$context.routeKey"
      status    = "$context.status"
      ms        = "$context.responseLatency"
      error     = "$context.integrationErrorMessage"
    })
  }
}

# Log groups under vendedlogs do not count against the length of CloudWatch's resource policy.
resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/vendedlogs/${var.name}-api"
  retention_in_days = var.log_retention_days
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.api_functions

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = module.function[each.key].invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this[each.value.function].id}"
  authorization_type = each.value.admin && local.jwt ? "JWT" : "NONE"
  authorizer_id      = each.value.admin && local.jwt ? aws_apigatewayv2_authorizer.admin[0].id : null

  # The audience only says which API a token is for, and a customer may have one too. The scope makes an admin.
  authorization_scopes = each.value.admin && local.jwt ? var.jwt_scopes : null
}

resource "aws_apigatewayv2_authorizer" "admin" {
  count = local.jwt ? 1 : 0

  api_id           = aws_apigatewayv2_api.this.id
  name             = "admin"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.jwt_issuer
    audience = var.jwt_audience
  }

  lifecycle {
    precondition {
      condition     = length(var.jwt_audience) > 0
      error_message = "jwt_issuer needs jwt_audience: without it, a token for any other service of the issuer would be an admin's."
    }
    precondition {
      condition     = length(var.jwt_scopes) > 0
      error_message = "jwt_issuer needs jwt_scopes: without them, every token of the audience would be an admin's."
    }
  }
}

resource "aws_lambda_permission" "api" {
  for_each = local.api_functions

  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = module.function[each.key].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}
