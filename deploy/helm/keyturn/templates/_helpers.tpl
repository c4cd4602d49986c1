{{/* The labels that select the webhook's pods; they never change. */}}
{{- define "keyturn.selector" -}}
app.kubernetes.io/name: keyturn
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "keyturn.labels" -}}
{{ include "keyturn.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* One name for everything, since a cluster has one Keyturn. */}}
{{- define "keyturn.name" -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "keyturn.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "keyturn.webhookImage" -}}
{{ .Values.webhookImage.repository | default (printf "%s-webhook" .Values.image.repository) }}{{ with .Values.webhookImage.digest }}@{{ . }}{{ else }}:{{ .Values.webhookImage.tag | default .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}
