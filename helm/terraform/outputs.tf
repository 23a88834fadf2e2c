output "service" {
  description = "Service that viewers connect to; with zones there is one more for each, with the zone's name behind it."
  value       = "${helm_release.shoal.name}-haproxy"
}

output "namespace" {
  description = "Namespace of the release."
  value       = helm_release.shoal.namespace
}

output "keys_secret" {
  description = "Secret with the keys of sealer and tracker."
  value       = var.keys_secret != "" ? var.keys_secret : "${helm_release.shoal.name}-keys"
}

output "status" {
  description = "Status of the release, such as deployed."
  value       = helm_release.shoal.status
}
