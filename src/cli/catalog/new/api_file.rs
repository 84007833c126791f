//! The template of an API: a plain JSON service, with a comment wherever its author has to decide.

/// Renders the template.
pub(super) fn text(name: &str, endpoint: &str) -> String {
    TEMPLATE.replace("NAME", name).replace("ENDPOINT", &serde_json::Value::from(endpoint).to_string())
}

const TEMPLATE: &str = r#"# The API NAME. Its products go into files of their own, with `addon:` and `api: NAME`.
api: NAME
title: NAME
endpoint: ENDPOINT

# Authentication: none, basic (`needs: [user, password]`, or one of the two), bearer (token), header, oauth1. The configuration
# has the credentials in [apis.NAME], such as `key = "…"`.
auth:
  - { scheme: header, header: X-Api-Key, needs: [key] }

identity:
  name: "k8s-{{metadata.uid}}"            # the name at the service; it must contain the uid, so that the operator finds it again
  chosenBy: cloud                         # the service assigns ids; `us` if a PUT under our name creates it and may be repeated
  listLag: 60s                            # after this time, an effect certainly shows in the list
  ids: { item: $.id }                     # the id in a response; referenced as id.item
  named: $.name                           # the name in an element of the list

operations:
  list:
    request: GET /v1/{{provider}}
    items: $[*]                           # `$.items[*]` if the list is inside an object
    # pages: { next: $.next, parameter: page }
  create:
    request: POST /v1/{{provider}}
    body: { name: "{{name}}", options: $.options }
  get:
    request: GET /v1/{{provider}}/{{id.item}}
  delete:
    request: DELETE /v1/{{provider}}/{{id.item}}
  # The content of the Secret: an object, or a list with `items`, `key` and `value`.
  # outputs:
  #   request: GET /v1/{{provider}}/{{id.item}}/credentials

# The changes that the service supports, by name; a field that no change covers is immutable.
# changes:
#   edit:
#     covers: [size]
#     repeatable: true
#     request: PUT /v1/{{provider}}/{{id.item}}
#     body: $.options

# The error message in a response, and the meaning of responses that their status does not tell.
# errorText: [$.message]
# errors:
#   - status: 409
#     is: rejected
#     reason: Rejected
#     help: Choose another name.
#     hits: { status: 409 }
#     misses: { status: 400 }
"#;
