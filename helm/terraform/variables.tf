variable "name" {
  description = "Name of the release, and of its objects the first part."
  type        = string
  default     = "shoal"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,28}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 30 small letters, digits and hyphens."
  }
}

variable "namespace" {
  description = "Namespace of the release; it is made where it is missing."
  type        = string
  default     = "video"
}

variable "chart" {
  description = "Where the chart is: a folder or an oci:// address. Empty: the one beside this module."
  type        = string
  default     = ""
}

variable "chart_version" {
  description = "Version of the chart, for one from a registry."
  type        = string
  default     = null
}

variable "media_base" {
  description = "sealer.mediaBase: the sealer reads URLs that begin like this."
  type        = string
  nullable    = false
}

variable "open" {
  description = "tracker.open: anybody may join without a token."
  type        = bool
  default     = false
}

variable "token_keys_secret" {
  description = "tracker.tokenKeys.existingSecret: Secret with the tenants' keys."
  type        = string
  default     = ""
}

variable "keys_secret" {
  description = "secrets.existingSecret: Secret with the keys of sealer and tracker. Empty: the chart makes one and keeps it."
  type        = string
  default     = ""
}

variable "zones" {
  description = "zones: each has trackers, HAProxy and Redis of its own. Empty: one group for the whole cluster."
  type        = list(object({ name = string, publicUrl = optional(string) }))
  default     = []
}

variable "planned_shards" {
  description = "tracker.plannedShards: shards of contents that will be large, by content id."
  type        = map(number)
  default     = {}
}

variable "autoscaling" {
  description = "autoscaling: what adds and removes trackers (of each zone)."
  type = object({
    mode           = optional(string, "none")
    minReplicas    = optional(number, 2)
    maxReplicas    = optional(number, 20)
    socketsPercent = optional(number, 70)
  })
  default = {}
  validation {
    condition     = contains(["none", "hpa", "keda"], var.autoscaling.mode)
    error_message = "autoscaling.mode must be none, hpa or keda."
  }
}

variable "autoscaler" {
  description = "autoscaler: raises the floor before events. Needs autoscaling.mode hpa or keda."
  type = object({
    enabled     = optional(bool, false)
    dryRun      = optional(bool, false)
    leadMinutes = optional(number, 25)
    sparePods   = optional(number, 1)
  })
  default = {}
  validation {
    condition     = !var.autoscaler.enabled || var.autoscaling.mode != "none"
    error_message = "autoscaler.enabled needs autoscaling.mode hpa or keda."
  }
}

variable "monitoring" {
  description = "serviceMonitor, prometheusRule and dashboard are made. Needs the Prometheus operator's CRDs."
  type        = bool
  default     = false
}

variable "values" {
  description = "Any other values, as YAML documents such as file(\"event.yaml\"). They count before the variables above, the last one first."
  type        = list(string)
  default     = []
}

variable "timeout_seconds" {
  description = "How long an upgrade may take until trackers are ready: each has the time to send its viewers elsewhere."
  type        = number
  default     = 1800
}
