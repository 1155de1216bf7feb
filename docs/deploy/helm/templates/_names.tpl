{{- define "carat.labels" -}}
app.kubernetes.io/name: carat
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
