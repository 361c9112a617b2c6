# The rights, the environment and the trigger of each function. Every resource has an invented ARN of its own, so
# that a policy is easy to read.

mock_provider "aws" {
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
    defaults = { arn = "arn:aws:sns:us-east-1:123456789012:mock" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:us-east-1:123456789012:mock" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:us-east-1:123456789012:rule/mock" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:dead-letters" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

override_resource {
  target = aws_dynamodb_table.orders
  values = { arn = "table/orders" }
}

override_resource {
  target = aws_dynamodb_table.products
  values = { arn = "table/products" }
}

override_resource {
  target = aws_dynamodb_table.simulated
  values = { arn = "table/simulated" }
}

override_resource {
  target = module.queue["payment"].aws_sqs_queue.main
  values = {
    arn = "arn:aws:sqs:us-east-1:123456789012:payment"
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/payment"
  }
}

override_resource {
  target = module.queue["inventory"].aws_sqs_queue.main
  values = {
    arn = "arn:aws:sqs:us-east-1:123456789012:inventory"
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/inventory"
  }
}

override_resource {
  target = module.queue["fulfillment"].aws_sqs_queue.main
  values = {
    arn = "arn:aws:sqs:us-east-1:123456789012:fulfillment"
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/fulfillment"
  }
}

variables {
  lambda_zip    = "versions.tf" # any file will do: only its hash is read
  check_secrets = false

  # The only wildcard beside X-Ray's: Lambda chooses the names of the log streams.
  own_log_and_traces = [
    "logs:CreateLogStream arn:aws:logs:us-east-1:123456789012:log-group:mock:log-stream:*",
    "logs:PutLogEvents arn:aws:logs:us-east-1:123456789012:log-group:mock:log-stream:*",
    "xray:PutTraceSegments *",
    "xray:PutTelemetryRecords *",
  ]
}

run "each_function_has_exactly_these_rights" {
  command = apply

  assert {
    condition = module.function["order-submission"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:PutItem table/orders",
      "dynamodb:GetItem table/orders",
      "dynamodb:BatchGetItem table/products",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "ssm:GetParameter arn:aws:ssm:us-east-1:123456789012:parameter/orderflow/id-key",
    ]))
    error_message = "order-submission may: ${join(", ", module.function["order-submission"].grants)}"
  }

  assert {
    condition = module.function["order-status"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:GetItem table/orders",
    ]))
    error_message = "order-status may: ${join(", ", module.function["order-status"].grants)}"
  }

  assert {
    condition = module.function["order-admin"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:GetItem table/orders",
      "dynamodb:BatchGetItem table/orders",
      "dynamodb:UpdateItem table/orders",
      "dynamodb:Query table/orders/index/by_listed",
      "dynamodb:Query table/orders/index/by_customer",
      "dynamodb:Query table/orders/index/by_shard",
      "dynamodb:GetItem table/products",
      "dynamodb:BatchGetItem table/products",
      "dynamodb:PutItem table/products",
      "dynamodb:UpdateItem table/products",
      "dynamodb:Query table/products/index/by_kind",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:fulfillment",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:fulfillment",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:dead-letters",
      "ssm:GetParameter arn:aws:ssm:us-east-1:123456789012:parameter/orderflow/admin-token",
    ]))
    error_message = "order-admin may: ${join(", ", module.function["order-admin"].grants)}"
  }

  assert {
    condition = module.function["payment-processor"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:GetItem table/orders",
      "dynamodb:UpdateItem table/orders",
      "dynamodb:GetItem table/simulated",
      "dynamodb:UpdateItem table/simulated",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:ReceiveMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:DeleteMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:payment",
    ]))
    error_message = "payment-processor may: ${join(", ", module.function["payment-processor"].grants)}"
  }

  assert {
    condition = module.function["inventory-processor"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:GetItem table/orders",
      "dynamodb:UpdateItem table/orders",
      "dynamodb:BatchGetItem table/products",
      "dynamodb:GetItem table/products",
      "dynamodb:UpdateItem table/products",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:fulfillment",
      "sqs:ReceiveMessage arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:DeleteMessage arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:inventory",
    ]))
    error_message = "inventory-processor may: ${join(", ", module.function["inventory-processor"].grants)}"
  }

  assert {
    condition = module.function["fulfillment-processor"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:GetItem table/orders",
      "dynamodb:UpdateItem table/orders",
      "dynamodb:UpdateItem table/products",
      "dynamodb:GetItem table/simulated",
      "dynamodb:UpdateItem table/simulated",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:fulfillment",
      "sqs:ReceiveMessage arn:aws:sqs:us-east-1:123456789012:fulfillment",
      "sqs:DeleteMessage arn:aws:sqs:us-east-1:123456789012:fulfillment",
      "sqs:GetQueueAttributes arn:aws:sqs:us-east-1:123456789012:fulfillment",
    ]))
    error_message = "fulfillment-processor may: ${join(", ", module.function["fulfillment-processor"].grants)}"
  }

  assert {
    condition = module.function["order-recovery"].grants == toset(concat(var.own_log_and_traces, [
      "dynamodb:Query table/orders/index/by_open",
      "dynamodb:BatchGetItem table/orders",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:payment",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:inventory",
      "sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:fulfillment",
    ]))
    error_message = "order-recovery may: ${join(", ", module.function["order-recovery"].grants)}"
  }
}

