//! Words that a template may put before names: a closed list of conversions, needed where a cloud writes a
//! text in another form.

use handlebars::{Handlebars, handlebars_helper};
use serde_json::Value;

handlebars_helper!(variable: |text: Value| variable_of(&plain(&text)));
handlebars_helper!(rehost: |url: Value, host: Value, port: Value| rehosted(&plain(&url), &plain(&host), &plain(&port)));

/// Registers the words.
pub(super) fn register(templates: &mut Handlebars<'static>) {
    templates.register_helper("variable", Box::new(variable));
    templates.register_helper("rehost", Box::new(rehost));
}

/// Returns true when the word accepts this number of names. With none, the word is itself a name: anything
/// but one of these words.
pub(super) fn takes(word: &str, names: usize) -> bool {
    match names {
        0 => !matches!(word, "variable" | "rehost"),
        1 => word == "variable",
        3 => word == "rehost",
        _ => false,
    }
}

/// Converts a text to the form of environment variables: `public-rw` becomes `PUBLIC_RW`.
fn variable_of(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Replaces host and port of a URL; user, password, path and query stay.
fn rehosted(url: &str, host: &str, port: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let user = authority.rsplit_once('@').map_or(String::new(), |(user, _)| format!("{user}@"));
    let host =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    format!("{scheme}://{user}{host}:{port}{path}")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{rehosted, variable_of};

    #[test]
    fn a_url_keeps_all_but_its_host_and_port() {
        let url = "scheme://me:p%40ss@old.example.com:31000/db?sslmode=require";
        assert_eq!(
            rehosted(url, "new.example.com", "30092"),
            "scheme://me:p%40ss@new.example.com:30092/db?sslmode=require"
        );
        assert_eq!(rehosted("scheme://old", "::1", "1"), "scheme://[::1]:1");
        assert_eq!(rehosted("no url", "new", "1"), "no url");
    }

    #[test]
    fn a_variable_is_written_in_capitals() {
        assert_eq!(variable_of("private-peering.rw"), "PRIVATE_PEERING_RW");
    }
}
