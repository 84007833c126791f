//! Every example is one that the API server would take.

use super::fit::object_misfits;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Addon, Code, Field};

/// Checks the examples of an add-on. Of a spec that is itself wrong nothing is said again.
pub(super) fn check(node: &Node, addon: &Addon, problems: &mut Problems) {
    let examples = node.at("examples").elements();
    if examples.is_empty() {
        let help = "Write `examples:` with a title, a name and a spec.";
        problems.report(Code::NoExample, &node.at("addon"), "there is no example to begin with", help);
    }
    if problems.is_wrong(&node.at("spec")) {
        return;
    }
    let fields: Vec<&Field> = addon.fields.iter().filter(|field| !field.path.is_empty()).collect();
    for (example, at) in addon.examples.iter().zip(examples) {
        for misfit in object_misfits(&example.spec, &fields, 0) {
            let place = misfit.at.iter().fold(at.at("spec"), |node, part| node.below(part));
            problems.report(Code::ExampleRefused, &place, misfit.why, "The example must be one that the CRD takes.");
        }
    }
}
