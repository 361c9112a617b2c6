# The stored order is the only truth: on demand, restorable to any second of the last 35 days, and not
# to be deleted by mistake. No TTL: orders are kept, and beside them there is one small item, the place of
# order-recovery's sweep.

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

  # Keys only, and nothing that changes at every step: an index entry that is rewritten costs as much
  # as the order's own write. `listed` is sparse: most orders are SHIPPED and never in it.
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

# Payment account and shipment of each order, as the simulated provider and carrier keep them.
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
