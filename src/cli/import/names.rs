//! Names of resources, made of the names of add-ons.

use std::collections::BTreeSet;

/// Maximum length of a DNS label (RFC 1123).
const MAX_LEN: usize = 63;

/// The names that are taken. Resources of all kinds share them, because the Secrets of two resources with one
/// name have one name, too.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Starts with the names of existing resources.
    pub(super) fn new(taken: BTreeSet<String>) -> Self {
        Self(taken)
    }

    /// Takes a free DNS label for the name of an add-on; `otherwise` is used for a name without any letter or
    /// digit.
    pub(super) fn take(&mut self, name: &str, otherwise: &str) -> String {
        let base = [name, otherwise, "addon"].into_iter().map(label).find(|label| !label.is_empty());
        let base = base.unwrap_or_default();
        let numbered = |number: u32| {
            let end = if number == 1 { String::new() } else { format!("-{number}") };
            let kept = base.get(..MAX_LEN - end.len()).unwrap_or(&base).trim_end_matches('-');
            format!("{kept}{end}")
        };
        let free = (1..).map(numbered).find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(free.clone());
        free
    }
}

/// Returns the lower-case letters and digits of a text, with a dash for everything between them.
fn label(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let label = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    label.get(..MAX_LEN).unwrap_or(&label).trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_a_free_dns_label() {
        let mut names = Names::new(["orders".to_owned()].into());
        let long = "a".repeat(80);
        for (name, expected) in [
            ("Orders", "orders-2"),
            ("orders", "orders-3"),
            ("My shop: été 2026 (prod)", "my-shop-t-2026-prod"),
            ("kubernetes::Cache::2f1c3a5e", "kubernetes-cache-2f1c3a5e"),
            ("--", "cache"),
            ("", "cache-2"),
            ("x\n---\nkind: Secret", "x-kind-secret"),
            (&long, &long[..63]),
            (&long, &format!("{}-2", &long[..61])),
        ] {
            assert_eq!(names.take(name, "Cache"), expected, "{name:?}");
        }
        assert_eq!(Names::default().take("ß", "ß"), "addon");
    }
}
