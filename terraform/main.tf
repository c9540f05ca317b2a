# Chatter on a Kubernetes cluster, with Postgres, Redis and object storage that exist already.

locals {
  commands = {
    web          = ["python", "-m", "chatter.cli.serve", "--host", "0.0.0.0", "--port", "8000"]
    worker       = ["python", "-m", "chatter.worker"]
    local-models = ["python", "-m", "chatter.llm.local_models", "--host", "0.0.0.0", "--port", "8100"]
  }
  ports = { web = 8000, local-models = 8100 }
}

resource "kubernetes_namespace_v1" "chatter" {
  metadata {
    name = var.namespace
  }
}

resource "kubernetes_secret_v1" "settings" {
  metadata {
    name      = "settings"
    namespace = kubernetes_namespace_v1.chatter.metadata[0].name
  }
  data = {
    DATABASE_URL             = var.database_url
    REDIS_URL                = var.redis_url
    CHATTER_SECRET_KEY       = var.secret_key
    CHATTER_STORAGE_URL      = var.storage_url
    CHATTER_LOCAL_MODELS_URL = "http://local-models:8100/v1"
    CHATTER_LOCAL_MODELS_KEY = sha256(var.secret_key)
    CHATTER_SECURE_COOKIES   = "true"
  }
}

resource "kubernetes_job_v1" "migrate" {
  metadata {
    name      = "migrate-${substr(sha256(var.image), 0, 8)}"
    namespace = kubernetes_namespace_v1.chatter.metadata[0].name
  }
  spec {
    backoff_limit = 3
    template {
      metadata {}
      spec {
        restart_policy = "Never"
        container {
          name    = "migrate"
          image   = var.image
          command = ["chatter", "migrate"]
          env_from {
            secret_ref {
              name = kubernetes_secret_v1.settings.metadata[0].name
            }
          }
        }
      }
    }
  }
  wait_for_completion = true
  timeouts {
    create = "10m"
  }
}

resource "kubernetes_deployment_v1" "process" {
  for_each   = local.commands
  depends_on = [kubernetes_job_v1.migrate]

  metadata {
    name      = each.key
    namespace = kubernetes_namespace_v1.chatter.metadata[0].name
  }
  spec {
    replicas = lookup(var.replicas, each.key, 1)
    selector {
      match_labels = { app = each.key }
    }
    template {
      metadata {
        labels = { app = each.key }
      }
      spec {
        termination_grace_period_seconds = 45
        security_context {
          run_as_non_root = true
          run_as_user     = 10001
          fs_group        = 10001
        }
        container {
          name    = each.key
          image   = var.image
          command = each.value
          env_from {
            secret_ref {
              name = kubernetes_secret_v1.settings.metadata[0].name
            }
          }
          security_context {
            allow_privilege_escalation = false
            capabilities {
              drop = ["ALL"]
            }
          }
          resources {
            requests = { cpu = "250m", memory = "512Mi" }
            limits   = { memory = "1536Mi" }
          }
          dynamic "readiness_probe" {
            for_each = each.key == "web" ? [1] : []
            content {
              http_get {
                path = "/api/v1/health/ready"
                port = 8000
              }
              period_seconds = 5
            }
          }
        }
      }
    }
  }
}

# Open tabs hold a socket to the process that built their page: a client keeps its process.
resource "kubernetes_service_v1" "process" {
  for_each = local.ports

  metadata {
    name      = each.key
    namespace = kubernetes_namespace_v1.chatter.metadata[0].name
  }
  spec {
    selector         = { app = each.key }
    session_affinity = each.key == "web" ? "ClientIP" : "None"
    port {
      port        = each.value
      target_port = each.value
    }
  }
}
