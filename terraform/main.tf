# orderflow on AWS. One file a meaning:
#
#   api.tf        HTTP API: routes, throttling, access log, optional JWT authoriser
#   functions.tf  the seven functions, what each may do, what starts it
#   queues.tf     payment, inventory and fulfillment, each with its dead-letter queue
#   tables.tf     orders, products, and the books of the simulated provider and carrier
#   alarms.tf     what wakes a person; dashboard.tf what that person looks at
#
# Two modules, where one thing is there several times: modules/function, modules/queue.

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = merge({ Project = var.name, ManagedBy = "terraform" }, var.tags)
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Secrets are named here and read by a function at its cold start: no value reaches the state.
  secret_references = {
    admin_token = coalesce(var.admin_token_secret, "ssm:/${var.name}/admin-token")
    id_key      = coalesce(var.id_key_secret, "ssm:/${var.name}/id-key")
  }

  # "ssm:/orderflow/id-key" is the parameter of that name; what is no ssm: reference is the ARN of
  # a Secrets Manager secret.
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
