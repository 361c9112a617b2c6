variable "name" {
  description = "Name of the queue; its dead-letter queue is <name>-dlq."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,76}$", var.name))
    error_message = "name must be 1 to 76 letters, digits, hyphens and underscores."
  }
}

variable "receives_max" {
  description = "Deliveries of a message before it goes to the dead-letter queue."
  type        = number

  validation {
    condition     = var.receives_max >= 5
    error_message = "receives_max must be at least 5, because throttling also costs deliveries."
  }
}

variable "visibility_timeout_seconds" {
  description = "How long a received message stays hidden from other receivers."
  type        = number

  validation {
    condition     = var.visibility_timeout_seconds >= 30 && var.visibility_timeout_seconds <= 43200
    error_message = "visibility_timeout_seconds must be from 30 to 43200."
  }
}

variable "message_age_alarm_seconds" {
  description = "An alarm is raised when the oldest message is older than this."
  type        = number

  validation {
    condition     = var.message_age_alarm_seconds > 0
    error_message = "message_age_alarm_seconds must be above 0."
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
