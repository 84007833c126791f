//! Confidential answers: those that may hold outputs or credentials because the Secret is made of them. No
//! message quotes them.

use std::collections::BTreeSet;

use crate::catalog::expression::{Selector, Template};
use crate::catalog::{Addon, Field, Request, Scheme};

impl Addon {
    /// Returns true when the answer to `request` gives outputs or credentials. The address decides: what one
    /// request shows there, another may show as well, and a refused write may quote it.
    pub fn is_confidential(&self, request: &Request) -> bool {
        self.confidential_requests().into_iter().any(|known| self.address(known) == self.address(request))
    }

    /// Returns true when a confidential answer shows the value that the add-on has for `field`.
    pub(crate) fn is_field_confidential(&self, field: &Field) -> bool {
        let Some(root) = field.observed.as_ref().and_then(root) else { return false };
        match root.as_str() {
            "outputs" => true,
            "listed" => self.is_confidential(&self.list.request),
            read => self.reads.get(read).is_some_and(|read| self.is_confidential(&read.request)),
        }
    }

    /// Returns true when the Secret copies the value of `field` from the spec.
    pub(crate) fn is_copied_to_secret(&self, field: &Field) -> bool {
        self.names_in_secret().iter().any(|name| field.is_meant_by(name))
    }

    fn confidential_requests(&self) -> Vec<&Request> {
        let mut requests: Vec<&Request> = self.outputs.iter().map(|outputs| &outputs.request).collect();
        requests.extend(self.api.auth.iter().filter_map(|scheme| match &scheme.scheme {
            Scheme::Exchange { request, .. } => Some(&request.request),
            Scheme::OAuth1 { .. }
            | Scheme::Bearer { .. }
            | Scheme::Basic { .. }
            | Scheme::Header { .. }
            | Scheme::None => None,
        }));
        let names = self.names_in_secret();
        let roots: BTreeSet<&str> =
            names.iter().filter_map(|name| name.first().map(String::as_str)).collect();
        requests.extend(
            self.reads
                .iter()
                .filter(|(name, _)| roots.contains(name.as_str()))
                .map(|(_, read)| &read.request),
        );
        if roots.contains("listed") {
            requests.extend([&self.list.request, &self.create.0]);
            requests.extend(self.get.iter().map(|get| &get.request));
        }
        // A field that the Secret copies from the spec: the read that observes it shows the same value.
        let copied = self.fields.iter().filter(|field| names.iter().any(|name| field.is_meant_by(name)));
        let observing = copied.filter_map(|field| self.reads.get(&root(field.observed.as_ref()?)?));
        requests.extend(observing.map(|read| &read.request));
        requests
    }

    /// Returns every name that the keys and values of the Secret use, as path.
    fn names_in_secret(&self) -> Vec<Vec<String>> {
        let shape = &self.secret;
        let selectors = shape.keys.iter().chain(shape.each.iter().map(|(each, _, _)| each));
        let pairs = shape.rendered.iter().map(|(key, value)| [key, value]);
        let templates = pairs.chain(shape.each.iter().map(|(_, key, value)| [key, value])).flatten();
        selectors.map(Selector::names).chain(templates.flat_map(Template::names).cloned()).collect()
    }

    /// Returns host and path. Paths inherited from an API still contain the provider as a name.
    fn address<'a>(&self, request: &'a Request) -> (&'a str, String) {
        (&request.url.host, request.url.path.source().replace("{{provider}}", &self.provider))
    }
}

fn root(selector: &Selector) -> Option<String> {
    selector.names().into_iter().next()
}
