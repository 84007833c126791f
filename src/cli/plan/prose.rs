//! Words and figures of a plan, for every format.

use serde::Serialize;
use serde_json::Value;

use crate::engine::{
    ApplyPlan, FieldChange, MonthlyPrice, ObjectChange, PlannedAction, PlannedResource, PlannedStep,
};

/// Counts of a plan.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    create: usize,
    change: usize,
    replace: usize,
    delete: usize,
    /// Resources whose add-on stays as it is.
    unchanged: usize,
    /// Resources that wait for their user or an administrator.
    waits: usize,
    refused: usize,
    unknown: usize,
    /// Objects of other kinds.
    skipped: usize,
    /// The sum of the known prices.
    price: Option<MonthlyPrice>,
    /// The number of resources whose price is not known.
    without_price: usize,
}

impl Summary {
    /// Counts the resources of a plan.
    pub(super) fn of(plan: &ApplyPlan) -> Self {
        let mut summary = Self::default();
        for resource in &plan.resources {
            *match resource.action {
                PlannedAction::Create => &mut summary.create,
                PlannedAction::Change => &mut summary.change,
                PlannedAction::Replace => &mut summary.replace,
                PlannedAction::Delete => &mut summary.delete,
                PlannedAction::None => &mut summary.unchanged,
                PlannedAction::Waits => &mut summary.waits,
                PlannedAction::Refused => &mut summary.refused,
                PlannedAction::Unknown => &mut summary.unknown,
            } += 1;
            summary.add(resource.price.as_ref());
        }
        summary.skipped = plan.skipped.iter().map(|one| one.count).sum();
        summary
    }

    /// Adds a price. The sum has one currency: a price in another one counts as unknown.
    fn add(&mut self, price: Option<&MonthlyPrice>) {
        let known = price.and_then(|price| Some((price, price.before?, price.after?)));
        let is_same =
            |price: &MonthlyPrice| self.price.as_ref().is_none_or(|sum| sum.currency == price.currency);
        match known.filter(|(price, ..)| is_same(price)) {
            None => self.without_price += 1,
            Some((price, before, after)) => {
                let sum = self.price.get_or_insert_with(|| MonthlyPrice {
                    before: Some(0.0),
                    after: Some(0.0),
                    ..price.clone()
                });
                sum.before = sum.before.map(|sum| sum + before);
                sum.after = sum.after.map(|sum| sum + after);
            }
        }
    }

    /// Returns the counts in one sentence.
    pub(super) fn counts(&self) -> String {
        let Self { create, change, replace, delete, unchanged, waits, refused, unknown, .. } = self;
        format!(
            "{create} to create, {change} to change, {replace} to replace, {delete} to delete, {unchanged} unchanged, {waits} waiting, {refused} refused, {unknown} unknown"
        )
    }

    /// Returns the sum of the prices in one sentence.
    pub(super) fn price(&self) -> Option<String> {
        let total = self.price.as_ref().map(price)?;
        let without = match self.without_price {
            0 => String::new(),
            1 => "; the price of 1 resource is unknown".to_owned(),
            count => format!("; the prices of {count} resources are unknown"),
        };
        Some(format!("{total}{without}"))
    }
}

/// Returns a text on one line, without the characters that change how a terminal or a page shows the rest: control
/// characters, and those that turn the direction of writing.
pub(super) fn printable(text: &str) -> String {
    let is_hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if is_hidden(letter) { ' ' } else { letter }).collect()
}

/// Returns kind and name, as `kubectl` takes them.
pub(super) fn title(resource: &PlannedResource) -> String {
    match resource.namespace.as_str() {
        "" => format!("{} {}", resource.kind, resource.name),
        namespace => format!("{} {namespace}/{}", resource.kind, resource.name),
    }
}

/// Returns the word for what happens to the add-on.
pub(super) fn action(action: PlannedAction) -> &'static str {
    match action {
        PlannedAction::Create => "create",
        PlannedAction::Change => "change",
        PlannedAction::Replace => "replace",
        PlannedAction::Delete => "delete",
        PlannedAction::None => "unchanged",
        PlannedAction::Waits => "waits",
        PlannedAction::Refused => "refused",
        PlannedAction::Unknown => "unknown",
    }
}

/// Returns the reason, with its message unless the first step says the same.
pub(super) fn why(resource: &PlannedResource) -> String {
    match resource.steps.first() {
        Some(step) if step.because == resource.message => resource.reason.clone(),
        Some(_) | None => format!("{}: {}", resource.reason, resource.message),
    }
}

/// Returns the sentence about the object in Kubernetes.
pub(super) fn object(change: ObjectChange) -> &'static str {
    match change {
        ObjectChange::Create => "the object is created",
        ObjectChange::Change => "the object is changed",
        ObjectChange::None => "the object stays as it is",
        ObjectChange::Refused => "the object is refused",
        ObjectChange::Unknown => "unknown",
    }
}

/// Returns a change of a field on one line.
pub(super) fn field(change: &FieldChange) -> String {
    match change.confidential {
        true => format!("{}: another value, which may be secret", change.field),
        false => format!("{}: {} -> {}", change.field, shown(&change.from), shown(&change.to)),
    }
}

fn shown(value: &Value) -> String {
    if value.is_null() { "nothing".to_owned() } else { value.to_string() }
}

/// Returns a step on one line.
pub(super) fn step(step: &PlannedStep) -> String {
    match &step.request {
        Some(request) => format!("{} {}", request.method, request.path),
        None => format!("{}: {}", in_cluster(step.step), step.because),
    }
}

/// Returns the write to the cluster behind a step's name.
fn in_cluster(step: &str) -> &str {
    match step {
        "intend" => "write the attempt and the finalizer",
        "record" => "write the record",
        "hold" => "write the finalizer",
        "release" => "remove the finalizer",
        "secret" => "write the Secret",
        other => other,
    }
}

/// Returns the body of a step's request, if it has one.
pub(super) fn body(step: &PlannedStep) -> Option<String> {
    let request = step.request.as_ref()?;
    match (request.confidential, &request.body) {
        (true, _) => Some("(not shown: the body may contain secrets)".to_owned()),
        (false, Value::Null) => None,
        (false, body) => Some(body.to_string()),
    }
}

/// Returns a price on one line.
pub(super) fn price(price: &MonthlyPrice) -> String {
    let amount = |amount: Option<f64>| {
        amount.map_or_else(|| "unknown".to_owned(), |amount| format!("{amount:.2} {}", price.currency))
    };
    let note = price.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    match (price.before, price.after) {
        (before, after) if before == after && after.is_some() => format!("{}{note}", amount(after)),
        (before, after) => format!("{} -> {}{note}", amount(before), amount(after)),
    }
}

/// Returns the price of a resource on one line; it is unknown if the offers were not read or have none.
pub(super) fn price_of(resource: &PlannedResource) -> String {
    resource.price.as_ref().map_or_else(|| "unknown".to_owned(), price)
}

/// Returns the line about objects of other kinds, if there are any.
pub(super) fn skipped(plan: &ApplyPlan) -> Option<String> {
    let item = |one: &crate::engine::SkippedKind| format!("{} {}", one.count, one.kind);
    let items: Vec<_> = plan.skipped.iter().map(item).collect();
    (!items.is_empty())
        .then(|| format!("Skipped, because the operator does not manage their kind: {}", items.join(", ")))
}
