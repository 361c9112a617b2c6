variable "aws_region" {
  description = "AWS region of the deployment."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must look like us-east-1."
  }
}

variable "name" {
  description = "First part of all names. A second deployment in the account needs another name or another region."
  type        = string
  default     = "orderflow"

  # At most 26 characters: a role's name is name, function and region, and AWS allows 64.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,24}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 26 lower-case letters, digits and hyphens, a letter first, no hyphen last."
  }
}

variable "tags" {
  description = "Tags for all resources, beside Project and ManagedBy."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "Tags that begin with aws: belong to AWS."
  }
}

# ---- The functions

variable "lambda_zip" {
  description = "Path of the zip with `bootstrap`. Default: build/lambda/orderflow-lambda-<architecture>.zip of this checkout, where scripts/package-lambda.sh --architecture <architecture> puts it."
  type        = string
  default     = null

  validation {
    condition     = var.lambda_zip == null || try(length(var.lambda_zip) > 0, false)
    error_message = "lambda_zip must name a file."
  }
}

variable "architecture" {
  description = "Processor architecture of the functions: arm64 costs a fifth less a GB-second than x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "memory_mb" {
  description = "Memory of each function in MB. A function needs 4; more memory gives it a larger share of a processor."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb must be a whole number from 128 to 10240."
  }
}

variable "processor_timeout_seconds" {
  description = "Time limit of a processor for one batch. The queues' visibility timeout is six times this."
  type        = number
  default     = 30

  validation {
    condition     = var.processor_timeout_seconds >= 5 && var.processor_timeout_seconds <= 900 && floor(var.processor_timeout_seconds) == var.processor_timeout_seconds
    error_message = "processor_timeout_seconds must be a whole number from 5 to 900."
  }
}

variable "batch_size" {
  description = "Messages in one invocation of a processor, at most."
  type        = number
  default     = 10

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size must be a whole number from 1 to 10."
  }
}

variable "batch_window_seconds" {
  description = "How long a batch may wait until it is full. Longer means fewer invocations, and up to this delay for each step."
  type        = number
  default     = 0

  validation {
    condition     = var.batch_window_seconds >= 0 && var.batch_window_seconds <= 300 && floor(var.batch_window_seconds) == var.batch_window_seconds
    error_message = "batch_window_seconds must be a whole number from 0 to 300."
  }
}

variable "processor_concurrency_max" {
  description = "Batches of one queue in flight, at most, so that a backlog does not throttle the other functions."
  type        = number
  default     = 20

  validation {
    condition     = var.processor_concurrency_max >= 2 && var.processor_concurrency_max <= 1000 && floor(var.processor_concurrency_max) == var.processor_concurrency_max
    error_message = "processor_concurrency_max must be a whole number from 2 (the least that AWS takes) to 1000."
  }
}

variable "message_receives_max" {
  description = "Deliveries of a message before it goes to the dead-letter queue."
  type        = number
  default     = 10

  validation {
    condition     = var.message_receives_max >= 5 && var.message_receives_max <= 1000 && floor(var.message_receives_max) == var.message_receives_max
    error_message = "message_receives_max must be a whole number from 5 (throttling also costs deliveries) to 1000."
  }
}

variable "recovery_rate" {
  description = "How often order-recovery looks for overdue orders: an EventBridge rate expression."
  type        = string
  default     = "rate(1 minute)"

  validation {
    condition     = can(regex("^rate\\((1 minute|[2-9] minutes|[1-5][0-9] minutes|1 hour)\\)$", var.recovery_rate))
    error_message = "recovery_rate must be rate(1 minute) to rate(59 minutes), or rate(1 hour)."
  }
}

variable "unknown_sku" {
  description = "Orders for a SKU that is not in the catalogue: make-to-order accepts them, reject refuses them."
  type        = string
  default     = "make-to-order"

  validation {
    condition     = contains(["make-to-order", "reject"], var.unknown_sku)
    error_message = "unknown_sku must be make-to-order or reject."
  }
}

# ---- Secrets, by name

variable "admin_token_secret" {
  description = "Where the admin token is kept: ssm:/parameter/name or the ARN of a Secrets Manager secret. Default: ssm:/<name>/admin-token, which deploy.sh makes."
  type        = string
  default     = null

  validation {
    condition     = var.admin_token_secret == null || can(regex("^(ssm:/[A-Za-z0-9_./-]+|arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)$", var.admin_token_secret))
    error_message = "admin_token_secret must be ssm:/a/parameter or the ARN of a Secrets Manager secret, never the token itself."
  }
}

