# The keys and indexes that the code expects, and protection against loss by mistake.

mock_provider "aws" {}

variables {
  lambda_zip    = "versions.tf" # any file will do: only its hash is read
  check_secrets = false
}

run "keys" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.orders.hash_key == "id"
    error_message = "orders: hash key id."
  }

  assert {
    condition     = aws_dynamodb_table.products.hash_key == "sku" && aws_dynamodb_table.products.range_key == "entry"
    error_message = "products: hash key sku, range key entry."
  }

  assert {
    condition     = aws_dynamodb_table.simulated.hash_key == "id" && length(aws_dynamodb_table.simulated.attribute) == 1
    error_message = "simulated: hash key id, and no other."
  }

  assert {
    condition = alltrue(flatten([
      for table in [aws_dynamodb_table.orders, aws_dynamodb_table.products, aws_dynamodb_table.simulated] : [
        for attribute in table.attribute : attribute.type == "S"
      ]
    ]))
    error_message = "All keys are text."
  }
}

run "indexes_hold_keys_only" {
  command = plan

  assert {
    condition = {
      for index in aws_dynamodb_table.orders.global_secondary_index : index.name => "${index.hash_key} ${index.range_key} ${index.projection_type}"
      } == {
      by_listed   = "listed sort KEYS_ONLY"
      by_customer = "customer sort KEYS_ONLY"
      by_shard    = "shard sort KEYS_ONLY"
      by_open     = "open look KEYS_ONLY"
    }
    error_message = "orders: by_listed, by_customer, by_shard, by_open, sorted, keys only."
  }

  assert {
    condition = {
      for index in aws_dynamodb_table.products.global_secondary_index : index.name => "${index.hash_key} ${index.range_key} ${index.projection_type}"
    } == { by_kind = "kind sku KEYS_ONLY" }
    error_message = "products: by_kind, keys only."
  }

  assert {
    condition     = length(aws_dynamodb_table.simulated.global_secondary_index) == 0
    error_message = "simulated: no index."
  }
}

run "on_demand_restorable_encrypted_protected" {
  command = plan

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.orders, aws_dynamodb_table.products, aws_dynamodb_table.simulated] : alltrue([
        table.billing_mode == "PAY_PER_REQUEST",
        table.point_in_time_recovery[0].enabled,
        table.server_side_encryption[0].enabled,
        table.deletion_protection_enabled,
      ])
    ])
    error_message = "Each table: on demand, point-in-time recovery, encryption, deletion protection."
  }
}

run "deletion_protection_can_be_lifted" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition = alltrue([
      for table in [aws_dynamodb_table.orders, aws_dynamodb_table.products, aws_dynamodb_table.simulated] : !table.deletion_protection_enabled
    ])
    error_message = "deletion_protection = false must reach every table."
  }
}
