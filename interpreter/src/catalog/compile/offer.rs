//! Compiles the offers: requests that read the available regions, plans and versions.

use std::collections::BTreeMap;

use crate::catalog::compile::request::{Sender, read};
use crate::catalog::compile::text::{maybe_selector, selector, test};
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::vocabulary::tests_of;
use crate::catalog::{Offer, PlanOffer, PriceOffer};

/// Compiles every offer of an API.
pub(in crate::catalog) fn offers(node: &Node, sender: &Sender, problems: &mut Problems) -> Vec<Offer> {
    node.elements().iter().map(|entry| offer(entry, sender, problems)).collect()
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
    let tests = tests_of(node)
        .into_iter()
        .map(|(name, entry)| (name, test(&entry, &answer, problems)))
        .collect::<BTreeMap<_, _>>();
    PlanOffer {
        each: selector(&node.at("each"), &answer, problems),
        id: selector(&node.at("id"), &answer, problems),
        slug: selector(&node.at("slug"), &answer, problems),
        called: node.at("called").elements().iter().map(|name| selector(name, &answer, problems)).collect(),
        price: node.get("price").map(|price| price_offer(&price, sender, problems)),
        tests,
    }
}

fn price_offer(node: &Node, sender: &Sender, problems: &mut Problems) -> PriceOffer {
    let text = |key: &str| node.at(key).text().map(str::to_owned);
    PriceOffer {
        monthly: selector(&node.at("monthly"), &sender.scope.answer(), problems),
        currency: text("currency").unwrap_or_default(),
        note: text("note"),
    }
}
