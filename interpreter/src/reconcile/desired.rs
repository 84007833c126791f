//! Conversion of a judged spec into the types of the planner.

use serde_json::Value;

use crate::exchange::{quotable, text};
use crate::plan::{self, DesiredState, Difference, Reason};
use crate::resource::{self, Refused, Remedy};

/// Converts the refusal of a spec.
pub fn refusal(refused: Refused) -> DesiredState {
    let reason = Reason::named(&refused.reason.to_string()).unwrap_or(Reason::InvalidSpec);
    DesiredState::Refused { reason, message: refused.message }
}

/// Converts the drift of one field. A confidential value is not shown.
pub fn difference(difference: resource::Difference) -> Difference {
    let shown = |value: &Value| text(value).map_or_else(|| "nothing".into(), |text| quotable(&text));
    Difference {
        field: format!("spec.{}", difference.path.join(".")),
        what: match difference.confidential {
            true => "the add-on has another value".to_owned(),
            false => format!(
                "the add-on has {}, the spec asks for {}",
                shown(&difference.observed),
                shown(&difference.wanted)
            ),
        },
        remedy: match difference.remedy {
            Remedy::None(why) => plan::Remedy::None(why),
            Remedy::Immutable(why) => plan::Remedy::Immutable(why),
            Remedy::Change { name, repeatable: true } => plan::Remedy::Repeatable(name),
            Remedy::Change { name, repeatable: false } => plan::Remedy::Once(name),
        },
    }
}
