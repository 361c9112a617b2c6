# Every variable refuses invalid values. One run sets them all; each must fail by itself.

mock_provider "aws" {}

run "refuses_invalid_values" {
  command = plan

  variables {
    lambda_zip                = ""
    aws_region                = "Virginia"
    name                      = "Order Flow"
    tags                      = { "aws:owner" = "me" }
    architecture              = "riscv64"
    memory_mb                 = 64
    processor_timeout_seconds = 901
    batch_size                = 11
    batch_window_seconds      = 301
    processor_concurrency_max = 1
    message_receives_max      = 4
    recovery_rate             = "rate(1 minutes)"
    unknown_sku               = "maybe"
    admin_token_secret        = "hunter2"
    id_key_secret             = "c2VjcmV0"
    check_secrets             = null
    secrets_kms_key_arn       = "alias/mine"
    api_requests_per_second   = 0
    api_burst                 = 5001
    cors_origins              = ["https://shop.example.com/"]
    jwt_issuer                = "http://login.example.com/"
    jwt_audience              = [" "]
    jwt_scopes                = ["orders:admin orders:read"]
    deletion_protection       = null
    log_retention_days        = 31
    alarm_email               = "oncall"
    message_age_alarm_seconds = 59
    api_latency_alarm_ms      = 5
  }

  expect_failures = [
    var.lambda_zip,
    var.aws_region,
    var.name,
    var.tags,
    var.architecture,
    var.memory_mb,
    var.processor_timeout_seconds,
    var.batch_size,
    var.batch_window_seconds,
    var.processor_concurrency_max,
    var.message_receives_max,
    var.recovery_rate,
    var.unknown_sku,
    var.admin_token_secret,
    var.id_key_secret,
    var.check_secrets,
    var.secrets_kms_key_arn,
    var.api_requests_per_second,
    var.api_burst,
    var.cors_origins,
    var.jwt_issuer,
    var.jwt_audience,
    var.jwt_scopes,
    var.deletion_protection,
    var.log_retention_days,
    var.alarm_email,
    var.message_age_alarm_seconds,
    var.api_latency_alarm_ms,
  ]
}

run "accepts_valid_values" {
  command = plan

  variables {
    lambda_zip          = "versions.tf" # any file will do: only its hash is read
    aws_region          = "ap-southeast-2"
    architecture        = "x86_64"
    recovery_rate       = "rate(15 minutes)"
    unknown_sku         = "reject"
    admin_token_secret  = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:shop/token-AbCdEf"
    id_key_secret       = "ssm:/shop/id.key"
    secrets_kms_key_arn = "arn:aws:kms:ap-southeast-2:123456789012:key/1234abcd-12ab"
    cors_origins        = ["https://shop.example.com", "http://localhost:3000", "*"]
    jwt_issuer          = "https://login.example.com/"
    jwt_audience        = ["https://shop.example.com"]
    jwt_scopes          = ["https://shop.example.com/admin", "orders:admin"]
    log_retention_days  = 1
  }
}

# A plain `terraform apply` says what is missing.

run "a_plan_without_secrets_says_so" {
  command = plan

  variables {
    lambda_zip = "versions.tf"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.secrets
    values = { names = ["/orderflow/state", "/orderflow/other"] }
  }

  expect_failures = [data.aws_ssm_parameters_by_path.secrets]
}

run "a_plan_with_secrets_passes" {
  command = plan

  variables {
    lambda_zip = "versions.tf"
  }

  override_data {
    target = data.aws_ssm_parameters_by_path.secrets
    values = { names = ["/orderflow/admin-token", "/orderflow/id-key"] }
  }

  assert {
    condition     = aws_apigatewayv2_api.this.name == "orderflow"
    error_message = "With its secrets and a zip, nothing else need be set."
  }
}

run "the_zip_is_that_of_the_architecture" {
  command = plan

  variables {
    check_secrets = false
  }

  override_module {
    target = module.function
    outputs = {
      name   = "mock", arn = "mock", role_name = "mock", invoke_arn = "mock", log_group = "mock", policy = "{}",
      grants = [], environment = {}, source_queue_arn = null, timeout_seconds = 30, tracing_mode = "Active",
    }
  }

  assert {
    condition     = endswith(local.lambda_zip, "/../build/lambda/orderflow-lambda-arm64.zip")
    error_message = "The default must be the zip that scripts/package-lambda.sh makes: ${local.lambda_zip}"
  }
}
