resource "helm_release" "shoal" {
  name             = var.name
  namespace        = var.namespace
  create_namespace = true
  chart            = var.chart == "" ? "${path.module}/../shoal" : var.chart
  version          = var.chart_version
  wait             = true
  timeout          = var.timeout_seconds

  values = concat(
    [
      yamlencode({
        zones   = [for zone in var.zones : { for name, value in zone : name => value if value != null }]
        secrets = { existingSecret = var.keys_secret }
        # Names of objects are the release's, so that outputs can say them.
        fullnameOverride = var.name
        tracker = {
          open          = var.open
          tokenKeys     = { existingSecret = var.token_keys_secret }
          plannedShards = var.planned_shards
        }
        # HAProxy must know as many pods as there can be.
        haproxy        = { maxPods = max(20, var.autoscaling.maxReplicas) }
        sealer         = { mediaBase = var.media_base }
        autoscaling    = var.autoscaling
        autoscaler     = var.autoscaler
        serviceMonitor = { enabled = var.monitoring }
        prometheusRule = { enabled = var.monitoring }
        dashboard      = { enabled = var.monitoring }
      })
    ],
    var.values,
  )
}