run "no_wildcards_but_for_the_own_log_and_x_ray" {
  command = apply

  assert {
    condition = length(setsubtract(
      flatten([for function in module.function : [for grant in function.grants : grant if strcontains(grant, "*")]]),
      var.own_log_and_traces
    )) == 0
    error_message = "A policy has a wildcard."
  }

  assert {
    condition     = alltrue([for function in module.function : length(jsondecode(function.policy).Statement) > 2])
    error_message = "A policy is empty, so nothing was checked."
  }

  assert {
    condition = alltrue(flatten([
      for function in module.function : [
        for statement in jsondecode(function.policy).Statement : toset(keys(statement)) == toset(["Effect", "Action", "Resource"])
      ]
    ]))
    error_message = "A statement must use Action and Resource, never NotAction or NotResource."
  }
}

run "secrets_are_passed_by_name" {
  command = apply

  assert {
    condition     = module.function["order-admin"].environment["ORDERFLOW_ADMIN_TOKEN_SECRET"] == "ssm:/orderflow/admin-token"
    error_message = "order-admin reads the admin token from the parameter that deploy.sh makes."
  }

  assert {
    condition     = module.function["order-submission"].environment["ORDERFLOW_ID_KEY_SECRET"] == "ssm:/orderflow/id-key"
    error_message = "order-submission reads the id key from the parameter that deploy.sh makes."
  }

  assert {
    condition = alltrue([
      for name, function in module.function : alltrue([
        !contains(keys(function.environment), "ORDERFLOW_ADMIN_TOKEN"),
        !contains(keys(function.environment), "ORDERFLOW_ID_KEY"),
        contains(keys(function.environment), "ORDERFLOW_ADMIN_TOKEN_SECRET") == (name == "order-admin"),
        contains(keys(function.environment), "ORDERFLOW_ID_KEY_SECRET") == (name == "order-submission"),
      ])
    ])
    error_message = "A function has the name of a secret that it does not need, or the value of one."
  }
}

run "secrets_manager_with_a_customer_managed_key" {
  command = apply

  variables {
    admin_token_secret  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"
    secrets_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1234-abcd"
  }

  assert {
    condition = alltrue([
      contains(module.function["order-admin"].grants, "secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"),
      contains(module.function["order-admin"].grants, "kms:Decrypt arn:aws:kms:us-east-1:123456789012:key/1234-abcd"),
      contains(module.function["order-submission"].grants, "kms:Decrypt arn:aws:kms:us-east-1:123456789012:key/1234-abcd"),
      !contains(module.function["order-status"].grants, "kms:Decrypt arn:aws:kms:us-east-1:123456789012:key/1234-abcd"),
    ])
    error_message = "order-admin may: ${join(", ", module.function["order-admin"].grants)}"
  }
}

run "every_function_has_the_tables_and_queues" {
  command = apply

  assert {
    condition = alltrue([
      for function in module.function : alltrue([
        function.environment["ORDERFLOW_ORDERS_TABLE"] == "orderflow-orders",
        function.environment["ORDERFLOW_PRODUCTS_TABLE"] == "orderflow-products",
        function.environment["ORDERFLOW_SIMULATED_TABLE"] == "orderflow-simulated",
        function.environment["ORDERFLOW_PAYMENT_QUEUE_URL"] == "https://sqs.us-east-1.amazonaws.com/123456789012/payment",
        function.environment["ORDERFLOW_INVENTORY_QUEUE_URL"] == "https://sqs.us-east-1.amazonaws.com/123456789012/inventory",
        function.environment["ORDERFLOW_FULFILLMENT_QUEUE_URL"] == "https://sqs.us-east-1.amazonaws.com/123456789012/fulfillment",
        function.environment["ORDERFLOW_UNKNOWN_SKU"] == "make-to-order",
        function.environment["ORDERFLOW_MESSAGE_RECEIVES_MAX"] == "10",
      ])
    ])
    error_message = "A function lacks the name of a table or the URL of a queue."
  }
}

run "x_ray_traces_every_function" {
  command = apply

  assert {
    condition     = length(module.function) == 7 && alltrue([for function in module.function : function.tracing_mode == "Active"])
    error_message = "Every function must be traced by X-Ray."
  }
}

run "each_queue_starts_its_own_processor" {
  command = apply

  assert {
    condition = { for name, function in module.function : name => function.source_queue_arn if function.source_queue_arn != null } == {
      payment-processor     = "arn:aws:sqs:us-east-1:123456789012:payment"
      inventory-processor   = "arn:aws:sqs:us-east-1:123456789012:inventory"
      fulfillment-processor = "arn:aws:sqs:us-east-1:123456789012:fulfillment"
    }
    error_message = "A queue must start its own processor."
  }
}
