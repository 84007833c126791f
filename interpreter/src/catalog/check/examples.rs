//! Checks that the API server would accept every example.

use serde_json::Value;

use crate::catalog::check::fit::{Misfit, object_misfits};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Field};

/// Returns the reasons why the API server would refuse a spec, each with the path of its field. Does not
/// evaluate CEL rules.
pub fn misfits(addon: &Addon, spec: &Value) -> Vec<(String, String)> {
    let place = |misfit: Misfit| [vec!["spec".to_owned()], misfit.at].concat().join(".");
    object_misfits(spec, &placed(addon), 0)
        .into_iter()
        .map(|misfit| (misfit.why.clone(), misfit))
        .map(|(why, one)| (place(one), why))
        .collect()
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
