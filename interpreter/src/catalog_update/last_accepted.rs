//! The forms that were accepted earlier, read again by this version.

use std::collections::BTreeMap;

use crate::catalog::{Addon, CompiledAddon, Problem, make};
use crate::catalog_update::types::Form;

/// The accepted forms, by definition.
pub(super) struct Accepted<'a> {
    /// The forms that can be read.
    pub(super) kept: BTreeMap<String, Kept<'a>>,
    /// The forms that cannot be read, with the first reason.
    pub(super) unreadable: BTreeMap<String, (&'a Form, String)>,
}

/// An accepted form.
pub(super) struct Kept<'a> {
    /// The files of the form.
    pub(super) form: &'a Form,
    /// The add-on compiled from the files.
    pub(super) made: CompiledAddon,
}

impl<'a> Accepted<'a> {
    /// Reads every form.
    pub(super) fn read(forms: &'a BTreeMap<String, Form>) -> Self {
        let mut all = Self { kept: BTreeMap::new(), unreadable: BTreeMap::new() };
        for (name, form) in forms {
            match make(&form.addon, &form.api) {
                Ok(made) if definition(&made.addon) == *name => {
                    all.kept.insert(name.clone(), Kept { form, made });
                }
                Ok(made) => {
                    all.unreadable
                        .insert(name.clone(), (form, format!("it is of `{}`", definition(&made.addon))));
                }
                Err(problems) => {
                    all.unreadable.insert(name.clone(), (form, first(&problems)));
                }
            }
        }
        all
    }

    /// Returns true when a file of this path was accepted.
    pub(super) fn has_file(&self, path: &str) -> bool {
        let forms =
            self.kept.values().map(|kept| kept.form).chain(self.unreadable.values().map(|(form, _)| *form));
        forms.into_iter().any(|form| form.addon.path == path || form.api.path == path)
    }
}

impl Kept<'_> {
    /// The name of the entry.
    pub(super) fn name(&self) -> &str {
        &self.made.addon.name
    }
}

/// The name of a kind's CRD in Kubernetes.
pub(super) fn definition(addon: &Addon) -> String {
    format!("{}.{}", addon.resource.plural, addon.resource.group)
}

fn first(problems: &[Problem]) -> String {
    let first = problems.iter().find(|problem| problem.code.severity() == crate::catalog::Severity::Error);
    first.map_or("it is empty".to_owned(), |problem| problem.message.clone())
}
