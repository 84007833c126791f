//! The parameters of an `Authorization: OAuth …` header (RFC 5849 §3.5.1).

use percent_encoding::percent_decode_str;

/// Decoded parameters in the order of the header.
#[derive(Clone, Debug, Default)]
pub(crate) struct OAuthParams(pub(crate) Vec<(String, String)>);

impl OAuthParams {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Parses the header value after the scheme. Returns `None` if it is malformed or repeats a parameter.
pub(crate) fn parse(text: &str) -> Option<OAuthParams> {
    let mut params = OAuthParams::default();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, quoted) = part.split_once('=')?;
        let value = quoted.trim().strip_prefix('"')?.strip_suffix('"')?;
        let (name, value) = (percent_decode(name.trim())?, percent_decode(value)?);
        if params.get(&name).is_some() {
            return None;
        }
        params.0.push((name, value));
    }
    Some(params)
}

fn percent_decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|decoded| decoded.into_owned())
}
