//! `Debug` text in product code, read from the syntax trees: formats with `:?` and values that `tracing` shows
//! with `?`.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, ItemFn, ItemImpl, ItemMod, Macro};

/// Macros whose text is for the developer who has broken an assumption.
const FOR_DEVELOPERS: [&str; 10] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
];

/// The places of a source, outside of its tests and of implementations of `Debug`, that format with `Debug`.
pub(crate) fn found(source: &str) -> Vec<String> {
    let mut formats = Formats::default();
    formats.visit_file(&syn::parse_file(source).unwrap());
    formats.0
}

#[derive(Default)]
struct Formats(Vec<String>);

impl Formats {
    fn search(&mut self, name: &str, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.search(name, group.stream()),
                TokenTree::Literal(literal) if is_debug_format(&literal.to_string()) => {
                    self.0.push(format!("`{name}` with {literal}"));
                }
                // `field = ?value` and `?value` of tracing; the operator `?` follows a value.
                TokenTree::Punct(mark) if mark.as_char() == '?' => {
                    let before = at.checked_sub(1).map(|before| &tokens[before]);
                    let opens = match before {
                        None => true,
                        Some(TokenTree::Punct(mark)) => "=,".contains(mark.as_char()),
                        Some(_) => false,
                    };
                    let value = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
                    self.0.extend(opens.then(|| format!("`{name}` with `?{value}`")));
                }
                TokenTree::Literal(_) | TokenTree::Punct(_) | TokenTree::Ident(_) => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Formats {
    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        if !is_test(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'a ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        let of = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
        if !is_test(&item.attrs) && of.is_none_or(|name| name.ident != "Debug") {
            visit::visit_item_impl(self, item);
        }
    }

    /// `#[error("…")]` and its like.
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if let Ok(list) = attribute.meta.require_list() {
            self.search("error", list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, called: &'a Macro) {
        let name = called.path.segments.last().map(|name| name.ident.to_string()).unwrap_or_default();
        if !FOR_DEVELOPERS.contains(&name.as_str()) {
            self.search(&name, called.tokens.clone());
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let tests = |attribute: &Attribute| {
        let path = attribute.path();
        path.segments.last().is_some_and(|name| name.ident == "test")
            || (path.is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test"))
    };
    attributes.iter().any(tests)
}

/// True when a text holds `{…:?}`, with or without flags.
fn is_debug_format(text: &str) -> bool {
    let text = text.replace("{{", "");
    let formats = text.split('{').skip(1).filter_map(|after| after.split('}').next());
    formats.filter_map(|format| format.split_once(':')).any(|(_, how)| how.ends_with('?'))
}
