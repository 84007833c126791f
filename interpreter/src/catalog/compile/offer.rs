//! What can be had today: where the live catalogue says it.

use std::collections::BTreeMap;

use super::request::{Sender, read};
use super::text::{maybe_selector, selector, test};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{Offer, PlanOffer};

/// What a plan is known by, whatever else an API wants to know of one.
const PLAN: [&str; 4] = ["each", "id", "slug", "called"];

/// Every offer of an API.
pub(in crate::catalog) fn offers(node: &Node, sender: &Sender, problems: &mut Problems) -> Vec<Offer> {
    node.elements().iter().map(|entry| offer(entry, sender, problems)).collect()
}

/// The names under which expressions know a plan: `id`, `slug`, and what the offers test of it.
pub(in crate::catalog) fn plan_names(offers: &Node) -> Vec<String> {
    let tests = offers.elements().into_iter().filter_map(|offer| offer.get("plans")).flat_map(|plans| tests_of(&plans));
    ["id", "slug"].map(str::to_owned).into_iter().chain(tests.map(|(name, _)| name)).collect()
}

fn offer(node: &Node, sender: &Sender, problems: &mut Problems) -> Offer {
    let answer = sender.scope.answer();
    let versions = node.at("versions");
    Offer {
        read: read("offers", node, sender, problems),
        providers: maybe_selector(&node.at("providers"), &answer, problems),
        regions: maybe_selector(&node.at("regions"), &answer, problems),
        plans: node.get("plans").map(|plans| plan_offer(&plans, sender, problems)),
        version_keys: maybe_selector(&versions.at("keys"), &answer, problems),
        versions: versions.text().map(|_| selector(&versions, &answer, problems)),
    }
}

fn plan_offer(node: &Node, sender: &Sender, problems: &mut Problems) -> PlanOffer {
    let answer = sender.scope.answer();
    let tests = tests_of(node).into_iter().map(|(name, entry)| (name, test(&entry, &answer, problems))).collect::<BTreeMap<_, _>>();
    PlanOffer {
        each: selector(&node.at("each"), &answer, problems),
        id: selector(&node.at("id"), &answer, problems),
        slug: selector(&node.at("slug"), &answer, problems),
        called: node.at("called").elements().iter().map(|name| selector(name, &answer, problems)).collect(),
        tests,
    }
}

fn tests_of<'a>(plans: &Node<'a>) -> Vec<(String, Node<'a>)> {
    plans.entries().into_iter().filter(|(name, _)| !PLAN.contains(name)).map(|(name, entry)| (name.to_owned(), entry)).collect()
}
