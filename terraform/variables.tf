variable "namespace" {
  description = "Namespace that everything is put in."
  type        = string
  default     = "chatter"
}

variable "image" {
  description = "The image built from infra/Dockerfile, with its tag or digest."
  type        = string
}

variable "database_url" {
  description = "postgresql://… of a role that may create roles and tables in a Postgres with pgvector."
  type        = string
  sensitive   = true
}

variable "redis_url" {
  description = "redis://… of a Redis or Valkey with append-only file."
  type        = string
  sensitive   = true
}

variable "secret_key" {
  description = "At least 32 random characters; seals provider keys."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.secret_key) >= 32
    error_message = "The secret key needs at least 32 characters."
  }
}

variable "storage_url" {
  description = "Object storage that every process reaches: s3://, gs:// or az://."
  type        = string

  validation {
    condition     = can(regex("^(s3|gs|az)://", var.storage_url))
    error_message = "Several machines need object storage: s3://, gs:// or az://."
  }
}

variable "replicas" {
  description = "How many processes of each kind."
  type        = map(number)
  default     = { web = 2, worker = 1, local-models = 1 }
}
