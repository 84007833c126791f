//! Section about choices: values on offer at the cloud, and values fixed by the catalog.

use crate::catalog::{Addon, Expression, Field, OneOf, PlanOffer};
use crate::docs::field::path;
use crate::docs::markdown::{code, listed, value};

/// Returns the section; empty for a kind without choices.
pub(super) fn choice(addon: &Addon) -> String {
    let asked: String = addon.fields.iter().filter_map(|field| asked(addon, field)).collect();
    let fixed: String = addon.fields.iter().filter_map(fixed).collect();
    let live = if asked.is_empty() {
        String::new()
    } else {
        let command = code(&format!("clever-operator catalog new {}", addon.provider));
        format!(
            "The operator reads the current offers from {} whenever it needs them. {command} prints what is on offer today.\n\n{asked}",
            addon.api.title
        )
    };
    if live.is_empty() && fixed.is_empty() { String::new() } else { format!("## Offers\n\n{live}{fixed}\n") }
}

fn asked(addon: &Addon, field: &Field) -> Option<String> {
    let what = match field.one_of.as_ref()? {
        OneOf::Values(_) => return None,
        OneOf::Regions => "one of the regions".to_owned(),
        OneOf::Versions => "one of the versions, if the cloud lists them".to_owned(),
        OneOf::Plans => {
            format!(
                "one of the plans{}",
                addon.offers.iter().find_map(|offer| offer.plans.as_ref()).map_or_else(String::new, called)
            )
        }
    };
    let place =
        if field.path.is_empty() { format!("the {}", field.shared.as_deref()?) } else { code(&path(field)) };
    field.fixed.is_none().then(|| format!("- {place}: {what}\n"))
}

/// Describes the accepted names of a plan, by the last name of each selection.
fn called(plans: &PlanOffer) -> String {
    let names: Vec<_> = plans.called.iter().filter_map(|selector| selector.names().last().cloned()).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(", by its {}; case does not matter", listed(&names, "or"))
    }
}

fn fixed(field: &Field) -> Option<String> {
    let name = field.shared.as_deref()?;
    let fixed = match field.fixed.as_ref()? {
        Expression::Literal(literal) => format!("always {}", value(literal)),
        Expression::Select(selector) => match selector.names().as_slice() {
            [offers, _] if offers == "offers" => "the first on offer".to_owned(),
            _ => code(selector.source()),
        },
        Expression::Render(template) => code(template.source()),
        Expression::List(_) | Expression::Object(_) | Expression::Each { .. } => "computed".to_owned(),
    };
    Some(format!("- the {name}: {fixed}; it is not a field of the spec\n"))
}
