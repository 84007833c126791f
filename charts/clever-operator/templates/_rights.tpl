{{- /* The rights that follow from the catalog: the kinds that are built in (files/kinds.yaml), and those of `catalog.entries`. What is made of
       them is what `clever-operator crd role` and `crd user-roles` print of the same catalog; a test compares. */}}

{{- /* The entries of the catalog that stand in the values, by file name, each as an object: `{}` of one that is none. */}}
{{- define "clever-operator.entries" -}}
{{- $entries := dict }}
{{- range $file, $entry := .Values.catalog.entries }}
{{- $read := kindIs "string" $entry | ternary (toString $entry | fromYaml) $entry }}
{{- if and (kindIs "string" $entry) (hasKey $read "Error") }}
{{- fail (printf "`catalog.entries.%s` is not YAML: %s" $file $read.Error) }}
{{- end }}
{{- $_ := set $entries $file $read }}
{{- end }}
{{- toJson $entries }}
{{- end }}

{{- /* The kind of an entry: group and plural, the scope where it is the cluster, and whether it can be scaled. `{}` of one that has none. What an
       entry leaves out follows from its kind, as in the program. */}}
{{- define "clever-operator.kind" -}}
{{- $kind := dict }}
{{- $addon := .addon }}
{{- with kindIs "map" .resource | ternary .resource dict }}
{{- if and $addon .group .kind }}
{{- $plural := .plural | default (printf "%ss" (.singular | default (lower .kind))) }}
{{- $kind = dict "group" .group "plural" $plural }}
{{- if eq (toString .scope) "Cluster" }}
{{- $_ := set $kind "scope" .scope }}
{{- end }}
{{- if .scale }}
{{- $_ := set $kind "scale" true }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $kind }}
{{- end }}

{{- /* All kinds, as above: built in, of inline entries, and accepted. */}}
{{- define "clever-operator.kinds" -}}
{{- $kinds := list }}
{{- range .Files.Get "files/kinds.yaml" | fromYamlArray }}
{{- $kinds = append $kinds . }}
{{- end }}
{{- range $file, $entry := include "clever-operator.entries" . | fromJson }}
{{- with include "clever-operator.kind" $entry | fromJson }}
{{- $kinds = append $kinds . }}
{{- end }}
{{- end }}
{{- /* Kinds whose entries have gone may still have resources: what was accepted of them is kept in the cluster until the last one is gone. */}}
{{- $accepted := lookup "v1" "ConfigMap" .Release.Namespace "clever-operator-accepted-catalog" | default dict }}
{{- range $definition, $text := $accepted.data | default dict }}
{{- if contains "." $definition }}
{{- $parts := splitn "." 2 $definition }}
{{- $addon := get (fromYaml $text) "addon" }}
{{- $entry := dict }}
{{- if kindIs "map" $addon }}
{{- $entry = get $addon "text" | toString | fromYaml }}
{{- end }}
{{- $kind := include "clever-operator.kind" $entry | fromJson }}
{{- $kinds = append $kinds ($kind | default (dict "group" $parts._1 "plural" $parts._0)) }}
{{- end }}
{{- end }}
{{- uniq $kinds | toJson }}
{{- end }}

{{- /* The rules for the resources of these kinds: their metadata is written, their `spec` never is, and their status apart. A role of a namespace
       cannot give what belongs to none. */}}
{{- define "clever-operator.rulesOfKinds" -}}
{{- $groups := dict }}
{{- range include "clever-operator.kinds" . | fromJsonArray }}
{{- if not (and .scope $.Values.watchNamespaces) }}
{{- $_ := set $groups .group (append (get $groups .group | default list) .plural) }}
{{- end }}
{{- end }}
{{- range $group := keys $groups | sortAlpha }}
{{- $plurals := get $groups $group | uniq | sortAlpha }}
- apiGroups: [{{ $group }}]
  resources:
  {{- range $plurals }}
  - {{ . }}
  {{- end }}
  verbs: [get, list, watch, patch]
- apiGroups: [{{ $group }}]
  resources:
  {{- range $plurals }}
  - {{ . }}/status
  {{- end }}
  verbs: [patch]
{{- end }}
{{- end }}

{{- /* The rule for their definitions: each is claimed by one operator, and with `manageCrds` kept up to date. */}}
{{- define "clever-operator.rulesOfDefinitions" -}}
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames:
  {{- $names := list }}
  {{- range include "clever-operator.kinds" . | fromJsonArray }}
  {{- $names = append $names (printf "%s.%s" .plural .group) }}
  {{- end }}
  {{- range uniq $names | sortAlpha }}
  - {{ . }}
  {{- end }}
  verbs: [get, patch{{ if .Values.manageCrds }}, create{{ end }}]
{{- end }}

{{- /* The rules for users of the kinds, which Kubernetes adds to its own roles `view`, `edit` and `admin`. Takes `root`, the `verbs` for resources, and
       the `scaleVerbs` for their subresource `scale`. The operator alone writes a status. A role of a namespace cannot give what belongs to none. */}}
{{- define "clever-operator.rulesOfUsers" -}}
{{- $groups := dict }}
{{- $scales := dict }}
{{- range include "clever-operator.kinds" .root | fromJsonArray }}
{{- if not .scope }}
{{- $_ := set $groups .group (append (get $groups .group | default list) .plural) }}
{{- if .scale }}
{{- $_ := set $scales .group (append (get $scales .group | default list) (printf "%s/scale" .plural)) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $rules := list (dict "groups" $groups "verbs" .verbs) (dict "groups" $scales "verbs" .scaleVerbs) }}
{{- range $group := keys $rules.groups | sortAlpha }}
- apiGroups: [{{ $group }}]
  resources:
  {{- range get $rules.groups $group | uniq | sortAlpha }}
  - {{ . }}
  {{- end }}
  verbs: [{{ join ", " $rules.verbs }}]
{{- end }}
{{- end }}
{{- end }}

{{- /* What is needed wherever there are resources. Takes the names of the namespaces that may be looked at; none: all. */}}
{{- define "clever-operator.rulesOfNamespaces" -}}
# The outputs of each resource: made, kept as they should be, and replaced once where another operator wrote them before, and deleted
# where the spec gives another name or type. Besides, the credentials that a namespace has of its own: followed by name, and held by a
# finalizer while they are needed.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, update, patch, delete]
# Each change of a resource's condition is told once.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
# Nothing is made in a namespace that is going, and nothing deleted in one that is protected.
- apiGroups: [""]
  resources: [namespaces]
  {{- with . }}
  resourceNames:
    {{- toYaml . | nindent 2 }}
  {{- end }}
  verbs: [get]
{{- end }}

{{- /* A binding of a role to the operator's account. Takes `root`, `kind` and `name` of the role; optionally `namespace`, as for metadata. */}}
{{- define "clever-operator.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ if .namespace }}RoleBinding{{ else }}ClusterRoleBinding{{ end }}
{{ include "clever-operator.metadata" (dict "root" .root "name" .name "namespace" .namespace) }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
- kind: ServiceAccount
  name: {{ include "clever-operator.serviceAccount" .root }}
  namespace: {{ .root.Release.Namespace }}
{{- end }}
