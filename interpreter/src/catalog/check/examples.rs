//! Checks that the API server would accept every example.

use serde_json::{Map, Value};

use crate::catalog::check::connection_secret::{
    CONNECTION_SECRET, connection_secret_misfits, has_connection_secret, secret_key_misfits,
};
use crate::catalog::check::fit::{Misfit, object_misfits, without_nulls};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Field};

/// Returns the reasons why the API server would refuse a spec, each with the path of its field. Does not
/// evaluate CEL rules.
pub fn misfits(addon: &Addon, spec: &Value) -> Vec<(String, String)> {
    let place = |misfit: Misfit| [vec!["spec".to_owned()], misfit.at].concat().join(".");
    let mut found = object_misfits(spec, &placed(addon), 0);
    if has_connection_secret(addon) {
        found.retain(|misfit| misfit.at != [CONNECTION_SECRET]);
        found.extend(connection_secret_misfits(spec));
    }
    found.extend(secret_key_misfits(addon, spec));
    found.into_iter().map(|misfit| (misfit.why.clone(), misfit)).map(|(why, one)| (place(one), why)).collect()
}

/// Returns a spec as the API server stores it, except for defaults; or the reasons why it refuses the spec.
pub fn stored(addon: &Addon, spec: &Value) -> Result<Value, Vec<(String, String)>> {
    let spec = if spec.is_null() { &Value::Object(Map::new()) } else { spec };
    let misfits = if spec.is_object() {
        misfits(addon, spec)
    } else {
        vec![("spec".to_owned(), "this is not an object".to_owned())]
    };
    if misfits.is_empty() { Ok(without_nulls(spec)) } else { Err(misfits) }
}

/// Checks the examples of an add-on. Skipped when the definition of the spec has an error, to avoid follow-up
/// problems.
pub(super) fn check(node: &Node, addon: &Addon, problems: &mut Problems) {
    let examples = node.at("examples").elements();
    if examples.is_empty() {
        let help = "Write `examples:` with a title, a name and a spec.";
        problems.report(Code::NoExample, &node.at("addon"), "the add-on has no example", help);
    }
    if problems.is_wrong(&node.at("spec")) {
        return;
    }
    let fields = placed(addon);
    for (example, at) in addon.examples.iter().zip(examples) {
        for misfit in object_misfits(&example.spec, &fields, 0) {
            let place = misfit.at.iter().fold(at.at("spec"), |node, part| node.below(part));
            let help = "Write an example that the CRD accepts.";
            problems.report(Code::ExampleRefused, &place, misfit.why, help);
        }
    }
}

/// Returns the fields that are part of the spec.
fn placed(addon: &Addon) -> Vec<&Field> {
    addon.fields.iter().filter(|field| !field.path.is_empty()).collect()
}
