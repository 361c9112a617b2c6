# The tables are billed on demand, can be restored to any second of the last 35 days, and are protected against
# deletion by mistake. There is no TTL, since orders are kept.

locals {
  # Hash key and range key of each.
  order_indexes = {
    by_customer = ["customer", "sort"]
    by_shard    = ["shard", "sort"]
    by_listed   = ["listed", "sort"]
    by_open     = ["open", "look"]
  }
}

resource "aws_dynamodb_table" "orders" {
  name                        = "${var.name}-orders"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = toset(["id", "customer", "shard", "sort", "listed", "open", "look"])
    content {
      name = attribute.value
      type = "S"
    }
  }

  # Keys only, and no attribute that changes at every step: rewriting an index entry costs as much as writing
  # the order. by_listed and by_open are sparse: most orders are SHIPPED without ever having a `listed`, and an
  # order at its end has no `open`. All but by_customer are in eight parts, since one key of an index takes
  # about 1,000 writes a second.
  dynamic "global_secondary_index" {
    for_each = local.order_indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value[0]
      range_key       = global_secondary_index.value[1]
      projection_type = "KEYS_ONLY"
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "products" {
  name                        = "${var.name}-products"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "sku"
  range_key                   = "entry" # "product", or a row of its stock ledger
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = toset(["sku", "entry", "kind"])
    content {
      name = attribute.value
      type = "S"
    }
  }

  # Sparse: only the entry "product" has a kind, one of eight.
  global_secondary_index {
    name            = "by_kind"
    hash_key        = "kind"
    range_key       = "sku"
    projection_type = "KEYS_ONLY"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

# The sandbox's books: payment account and shipment of each order.
resource "aws_dynamodb_table" "simulated" {
  name                        = "${var.name}-simulated"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
