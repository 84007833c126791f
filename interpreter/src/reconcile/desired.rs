//! What a spec asks for, in the planner's words.

use serde_json::Value;

use crate::exchange::{quotable, text};
use crate::plan::{self, Difference, Reason, Wish};
use crate::resource::{self, Refused, Remedy};

/// A spec that cannot be had.
pub fn refusal(refused: Refused) -> Wish {
    let reason = Reason::named(&refused.reason.to_string()).unwrap_or(Reason::InvalidSpec);
    Wish::Refused { reason, message: refused.message }
}

/// One difference between spec and add-on.
pub fn difference(difference: resource::Difference) -> Difference {
    let shown = |value: &Value| text(value).map_or_else(|| "nothing".into(), |text| quotable(&text));
    Difference {
        field: format!("spec.{}", difference.path.join(".")),
        what: match difference.confidential {
            true => "the add-on has another value".to_owned(),
            false => format!("{}, wanted: {}", shown(&difference.observed), shown(&difference.wanted)),
        },
        remedy: match difference.remedy {
            Remedy::None(why) => plan::Remedy::None(why),
            Remedy::Immutable(why) => plan::Remedy::Immutable(why),
            Remedy::Change { name, repeatable: true } => plan::Remedy::Repeatable(name),
            Remedy::Change { name, repeatable: false } => plan::Remedy::Once(name),
        },
    }
}
