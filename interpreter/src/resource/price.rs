//! Prices of plans, as the offers have them: that of the add-on as it is, and that of its spec.

use serde_json::Value;

use crate::catalog::{Addon, OneOf};
use crate::exchange::{OfferedPlan, Offers, text};
use crate::resource::desire::Desired;
use crate::resource::difference::seen;

/// Prices of an add-on before and after a change of its plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// Price of a month of the plan that the add-on has; `None` if it is not known.
    pub before: Option<f64>,
    /// Price of a month of the plan in the spec; `None` if it is not known.
    pub after: Option<f64>,
    /// The currency.
    pub currency: String,
    /// The costs that the prices leave out, in the catalog's words.
    pub note: Option<String>,
}

/// Returns the prices that the offers have; `None` if the catalog names no price. `root` shows the add-on, if there
/// is one: a context with `listed` and the reads.
pub fn prices(addon: &Addon, offers: &Offers, desired: Option<&Desired>, root: &Value) -> Option<Prices> {
    let shape = addon.offers.iter().find_map(|offer| offer.plans.as_ref()?.price.as_ref())?;
    let field = addon.fields.iter().find(|field| matches!(field.one_of, Some(OneOf::Plans)));
    let observed = field.and_then(|field| seen(field, root).value());
    let wanted = desired.and_then(|desired| desired.context.value().pointer("/plan/id"));
    let price = |plan: Option<&Value>| {
        let plan = plan.and_then(text)?;
        let is_it = |offered: &&OfferedPlan| offered.id == plan || offered.called.contains(&plan);
        offers.plans.iter().flatten().find(is_it)?.monthly_price
    };
    Some(Prices {
        before: price(observed.as_ref()),
        after: price(wanted),
        currency: shape.currency.clone(),
        note: shape.note.clone(),
    })
}
