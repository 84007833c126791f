{{- /* Names, labels, and what several objects have to agree on. The rights are in _rights.tpl. */}}

{{- define "clever-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Of everything in the release's namespace. A release that is called like the chart does not say it twice. */}}
{{- define "clever-operator.fullname" -}}
{{- $name := include "clever-operator.name" . }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Of what belongs to no namespace: two releases of one name, in two namespaces, must not share it. */}}
{{- define "clever-operator.clusterName" -}}
{{- printf "%s-%s" (include "clever-operator.fullname" .) .Release.Namespace }}
{{- end }}

{{- /* Of every object of the release. */}}
{{- define "clever-operator.identity" -}}
app.kubernetes.io/name: {{ include "clever-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Of the operator's pods alone. */}}
{{- define "clever-operator.selector" -}}
{{ include "clever-operator.identity" . }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "clever-operator.labels" -}}
{{- if not (kindIs "map" .Values.commonLabels) }}
{{- fail "the values of the chart lack every section but `config`: restore its values.yaml, and write only `config` differently, or pass your own file with `-f`" }}
{{- end }}
{{- $own := include "clever-operator.identity" . | fromYaml }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") }}
{{- $_ := set $own "app.kubernetes.io/version" .Chart.AppVersion }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service }}
{{- merge $own .Values.commonLabels | toYaml }}
{{- end }}

{{- /* The metadata of an object. Takes the chart's scope as `root`; optionally `name`, `namespace` ("" for none), `labels`, `annotations`. */}}
{{- define "clever-operator.metadata" -}}
{{- $labels := merge (include "clever-operator.labels" .root | fromYaml) (.labels | default dict) }}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.commonAnnotations -}}
metadata:
  name: {{ .name | default (include "clever-operator.fullname" .root) }}
  {{- with hasKey . "namespace" | ternary .namespace .root.Release.Namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "clever-operator.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "clever-operator.fullname" .) "default") }}
{{- end }}

{{- define "clever-operator.image" -}}
{{- with .Values.image }}
{{- .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* The port of health and metrics: what `listen` ends in. */}}
{{- define "clever-operator.port" -}}
{{- dig "operator" "listen" "" .Values.config | default "0.0.0.0:8000" | regexFind "[0-9]+$" }}
{{- end }}

{{- /* What is left of a map without what is empty, in it and in the maps in it. */}}
{{- define "clever-operator.filled" -}}
{{- $filled := dict }}
{{- range $key, $value := . }}
{{- if and (kindIs "map" $value) (not (has $key (list "tenants" "namespaces"))) }}
{{- $value = include "clever-operator.filled" $value | fromJson }}
{{- end }}
{{- if $value }}
{{- $_ := set $filled $key $value }}
{{- end }}
{{- end }}
{{- toJson $filled }}
{{- end }}

{{- /* The text of config.toml; nothing if no value says anything. */}}
{{- define "clever-operator.config" -}}
{{- $api := include "clever-operator.filled" (omit .Values.config "apis" "operator") | fromJson }}
{{- $other := include "clever-operator.filled" (pick .Values.config "apis" "operator") | fromJson }}
{{- $all := merge (empty $api | ternary (dict) (dict "api" $api)) $other }}
{{- if and $all .Values.existingSecret }}
{{- fail (printf "`existingSecret` stands beside `config` (%s): write into the key `config.toml` of the Secret %s what is to hold, or leave `existingSecret` empty" (keys ($api | default $other) | sortAlpha | join ", ") .Values.existingSecret) }}
{{- end }}
{{- range $key, $value := $api }}
{{- if and (kindIs "string" $value) (hasPrefix "<" $value) }}
{{- fail (printf "`config.%s` still has a placeholder as its value: write your own, or leave it empty" $key) }}
{{- end }}
{{- end }}
{{- with $all }}
{{- toToml . }}
{{- end }}
{{- end }}

{{- /* The Secret that is mounted; nothing if there is none. */}}
{{- define "clever-operator.configSecret" -}}
{{- $own := include "clever-operator.config" . | empty | ternary "" (printf "%s-config" (include "clever-operator.fullname" .)) }}
{{- .Values.existingSecret | default $own }}
{{- end }}
