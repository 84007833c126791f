//! The text of a first API: a plain service of JSON, with a comment wherever its author has to look.

/// The file. Every line that a service may need otherwise says so.
pub(super) fn text(name: &str, endpoint: &str) -> String {
    TEMPLATE.replace("NAME", name).replace("ENDPOINT", &serde_json::Value::from(endpoint).to_string())
}

const TEMPLATE: &str = r#"# How to talk to NAME. What it offers stands in a file of its own, with `addon:` and `api: NAME`.
api: NAME
title: NAME
endpoint: ENDPOINT

# How requests say who sends them: none, basic (`needs: [user, password]`, or one of the two), bearer (token), header, oauth1. The
# configuration has what it needs below [apis.NAME], such as `key = "…"`.
auth:
  - { scheme: header, header: X-Api-Key, needs: [key] }

identity:
  name: "k8s-{{metadata.uid}}"            # what each one is called at the service; it must hold the uid, so that it is found again
  chosenBy: cloud                         # the service gives the ids; `us` where a PUT under our name makes it, and may be repeated
  settle: 60s                             # after so long, what was done is certainly in the list
  ids: { item: $.id }                     # where an answer holds the id; known as id.item
  named: $.name                           # where an element of the list holds what we called it

operations:
  list:
    request: GET /v1/{{provider}}
    items: $[*]                           # `$.items[*]`, if the list is in an object
    # pages: { next: $.next, parameter: page }
  create:
    request: POST /v1/{{provider}}
    body: { name: "{{name}}", options: $.options }
  get:
    request: GET /v1/{{provider}}/{{id.item}}
  delete:
    request: DELETE /v1/{{provider}}/{{id.item}}
  # What becomes of the Secret: an object, or a list with `items`, `key` and `value`.
  # outputs:
  #   request: GET /v1/{{provider}}/{{id.item}}/credentials

# What can be changed later, by name; a field that no change covers is immutable.
# changes:
#   edit:
#     covers: [size]
#     repeatable: true
#     request: PUT /v1/{{provider}}/{{id.item}}
#     body: $.options

# Where an answer says what is wrong, and what some answers mean that their status does not tell.
# errorText: [$.message]
# errors:
#   - status: 409
#     is: rejected
#     reason: Rejected
#     help: Choose another name.
#     hits: { status: 409 }
#     misses: { status: 400 }
"#;
