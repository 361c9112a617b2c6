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

# Only the names are used. The values, which are in the state with them, are encrypted by SSM.
data "aws_ssm_parameters_by_path" "secrets" {
  count = var.check_secrets ? 1 : 0

  path            = "/${var.name}"
  with_decryption = false

  lifecycle {
    postcondition {
      condition     = local.jwt || var.admin_token_secret != null || contains(self.names, "/${var.name}/admin-token")
      error_message = "The admin token is missing. Make it (aws ssm put-parameter --region ${var.aws_region} --type SecureString --name /${var.name}/admin-token --value \"$(openssl rand -hex 32)\"), or name a secret of yours in admin_token_secret, or use ./deploy.sh, which makes it."
    }
    postcondition {
      condition     = var.id_key_secret != null || contains(self.names, "/${var.name}/id-key")
      error_message = "The key of the order ids is missing. Make it (aws ssm put-parameter --region ${var.aws_region} --type SecureString --name /${var.name}/id-key --value \"$(openssl rand -hex 32)\"), or name a secret of yours in id_key_secret, or use ./deploy.sh, which makes it."
    }
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
