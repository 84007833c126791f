//! Desired state of a custom resource: every field judged, translated and ready to be sent.

use serde_json::{Map, Value};

use crate::catalog::{Addon, Expression, Field, OptionValues};
use crate::exchange::{Context, Offers, evaluate, render, text};
use crate::resource::account::{account, written};
use crate::resource::choice::{Choice, choose, needs_offers, unjudged};
use crate::resource::refusal::{Refused, missing, valueless};

/// Result of judging a custom resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Desire {
    /// The spec can be fulfilled.
    Clear(Box<Desired>),
    /// The offers must be read before the spec can be judged.
    NeedsOffers,
    /// The spec cannot be fulfilled.
    Refused(Refused),
}

/// Desired state, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// The account of the add-on.
    pub account: String,
    /// The fields of the spec that have a value and apply, in the catalog's order.
    pub wanted: Vec<Wanted>,
    /// The options that are sent.
    pub(crate) options: Map<String, Value>,
    /// Fields that are written but do not apply: they are not sent, and the user is informed.
    pub ignored: Vec<IgnoredField>,
    /// The values that the requests of the catalog can name before the add-on exists.
    pub context: Context,
}

/// A field of the spec with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The path of the field below `spec`.
    pub(crate) path: Vec<String>,
    /// The written value.
    pub(crate) written: Value,
    /// The value that is sent and compared.
    pub(crate) wire: Value,
    /// Other spellings of the same value, as a cloud may show it.
    pub(crate) aliases: Vec<Value>,
    /// The refusal for a new add-on; an add-on that has the value already may keep it.
    pub refused: Option<Refused>,
}

/// A field that is written and ignored, because its value is decided elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct IgnoredField {
    /// The path of the field below `spec`.
    pub path: Vec<String>,
    /// The written value.
    pub(crate) written: Value,
    /// The value that would be sent, and is compared.
    pub(crate) wire: Value,
    /// The explanation of the catalog, if it has one.
    pub(crate) decides: Option<String>,
}

/// Stage of the add-on: an existing one keeps values that are no longer offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The add-on is to be created.
    Creating,
    /// The add-on exists.
    Existing,
}

/// Reason to stop judging the fields.
enum Stop {
    NeedsOffers,
    Refused(Refused),
}

/// Judges a custom resource, of which these values are known, by the current `offers`.
pub fn desire(addon: &Addon, known: &Context, offers: Option<&Offers>, stage: Stage) -> Desire {
    match judge(addon, known.clone(), offers, stage) {
        Ok(desired) => Desire::Clear(Box::new(desired)),
        Err(Stop::NeedsOffers) => Desire::NeedsOffers,
        Err(Stop::Refused(refused)) => Desire::Refused(refused),
    }
}

fn judge(addon: &Addon, known: Context, offers: Option<&Offers>, stage: Stage) -> Result<Desired, Stop> {
    let account = account(addon, &known).map_err(Stop::Refused)?;
    let context = match offers {
        Some(offers) => known.with("offers", offers.value()),
        None => known,
    };
    let mut desired =
        Desired { account, wanted: Vec::new(), options: Map::new(), ignored: Vec::new(), context };
    // A field may apply depending on any other, so such fields are judged last, and only if the others can be
    // fulfilled.
    let (always, perhaps): (Vec<_>, Vec<_>) = addon.fields.iter().partition(|field| field.unless.is_none());
    for fields in [always, perhaps] {
        take_all(&mut desired, addon, &fields, offers, stage)?;
    }
    desired.wanted.sort_by_key(|wanted| addon.fields.iter().position(|field| field.path == wanted.path));
    for (name, expression) in &addon.options {
        let value = evaluate(expression, desired.context.value())
            .map_err(|error| Stop::Refused(valueless(name, &error)))?;
        desired.options.extend(value.map(|value| (name.clone(), sent(addon, value))));
    }
    desired.context = desired.context.with("options", Value::Object(desired.options.clone()));
    Ok(desired)
}

/// Judges these fields. Every refusal is reported at once, so that a user need not correct a spec line by
/// line.
fn take_all(
    desired: &mut Desired,
    addon: &Addon,
    fields: &[&Field],
    offers: Option<&Offers>,
    stage: Stage,
) -> Result<(), Stop> {
    let mut refusals = Vec::new();
    for field in fields {
        match take(desired, addon, field, offers, stage) {
            Ok(()) => (),
            Err(Stop::Refused(refused)) => refusals.push(refused),
            Err(Stop::NeedsOffers) if refusals.is_empty() => return Err(Stop::NeedsOffers),
            Err(Stop::NeedsOffers) => break,
        }
    }
    Refused::all(refusals).map_or(Ok(()), |refused| Err(Stop::Refused(refused)))
}

fn take(
    desired: &mut Desired,
    addon: &Addon,
    field: &Field,
    offers: Option<&Offers>,
    stage: Stage,
) -> Result<(), Stop> {
    let named_offers = |expression: &Expression| matches!(expression, Expression::Select(one) if one.names().first().is_some_and(|n| n == "offers"));
    if offers.is_none() && field.fixed.iter().chain(&field.default).any(named_offers) {
        return Err(Stop::NeedsOffers);
    }
    let value = match written(field, &desired.context) {
        Some(value) => value,
        None if field.optional => return Ok(()),
        None => return Err(Stop::Refused(missing(field))),
    };
    if field.unless.as_ref().is_some_and(|test| test.holds(desired.context.value())) {
        ignore(desired, addon, field, value);
        return Ok(());
    }
    if offers.is_none() && needs_offers(addon, field) {
        return Err(Stop::NeedsOffers);
    }
    let judged = choose(addon, field, &value, offers.unwrap_or(&Offers::default()));
    let (choice, refused) = match (judged, stage) {
        (Ok(choice), _) => (choice, None),
        (Err(refused), Stage::Creating) => return Err(Stop::Refused(refused)),
        (Err(refused), Stage::Existing) => (unjudged(addon, field, &value), Some(refused)),
    };
    keep(desired, addon, field, choice, (value, refused));
    Ok(())
}

/// Leaves out a field that does not apply, and records that it was written.
fn ignore(desired: &mut Desired, addon: &Addon, field: &Field, written: Value) {
    if !field.path.is_empty() {
        let wire = unjudged(addon, field, &written).wire;
        let decides = field
            .ignored_message
            .as_ref()
            .and_then(|template| render(template, desired.context.value()).ok());
        desired.ignored.push(IgnoredField { path: field.path.clone(), written, wire, decides });
    }
    if let Some(name) = &field.shared {
        desired.context = std::mem::take(&mut desired.context).without(name);
    }
}

fn keep(
    desired: &mut Desired,
    addon: &Addon,
    field: &Field,
    choice: Choice,
    (written, refused): (Value, Option<Refused>),
) {
    if let Some(name) = &field.shared {
        desired.context = std::mem::take(&mut desired.context).with(name, choice.value);
    }
    if let Some(option) = &field.send {
        desired.options.insert(option.clone(), sent(addon, choice.wire.clone()));
    }
    if !field.path.is_empty() {
        let Choice { wire, aliases, .. } = choice;
        desired.wanted.push(Wanted { path: field.path.clone(), written, wire, aliases, refused });
    }
}

fn sent(addon: &Addon, value: Value) -> Value {
    match addon.option_values {
        OptionValues::Text => text(&value).map_or(Value::Null, Value::from),
        OptionValues::Typed => value,
    }
}
