//! Compiles authentication: assigns each credential to a part of its scheme, by name, never by position.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::catalog::compile::request::{Effect, Sender, answer, request};
use crate::catalog::compile::text::{duration, selector};
use crate::catalog::names::suggest;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::{AuthScheme, Code, Scheme, SignatureMethod};

const BASIC: [&str; 2] = ["user", "password"];
const OAUTH1: [&str; 4] = ["token", "secret", "consumerKey", "consumerSecret"];

/// Compiles one authentication scheme.
pub(super) fn auth(node: &Node, sender: &Sender, problems: &mut Problems) -> AuthScheme {
    AuthScheme {
        hosts: node.at("for").texts(),
        scheme: Written { node: node.clone(), needs: node.at("needs") }.scheme(sender, problems),
        endpoint: node.at("endpoint").text().map(str::to_owned),
        help: node.at("help").text().map(str::to_owned),
    }
}

/// Scheme with the list of its credentials; a nested scheme without its own list inherits that of the outer
/// one.
struct Written<'a> {
    node: Node<'a>,
    needs: Node<'a>,
}

impl Written<'_> {
    fn called(&self) -> &str {
        self.node.at("scheme").text().unwrap_or_default()
    }

    fn scheme(&self, sender: &Sender, problems: &mut Problems) -> Scheme {
        match self.called() {
            "oauth1" => self.oauth1(problems),
            "bearer" => Scheme::Bearer { token: self.only_credential(problems) },
            "basic" => self.basic(problems),
            "header" => Scheme::Header {
                name: self.node.at("header").text_or_empty(),
                value: self.only_credential(problems),
            },
            "exchange" => self.exchange(sender, problems),
            _ => {
                self.refuse_parts(problems);
                let help = "Remove `needs`, or choose a scheme that sends credentials.";
                let message = "the scheme `none` sends no credentials, but `needs` lists some";
                self.refuse_credentials(&BTreeSet::new(), message, help, problems);
                Scheme::None
            }
        }
    }

    fn oauth1(&self, problems: &mut Problems) -> Scheme {
        let (mut filled, all_placed) = self.filled(&OAUTH1, problems);
        for part in
            OAUTH1.iter().filter(|part| all_placed && self.needs.exists() && !filled.contains_key(**part))
        {
            let help = format!(
                "Add the credential `{part}` to `needs`, or write which credential fills the part: `parts: {{ {part}: … }}`."
            );
            let message = format!("no credential fills the part `{part}` of `oauth1`");
            problems.report(Code::WrongParts, &self.needs.key(), message, help);
        }
        let mut part = |name: &str| filled.remove(name).unwrap_or_default();
        Scheme::OAuth1 {
            signature: SignatureMethod::named(self.node.at("signature").text().unwrap_or_default()),
            token: part("token"),
            secret: part("secret"),
            consumer_key: part("consumerKey"),
            consumer_secret: part("consumerSecret"),
        }
    }

    fn basic(&self, problems: &mut Problems) -> Scheme {
        let (mut filled, all_placed) = self.filled(&BASIC, problems);
        if filled.is_empty() && all_placed {
            let help = "Add the credentials to `needs`: `user`, `password` or both.";
            let message = "no credential fills the user or the password of `basic`";
            problems.report(Code::WrongParts, &self.node.at("scheme"), message, help);
        }
        Scheme::Basic { user: filled.remove("user"), password: filled.remove("password") }
    }

    /// Compiles a token exchange. Its request must be a write such as `POST`, but it changes nothing, so
    /// repeating it is harmless.
    fn exchange(&self, sender: &Sender, problems: &mut Problems) -> Scheme {
        self.refuse_parts(problems);
        let inner = self
            .node
            .get("by")
            .map(|by| Written { needs: by.get("needs").unwrap_or_else(|| self.needs.clone()), node: by });
        let shown = inner.as_ref().map(|inner| inner.needs.texts().into_iter().collect()).unwrap_or_default();
        let help = "Write with `by:` how the token request sends it, or remove it.";
        self.refuse_credentials(&shown, "`exchange` does not send this credential", help, problems);
        let sent = request(&self.node, Effect::Writes, sender, problems);
        let needs: BTreeSet<String> = self.needs.texts().into_iter().chain(shown).collect();
        Scheme::Exchange {
            request: Box::new(answer("exchange", &self.node, sent, &sender.scope, problems)),
            by: inner.map(|inner| Box::new(inner.scheme(sender, problems))),
            needs: needs.into_iter().collect(),
            token: selector(&self.node.at("token"), &sender.scope.answer(), problems),
            lifetime: duration(&self.node.at("lifetime"), Duration::from_secs(3_600), problems),
        }
    }

    /// Returns the credential of a scheme that takes a single one, whatever its name.
    fn only_credential(&self, problems: &mut Problems) -> String {
        self.refuse_parts(problems);
        let names = self.needs.texts();
        if self.needs.exists() && names.len() != 1 {
            let message =
                format!("`{}` sends one credential, but `needs` lists {}", self.called(), names.len());
            problems.report(Code::WrongParts, &self.needs.key(), message, "List exactly one credential.");
        }
        names.into_iter().next().unwrap_or_default()
    }

    /// Returns the credential of each filled part, and true when every credential has a part. If false, parts
    /// without a credential are no further fault.
    fn filled(&self, known: &[&str], problems: &mut Problems) -> (BTreeMap<String, String>, bool) {
        let names = self.needs.texts();
        let Some(mut filled) = self.mapped(known, &names, problems) else { return (BTreeMap::new(), false) };
        let mapped: BTreeSet<String> = filled.values().cloned().collect();
        let (mut seen, mut all_placed) = (BTreeSet::new(), true);
        for credential in self.needs.elements() {
            let name = credential.text_or_empty();
            if !seen.insert(name.clone()) {
                let message = format!("`needs` lists the credential `{name}` twice");
                problems.report(Code::WrongParts, &credential, message, "Remove one of them.");
            } else if known.contains(&name.as_str()) && !filled.contains_key(&name) && !mapped.contains(&name)
            {
                filled.insert(name.clone(), name);
            } else if !mapped.contains(&name) {
                all_placed = false;
                let is_free =
                    |part: &&&str| !filled.contains_key(**part) && !names.iter().any(|name| name == **part);
                // Suggests the last free part: a single credential of `basic` is more often a password.
                let help = match known.iter().rev().find(is_free) {
                    Some(free) => format!(
                        "Write which part it fills, such as `parts: {{ {free}: {name} }}`; the parts are {}.",
                        listed(known)
                    ),
                    None => "Remove the credential: every part is filled.".to_owned(),
                };
                let message = format!("the credential `{name}` fills no part of `{}`", self.called());
                problems.report(Code::WrongParts, &credential, message, help);
            }
        }
        (filled, all_placed)
    }

    /// Returns the assignments of `parts`, or `None` when one of them is invalid.
    fn mapped(
        &self,
        known: &[&str],
        names: &[String],
        problems: &mut Problems,
    ) -> Option<BTreeMap<String, String>> {
        let written = self.node.at("parts").entries();
        let mut filled = BTreeMap::new();
        for (part, credential) in &written {
            let name = credential.text_or_empty();
            if !known.contains(part) {
                let message = format!("`{}` has no part `{part}`", self.called());
                let help = suggest(part, known.iter().copied());
                problems.report(Code::WrongParts, &credential.key(), message, help);
            } else if !names.contains(&name) {
                let message = format!("`needs` does not list the credential `{name}`");
                let help = suggest(&name, names.iter().map(String::as_str));
                problems.report(Code::WrongParts, credential, message, help);
            } else {
                filled.insert((*part).to_owned(), name);
            }
        }
        (filled.len() == written.len()).then_some(filled)
    }

    fn refuse_parts(&self, problems: &mut Problems) {
        if let Some(parts) = self.node.get("parts") {
            let message = format!("`{}` has no parts to fill", self.called());
            let help = "Remove `parts`; only `basic` and `oauth1` have parts.";
            problems.report(Code::WrongParts, &parts.key(), message, help);
        }
    }

    /// Reports the credentials that no scheme uses.
    fn refuse_credentials(
        &self,
        shown: &BTreeSet<String>,
        message: &str,
        help: &str,
        problems: &mut Problems,
    ) {
        for credential in
            self.needs.elements().iter().filter(|credential| !shown.contains(&credential.text_or_empty()))
        {
            problems.report(Code::WrongParts, credential, message, help);
        }
    }
}

fn listed(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ")
}
