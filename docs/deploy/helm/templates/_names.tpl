{{- define "carat.labels" -}}
app.kubernetes.io/name: carat
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "carat.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.inbox.existingClaim }}
- {name: inbox, mountPath: /data/inbox}
{{- end }}
{{- if .Values.backup.enabled }}
- {name: backup, mountPath: /backup}
{{- end }}
{{- range .Values.secrets.files }}
- {name: secret-{{ . }}, mountPath: /run/secrets/{{ . }}, readOnly: true}
{{- end }}
{{- end }}
