//! The status of an add-on: its ids, its shape, its connection, and the fields of its kind. Never a password.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::{Addon, Binding, Identity};
use crate::exchange::{Context, Offers, evaluate, text};
use crate::resource::needs::needs_outputs;

/// Sources of the status of an add-on.
#[derive(Debug)]
pub struct Facets<'a> {
    /// The resource, and all reads of the cloud.
    pub cloud_state: &'a Context,
    /// The offers.
    pub offers: Option<&'a Offers>,
}

/// Returns the ids, and the name at the cloud.
pub fn identity(identity: &Identity, ids: &BTreeMap<String, String>, name: &str) -> Map<String, Value> {
    let shown = |(field, id): (String, String)| Some((field, ids.get(&id)?.as_str().into()));
    let fields = id_fields(identity).into_iter().filter_map(shown);
    fields.chain([("name".to_owned(), name.into())]).collect()
}

/// Returns plan, region and version as the cloud shows them. Unknown values are left out.
pub fn shape(addon: &Addon, facets: &Facets) -> Map<String, Value> {
    let shown = |shared: &str| {
        let value = facets.observed(addon, shared).filter(|value| !value.is_object());
        Some((shared.to_owned(), text(&value?)?.into()))
    };
    let plan = facets.plan(addon).map(|plan| ("plan".to_owned(), plan));
    ["region", "version"].into_iter().filter_map(shown).chain(plan).collect()
}

/// Returns the connection and the fields of the kind. Before the outputs are read, a field that is an object
/// may be incomplete, and is left out. `secret` is the name of the Secret.
pub fn reached(addon: &Addon, cloud_state: &Context, secret: &str) -> Map<String, Value> {
    let outputs = cloud_state.value().get("outputs").cloned();
    if outputs.is_none() && needs_outputs(addon) {
        return status(addon, cloud_state.value())
            .into_iter()
            .filter(|(_, value)| !value.is_object())
            .collect();
    }
    let mut fields = Map::new();
    if addon.has_secret() {
        fields.insert(
            "connection".into(),
            connection(addon.binding.as_ref(), &outputs.unwrap_or_default(), secret),
        );
    }
    fields.extend(status(addon, cloud_state.value()));
    fields
}

impl Facets<'_> {
    /// Returns the observed value of a shared field.
    fn observed(&self, addon: &Addon, shared: &str) -> Option<Value> {
        let field = addon.fields.iter().find(|field| field.shared.as_deref() == Some(shared))?;
        field
            .observed
            .as_ref()?
            .one(self.cloud_state.value())
            .ok()
            .flatten()
            .filter(|value| !value.is_null())
            .cloned()
    }

    fn plan(&self, addon: &Addon) -> Option<Value> {
        let id = self.observed(addon, "plan").as_ref().and_then(text)?;
        let offered = self
            .offers
            .into_iter()
            .flat_map(|offers| offers.plans.iter().flatten())
            .find(|plan| plan.id == id);
        Some(offered.map_or_else(|| json!({ "id": id }), |plan| json!({ "slug": plan.slug, "id": id })))
    }
}

/// Returns `status.connection`: host, port, database and user of the add-on, and the name of the Secret with
/// the rest.
pub fn connection(binding: Option<&Binding>, outputs: &Value, secret: &str) -> Value {
    let output = |entry: &str| {
        outputs.get(binding?.entries.get(entry)?).and_then(text).filter(|text| !text.is_empty())
    };
    let mut connection = Map::new();
    for (field, entry) in [("host", "host"), ("port", "port"), ("database", "database"), ("user", "username")]
    {
        let value = output(entry).and_then(|text| {
            if field == "port" { text.parse::<u16>().ok().map(Value::from) } else { Some(text.into()) }
        });
        connection.extend(value.map(|value| (field.to_owned(), value)));
    }
    connection.insert("secretName".into(), secret.into());
    Value::Object(connection)
}

/// Returns the status fields that are specific to this kind, except those without a value yet.
pub fn status(addon: &Addon, root: &Value) -> Map<String, Value> {
    let mut status = Map::new();
    let counted = addon.resource.scale.as_ref().map(|(_, mirror)| mirror);
    for field in &addon.status {
        let value = evaluate(&field.value, root).ok().flatten();
        let value = match value {
            Some(value) if counted == Some(&field.path) => {
                text(&value).and_then(|text| text.parse::<i64>().ok()).map(Value::from)
            }
            Some(value) => text(&value).filter(|text| !text.is_empty()).map(Value::from),
            None => None,
        };
        if let (Some(value), Some((last, parents))) = (value, field.path.split_last()) {
            insert(&mut status, parents, last, value);
        }
    }
    status
}

/// Returns the status fields that show the ids, each with the id's name: `addon` for the first, `realId` for
/// one called `real`.
pub fn id_fields(identity: &Identity) -> Vec<(String, String)> {
    let first = ["addon", "id"].into_iter().find(|name| identity.ids.contains_key(*name));
    let first = first.or_else(|| identity.ids.keys().next().map(String::as_str));
    let field =
        |name: &String| if Some(name.as_str()) == first { "addon".to_owned() } else { format!("{name}Id") };
    identity.ids.keys().map(|name| (field(name), name.clone())).collect()
}

fn insert(object: &mut Map<String, Value>, parents: &[String], last: &str, value: Value) {
    match parents.split_first() {
        None => {
            object.insert(last.to_owned(), value);
        }
        Some((parent, parents)) => {
            let inner = object.entry(parent.clone()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                insert(inner, parents, last, value);
            }
        }
    }
}