variable "id_key_secret" {
  description = "Where the key is kept that order ids are derived with, written as for admin_token_secret. Default: ssm:/<name>/id-key. Never change its value: a repeated Idempotency-Key would make a second order."
  type        = string
  default     = null

  validation {
    condition     = var.id_key_secret == null || can(regex("^(ssm:/[A-Za-z0-9_./-]+|arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)$", var.id_key_secret))
    error_message = "id_key_secret must be ssm:/a/parameter or the ARN of a Secrets Manager secret, never the key itself."
  }
}

variable "check_secrets" {
  description = "Whether a plan checks that the two secrets exist where they have their default names. deploy.sh makes them after the plan, and passes false."
  type        = bool
  default     = true

  validation {
    condition     = var.check_secrets != null
    error_message = "check_secrets must be true or false."
  }
}

variable "secrets_kms_key_arn" {
  description = "Customer-managed KMS key of the two secrets. Default: none, the secrets use AWS's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.secrets_kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.secrets_kms_key_arn))
    error_message = "secrets_kms_key_arn must be the ARN of a KMS key."
  }
}

# ---- The API

variable "api_requests_per_second" {
  description = "Requests a second, on average; above this rate the API answers 429."
  type        = number
  default     = 500

  validation {
    condition     = var.api_requests_per_second >= 1 && var.api_requests_per_second <= 10000
    error_message = "api_requests_per_second must be from 1 to 10000."
  }
}

variable "api_burst" {
  description = "Requests that may exceed the average rate for a moment."
  type        = number
  default     = 1000

  validation {
    condition     = var.api_burst >= 1 && var.api_burst <= 5000 && floor(var.api_burst) == var.api_burst
    error_message = "api_burst must be a whole number from 1 to 5000."
  }
}

variable "cors_origins" {
  description = "Origins, such as https://shop.example.com, whose web pages may call the API from a browser; * is any. Default: none."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^([*]|https?://[a-z0-9.:\\[\\]-]+)$", origin))])
    error_message = "cors_origins must be origins as browsers send them: https://host or https://host:port, in lower case, without a path."
  }
}

variable "jwt_issuer" {
  description = "Issuer (https://...) of the JWTs for the admin routes, which API Gateway checks. Default: the function checks the admin token."
  type        = string
  default     = null

  validation {
    condition     = var.jwt_issuer == null || can(regex("^https://[^ ]+$", var.jwt_issuer))
    error_message = "jwt_issuer must be an https:// address."
  }
}

variable "jwt_audience" {
  description = "A JWT must name one of these audiences. Required with jwt_issuer."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for audience in var.jwt_audience : length(trimspace(audience)) > 0])
    error_message = "jwt_audience must not have an empty entry."
  }
}

variable "jwt_scopes" {
  description = "A JWT must have one of these scopes for the admin routes. Required with jwt_issuer. The issuer must grant them to admins only."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.jwt_scopes) <= 10 && alltrue([for scope in var.jwt_scopes : can(regex("^[^\\s]+$", scope))])
    error_message = "jwt_scopes must be at most 10 scopes (a route takes no more), none empty or with a space in it."
  }
}

# ---- Data

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the tables. deploy.sh --destroy turns it off before it deletes them."
  type        = bool
  default     = true

  validation {
    condition     = var.deletion_protection != null
    error_message = "deletion_protection must be true or false."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition = contains([
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
      3288, 3653,
    ], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods that CloudWatch allows: 1, 3, 5, 7, 14, 30, 60, 90, ... 3653."
  }
}

# ---- Alarms

variable "alarm_email" {
  description = "E-mail address for alarms; AWS asks it to confirm. Default: none, subscribe to the topic yourself."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
}

variable "message_age_alarm_seconds" {
  description = "An alarm is raised when a queue's oldest message is older than this."
  type        = number
  default     = 900

  validation {
    condition     = var.message_age_alarm_seconds >= 60 && var.message_age_alarm_seconds <= 86400
    error_message = "message_age_alarm_seconds must be from 60 to 86400."
  }
}

variable "api_latency_alarm_ms" {
  description = "An alarm is raised when the 99th percentile of the API's latency is above this."
  type        = number
  default     = 1000

  validation {
    condition     = var.api_latency_alarm_ms >= 10 && var.api_latency_alarm_ms <= 30000
    error_message = "api_latency_alarm_ms must be from 10 to 30000."
  }
}
