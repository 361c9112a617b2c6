# The tables are billed on demand, can be restored to any second of the last 35 days, and are protected against
# deletion by mistake. There is no TTL, since orders are kept. The orders table has one small item besides: the
# place of order-recovery's sweep.

resource "aws_dynamodb_table" "orders" {
  name                        = "${var.name}-orders"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = toset(["id", "listed", "customer", "day", "sort"])
    content {
      name = attribute.value
      type = "S"
    }
  }

  # Keys only, and no attribute that changes at every step: rewriting an index entry costs as much as writing
  # the order. `listed` is sparse: most orders are SHIPPED without ever having it.
  dynamic "global_secondary_index" {
    for_each = { by_listed = "listed", by_customer = "customer", by_day = "day" }
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value
      range_key       = "sort"
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

  # Sparse: only the entry "product" has a kind.
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
