variable "name" {
  description = "Name of the function on AWS."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,56}$", var.name))
    error_message = "name must be 1 to 56 letters, digits, hyphens and underscores."
  }
}

variable "role_name" {
  description = "Name of the function's role. Roles belong to the account, so the name should contain the region."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits, hyphens and underscores."
  }
}

variable "handler" {
  description = "The function that `bootstrap` runs as: its _HANDLER."
  type        = string

  validation {
    condition = contains([
      "order-submission", "order-status", "order-admin", "payment-processor", "inventory-processor",
      "fulfillment-processor", "order-recovery",
    ], var.handler)
    error_message = "handler must be one of bootstrap's seven functions."
  }
}

variable "zip" {
  description = "Path of the zip with `bootstrap`."
  type        = string

  validation {
    condition     = length(var.zip) > 0
    error_message = "zip must name a file."
  }
}

variable "architecture" {
  description = "x86_64 or arm64."
  type        = string

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MB."
  type        = number

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb must be from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Time limit of one invocation."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be from 1 to 900."
  }
}

variable "environment" {
  description = "Environment variables, without values of secrets."
  type        = map(string)

  validation {
    condition     = !contains(keys(var.environment), "ORDERFLOW_ADMIN_TOKEN") && !contains(keys(var.environment), "ORDERFLOW_ID_KEY")
    error_message = "Pass secrets by name: ORDERFLOW_ADMIN_TOKEN_SECRET, ORDERFLOW_ID_KEY_SECRET."
  }
}

variable "permissions" {
  description = "Rights of the function, beside writing its own log and traces."
  type = list(object({
    actions   = list(string)
    resources = list(string)
  }))

  validation {
    condition = alltrue([
      for permission in var.permissions : alltrue([for action in permission.actions : !strcontains(action, "*")])
    ])
    error_message = "permissions must name each action: no wildcards."
  }
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number

  validation {
    condition     = var.log_retention_days > 0
    error_message = "log_retention_days must be above 0."
  }
}

variable "source_queue" {
  description = "Queue whose batches start the function. Default: none."
  type = object({
    arn                  = string
    batch_size           = number
    batch_window_seconds = number
    concurrency_max      = number
  })
  default = null

  validation {
    condition     = var.source_queue == null || try(var.source_queue.concurrency_max >= 2, false)
    error_message = "source_queue.concurrency_max must be at least 2."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic for alarms."
  type        = string

  validation {
    condition     = length(var.alarm_topic_arn) > 0
    error_message = "alarm_topic_arn must name a topic."
  }
}
