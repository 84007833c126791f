//! Comparison of an earlier process, as the status of a resource tells it.

use jiff::Timestamp;
use serde_json::Value;

use crate::plan::is_plainly_in_sync;

/// The field of the status with the time since which the add-on was read.
pub(super) const OBSERVED_AT: &str = "observedAt";

/// Returns the time at which the add-on was compared with this generation of the spec, in milliseconds since 1970, if
/// a status says that it was in sync, and nothing else: a read may be needed for anything else that it says.
pub(super) fn in_sync_since(status: &Value, generation: i64) -> Option<i64> {
    let ready = status["conditions"].as_array()?.iter().find(|one| one["type"] == "Ready")?;
    let says = is_plainly_in_sync(ready["reason"].as_str()?, ready["message"].as_str()?);
    let is_current = ready["observedGeneration"] == generation && status["observedGeneration"] == generation;
    let observed = status[OBSERVED_AT].as_str()?.parse::<Timestamp>().ok()?;
    (says && is_current && ready["status"] == "True").then(|| observed.as_millisecond())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_says_since_when_the_add_on_is_in_sync_only_for_its_generation_and_with_nothing_else_to_tell()
    {
        let ready = |status: &str, reason: &str, message: &str, generation: i64| {
            json!({
                "observedAt": "1970-01-01T00:00:09Z", "observedGeneration": generation,
                "conditions": [{
                    "type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": generation,
                }],
            })
        };
        let message = "the add-on exists and matches the spec";
        let without = |field: &str| {
            let mut status = ready("True", "InSync", message, 2);
            status.as_object_mut().map(|fields| fields.remove(field));
            status
        };
        for (name, status, expected) in [
            ("in sync", ready("True", "InSync", message, 2), Some(9_000)),
            ("of an earlier generation", ready("True", "InSync", message, 1), None),
            ("not ready", ready("False", "InSync", message, 2), None),
            ("a field is ignored", ready("True", "FieldIgnored", message, 2), None),
            ("something else is told", ready("True", "InSync", "as far as the cloud shows it", 2), None),
            ("without a time", without("observedAt"), None),
            ("without conditions", without("conditions"), None),
            ("without its generation", without("observedGeneration"), None),
            ("nothing", Value::Null, None),
        ] {
            assert_eq!(in_sync_since(&status, 2), expected, "{name}");
        }
    }
}
