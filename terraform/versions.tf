terraform {
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # Bucket, key and region come with `terraform init -backend-config=...`; deploy.sh does that, or
  # writes backend_override.tf for a state file on this machine.
  backend "s3" {}
}
