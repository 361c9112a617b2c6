# orderflow on AWS:
#
#   api.tf        HTTP API: routes, throttling, access log, optional JWT authoriser
#   functions.tf  the seven functions, the rights of each, what starts it
#   queues.tf     payment, inventory and fulfillment, each with its dead-letter queue
#   tables.tf     orders, products, and the sandbox's books
#   alarms.tf     the alarms; dashboard.tf shows the same figures
#
# Two modules for what exists several times: modules/function, modules/queue.

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = merge({ Project = var.name, ManagedBy = "terraform" }, var.tags)
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Only the names of secrets are here. A function reads the value at its cold start, so no value is in the
  # state.
  secret_references = {
    admin_token = coalesce(var.admin_token_secret, "ssm:/${var.name}/admin-token")
    id_key      = coalesce(var.id_key_secret, "ssm:/${var.name}/id-key")
  }

  # "ssm:/orderflow/id-key" is the parameter of that name. Any other reference is the ARN of a Secrets Manager
  # secret.
  secret_permissions = {
    for secret, reference in local.secret_references : secret => {
      actions = [
        startswith(reference, "ssm:") ? "ssm:GetParameter" : "secretsmanager:GetSecretValue"
      ]
      resources = [
        startswith(reference, "ssm:") ? join(":", [
          "arn", data.aws_partition.current.partition, "ssm", var.aws_region,
          data.aws_caller_identity.current.account_id,
          "parameter/${trimprefix(trimprefix(reference, "ssm:"), "/")}",
        ]) : reference
      ]
    }
  }
}
