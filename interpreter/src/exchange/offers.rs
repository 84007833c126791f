//! Offers: the available regions, plans and versions, read from the answers of a live catalogue.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::catalog::expression::Selector;
use crate::catalog::{Addon, Offer, PlanOffer};
use crate::exchange::{Found, Unreadable, read, text};

/// Available regions, plans and versions. `None` means that the cloud does not list them, so they are not
/// checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offers {
    /// Regions.
    pub regions: Option<Vec<String>>,
    /// Plans.
    pub plans: Option<Vec<OfferedPlan>>,
    /// Versions.
    pub versions: Option<Vec<String>>,
}

/// Available plan.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferedPlan {
    /// Id, which requests send.
    pub(crate) id: String,
    /// Slug, which users write.
    pub slug: String,
    /// Every name that a user may write for the plan.
    pub(crate) called: Vec<String>,
    /// Boolean properties that the catalog defines: `shared` …
    pub tests: BTreeMap<String, bool>,
    /// Price of a month; `None` if the offer has none.
    pub monthly_price: Option<f64>,
}

impl Offers {
    /// Returns the value that expressions see as `offers`.
    pub fn value(&self) -> Value {
        let plans = self.plans.iter().flatten().map(OfferedPlan::value).collect::<Vec<_>>();
        json!({ "regions": self.regions, "plans": plans, "versions": self.versions })
    }
}

impl OfferedPlan {
    /// Returns the value that expressions see as `plan`.
    pub(crate) fn value(&self) -> Value {
        let tests = self.tests.iter().map(|(name, holds)| (name.clone(), Value::from(*holds)));
        let mut plan = Map::from_iter(tests);
        plan.insert("id".into(), self.id.as_str().into());
        plan.insert("slug".into(), self.slug.as_str().into());
        Value::Object(plan)
    }
}

/// Reads the offers from one answer for each of the add-on's offers; `None` stands for an absent object.
///
/// Several offers may share an answer: some clouds return all of their offers in one.
pub fn offered<A: Borrow<Value>>(addon: &Addon, answers: &[Option<A>]) -> Result<Offers, Unreadable> {
    let mut offers = Offers::default();
    for (offer, answer) in addon.offers.iter().zip(answers) {
        let found =
            answer.as_ref().map_or(Ok(Found::Nothing), |answer| read(&offer.read, answer.borrow()))?;
        match found.into_value() {
            Some(product) => add(&mut offers, offer, &product),
            None if offer.read.may_be_missing => {}
            None => add(&mut offers, offer, &Value::Null),
        }
    }
    Ok(offers)
}

fn add(offers: &mut Offers, offer: &Offer, product: &Value) {
    let texts = |selector: &Selector| selector.all(product).into_iter().filter_map(text).collect();
    let keys = |selector: &Selector| {
        selector.all(product).into_iter().filter_map(Value::as_object).flat_map(Map::keys).cloned().collect()
    };
    if let Some(selector) = &offer.regions {
        offers.regions = Some(texts(selector));
    }
    if let Some(shape) = &offer.plans {
        offers.plans =
            Some(shape.each.all(product).into_iter().filter_map(|item| plan(shape, item)).collect());
    }
    if let Some(selector) = &offer.versions {
        offers.versions = Some(texts(selector));
    }
    if let Some(selector) = &offer.version_keys {
        offers.versions = Some(keys(selector));
    }
}

fn plan(shape: &PlanOffer, item: &Value) -> Option<OfferedPlan> {
    let one = |selector: &Selector| selector.one(item).ok().flatten().and_then(text);
    Some(OfferedPlan {
        id: one(&shape.id)?,
        slug: one(&shape.slug)?,
        called: shape.called.iter().filter_map(one).collect(),
        tests: shape.tests.iter().map(|(name, test)| (name.clone(), test.holds(item))).collect(),
        monthly_price: shape.price.as_ref().and_then(|price| price.monthly.one(item).ok()??.as_f64()),
    })
}
