{{- define "shoal.name" -}}{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "shoal.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 30 | trimSuffix "-" }}
{{- else if contains (include "shoal.name" .) .Release.Name }}{{ .Release.Name | trunc 30 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name (include "shoal.name" .) | trunc 30 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Name of a part, of a zone where there is one: dict root part zone */}}
{{- define "shoal.part" -}}
{{ include "shoal.fullname" .root }}-{{ .part }}{{ with .zone }}-{{ . }}{{ end }}
{{- end }}

{{- define "shoal.selector" -}}
app.kubernetes.io/name: {{ include "shoal.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- with .zone }}
shoal.dev/zone: {{ . }}
{{- end }}
{{- end }}

{{- define "shoal.labels" -}}
{{ include "shoal.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: shoal
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "shoal.meta" -}}
name: {{ include "shoal.part" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "shoal.labels" . | nindent 2 }}
{{- end }}

{{/* An image and its policy: dict root image own */}}
{{- define "shoal.image" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
image: {{ with $registry }}{{ . }}/{{ end }}{{ .image.repository }}{{ if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end }}
imagePullPolicy: {{ .image.pullPolicy }}
{{- end }}

{{/* Of every pod: dict root user serviceAccount */}}
{{- define "shoal.pod" -}}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
serviceAccountName: {{ .serviceAccount }}
automountServiceAccountToken: {{ default false .token }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .user }}
  fsGroup: {{ .user }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "shoal.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "shoal.secret" -}}
{{ default (printf "%s-keys" (include "shoal.fullname" .)) .Values.secrets.existingSecret }}
{{- end }}

{{/* Names of zones as JSON; one without a name where none is given. */}}
{{- define "shoal.zones" -}}
{{- if .Values.zones }}{{ dict "zones" .Values.zones | toJson }}{{ else }}{{ dict "zones" (list (dict "name" "")) | toJson }}{{ end }}
{{- end }}

{{- define "shoal.redis" -}}
{{- if ne .Values.redis.mode "auto" }}{{ .Values.redis.mode }}
{{- else if or (gt (int .Values.tracker.replicas) 1) (ne .Values.autoscaling.mode "none") }}bundled
{{- else }}off{{ end }}
{{- end }}

{{/* What the autoscaler scales, as JSON. */}}
{{- define "shoal.targets" -}}
{{- $root := . }}{{ $targets := list }}
{{- range (include "shoal.zones" . | fromJson).zones }}
{{- $name := include "shoal.part" (dict "root" $root "part" "tracker" "zone" .name) }}
{{- $labels := printf "app.kubernetes.io/name=%s,app.kubernetes.io/instance=%s,app.kubernetes.io/component=tracker" (include "shoal.name" $root) $root.Release.Name }}
{{- if .name }}{{ $labels = printf "%s,shoal.dev/zone=%s" $labels .name }}{{ end }}
{{- $kind := ternary "ScaledObject" "HorizontalPodAutoscaler" (eq $root.Values.autoscaling.mode "keda") }}
{{- $targets = append $targets (dict "zone" .name "kind" $kind "name" $name "deployment" $name "selector" $labels) }}
{{- end }}
{{- toJson $targets }}
{{- end }}

{{/* HAProxy's configuration: dict root zone */}}
{{- define "shoal.haproxyConfig" -}}
{{- $root := .root }}{{ $haproxy := $root.Values.haproxy }}
{{- $bind := ":8000" }}
{{- if $haproxy.acceptProxy }}{{ $bind = printf "%s accept-proxy" $bind }}{{ end }}
{{- if $haproxy.tls.secretName }}{{ $bind = printf "%s ssl crt /etc/haproxy/tls/tls.crt alpn http/1.1" $bind }}{{ end }}
{{- $host := printf "%s.%s.svc.%s" (include "shoal.part" (dict "root" $root "part" "tracker" "zone" .zone)) $root.Release.Namespace $root.Values.clusterDomain }}
{{- $servers := printf "    server-template pod 1-%d %s:8000 resolvers kube init-addr none%s" (int $haproxy.maxPods) $host (ternary " hash-key addr" "" $haproxy.hashKey) }}
{{- $root.Files.Get "files/haproxy.cfg.tpl" | replace "@BIND@" $bind | replace "@MAXCONN@" (int $haproxy.maxConnections | toString) | replace "@CHECK@" (printf "%dms" (int $haproxy.checkMs)) | replace "@REQUESTS@" (int $haproxy.requestsPerAddress | toString) | replace "@FACTOR@" (int $haproxy.factorPercent | toString) | replace "@SERVERS@" $servers }}

resolvers kube
    parse-resolv-conf
    # A hundred addresses are 1,600 bytes.
    accepted_payload_size 8192
    hold valid 1s
    hold obsolete 5s

# Inside only: whether it can serve, and what it counts.
frontend inside
    bind :8404
    monitor-uri /readyz
    monitor fail if { nbsrv(any) lt 1 }
    http-request return status 200 content-type text/plain string ok if { path /livez }
    http-request use-service prometheus-exporter if { path /metrics }
    http-request return status 404
{{- end }}
