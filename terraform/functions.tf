# The seven functions: one zip with one `bootstrap`; the handler selects the function.

locals {
  # Each architecture has a zip of its own, so that no program is deployed for the other one.
  lambda_zip = coalesce(var.lambda_zip, "${path.module}/../build/lambda/orderflow-lambda-${var.architecture}.zip")

  environment = {
    ORDERFLOW_DEPLOYMENT            = var.name
    ORDERFLOW_ORDERS_TABLE          = aws_dynamodb_table.orders.name
    ORDERFLOW_PRODUCTS_TABLE        = aws_dynamodb_table.products.name
    ORDERFLOW_SIMULATED_TABLE       = aws_dynamodb_table.simulated.name
    ORDERFLOW_PAYMENT_QUEUE_URL     = module.queue["payment"].url
    ORDERFLOW_INVENTORY_QUEUE_URL   = module.queue["inventory"].url
    ORDERFLOW_FULFILLMENT_QUEUE_URL = module.queue["fulfillment"].url
    ORDERFLOW_UNKNOWN_SKU           = var.unknown_sku
    ORDERFLOW_MESSAGE_RECEIVES_MAX  = var.message_receives_max
  }

  secret_environment = {
    admin_token = { ORDERFLOW_ADMIN_TOKEN_SECRET = local.secret_references.admin_token }
    id_key      = { ORDERFLOW_ID_KEY_SECRET = local.secret_references.id_key }
  }

  # Every grant that any function has, named for its purpose.
  may = {
    create_order = {
      actions   = ["dynamodb:PutItem", "dynamodb:GetItem"] # the read: an order that an earlier request stored
      resources = [aws_dynamodb_table.orders.arn]
    }
    read_order = {
      actions   = ["dynamodb:GetItem"]
      resources = [aws_dynamodb_table.orders.arn]
    }
    read_many_orders = {
      actions   = ["dynamodb:BatchGetItem"]
      resources = [aws_dynamodb_table.orders.arn]
    }
    change_order = {
      actions   = ["dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.orders.arn]
    }
    list_orders = {
      actions = ["dynamodb:Query"]
      resources = [
        for index in ["by_listed", "by_customer", "by_shard"] : "${aws_dynamodb_table.orders.arn}/index/${index}"
      ]
    }
    find_overdue_orders = {
      actions   = ["dynamodb:Query"]
      resources = ["${aws_dynamodb_table.orders.arn}/index/by_open"]
    }
    read_catalogue = {
      actions   = ["dynamodb:BatchGetItem"]
      resources = [aws_dynamodb_table.products.arn]
    }
    # One product at a time: to name the SKU that has run out in the reason of the order.
    read_product = {
      actions   = ["dynamodb:GetItem"]
      resources = [aws_dynamodb_table.products.arn]
    }
    # A transaction needs the rights of its parts: here the update of a product's counts, beside
    # change_order.
    move_stock = {
      actions   = ["dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.products.arn]
    }
    # By an operator: each change is a row of the stock ledger too.
    set_stock = {
      actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:PutItem"]
      resources = [aws_dynamodb_table.products.arn]
    }
    list_products = {
      actions   = ["dynamodb:Query"]
      resources = ["${aws_dynamodb_table.products.arn}/index/by_kind"]
    }
    use_simulated_books = {
      actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
      resources = [aws_dynamodb_table.simulated.arn]
    }
    nudge_payment = {
      actions   = ["sqs:SendMessage"]
      resources = [module.queue["payment"].arn]
    }
    nudge_any = {
      actions   = ["sqs:SendMessage"]
      resources = [for stage in sort(local.stages) : module.queue[stage].arn]
    }
    count_messages = {
      actions = ["sqs:GetQueueAttributes"]
      resources = flatten([
        for stage in sort(local.stages) : [module.queue[stage].arn, module.queue[stage].dead_letter_arn]
      ])
    }
  }

  decrypt = var.secrets_kms_key_arn == null ? [] : [
    { actions = ["kms:Decrypt"], resources = [var.secrets_kms_key_arn] }
  ]

  functions = {
    order-submission = {
      stage   = null
      secrets = ["id_key"]
      may     = concat([local.may.create_order, local.may.read_catalogue, local.may.nudge_payment], local.decrypt)
    }
    order-status = {
      stage   = null
      secrets = []
      may     = [local.may.read_order]
    }
    order-admin = {
      stage   = null
      secrets = local.jwt ? [] : ["admin_token"]
      may = concat([
        local.may.read_order, local.may.read_many_orders, local.may.change_order, local.may.list_orders,
        local.may.read_catalogue, local.may.set_stock, local.may.list_products,
        local.may.nudge_any, local.may.count_messages,
      ], local.jwt ? [] : local.decrypt)
    }
    payment-processor = {
      stage   = "payment"
      secrets = []
      # It nudges an order that goes on into the next queue, and one that must wait into its own.
      may = [
        local.may.read_order, local.may.change_order, local.may.use_simulated_books,
        { actions = ["sqs:SendMessage"], resources = [module.queue["payment"].arn, module.queue["inventory"].arn] },
      ]
    }
    inventory-processor = {
      stage   = "inventory"
      secrets = []
      # A sold-out order goes back to payment, which voids its authorization.
      may = [
        local.may.read_order, local.may.change_order, local.may.read_catalogue, local.may.read_product,
        local.may.move_stock, local.may.nudge_any,
      ]
    }
    fulfillment-processor = {
      stage   = "fulfillment"
      secrets = []
      may = [
        local.may.read_order, local.may.change_order, local.may.move_stock, local.may.use_simulated_books,
        { actions = ["sqs:SendMessage"], resources = [module.queue["fulfillment"].arn] },
      ]
    }
    order-recovery = {
      stage   = null
      secrets = []
      may     = [local.may.find_overdue_orders, local.may.read_many_orders, local.may.nudge_any]
    }
  }
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name         = "${var.name}-${each.key}"
  role_name    = "${var.name}-${each.key}-${var.aws_region}"
  handler      = each.key
  zip          = local.lambda_zip
  architecture = var.architecture
  memory_mb    = var.memory_mb

  # API Gateway gives up after 30 s, and a user long before. order-recovery sends up to 1,000 nudges.
  timeout_seconds = each.value.stage != null ? var.processor_timeout_seconds : each.key == "order-recovery" ? 60 : 10

  environment = merge(
    local.environment,
    each.key == "order-admin" && local.jwt ? { ORDERFLOW_ADMIN_AUTHORIZER = "jwt" } : {},
    [for secret in each.value.secrets : local.secret_environment[secret]]...
  )
  permissions = concat(each.value.may, [for secret in each.value.secrets : local.secret_permissions[secret]])

  source_queue = each.value.stage == null ? null : {
    arn                  = module.queue[each.value.stage].arn
    batch_size           = var.batch_size
    batch_window_seconds = var.batch_window_seconds
    concurrency_max      = var.processor_concurrency_max
  }

  log_retention_days = var.log_retention_days
  alarm_topic_arn    = aws_sns_topic.alarms.arn
}

# ---- order-recovery runs on a schedule

resource "aws_cloudwatch_event_rule" "recovery" {
  name                = "${var.name}-order-recovery"
  description         = "Starts order-recovery, which nudges every overdue order."
  schedule_expression = var.recovery_rate
}

resource "aws_cloudwatch_event_target" "recovery" {
  rule = aws_cloudwatch_event_rule.recovery.name
  arn  = module.function["order-recovery"].arn

  # The next run does the work of a missed one, so missed runs are not repeated.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }
}

resource "aws_lambda_permission" "recovery" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = module.function["order-recovery"].name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.recovery.arn
}
