//! Forms of a secret: the byte sequences that show it, or a part of it, in a text or in a decoded view of a text.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// Minimum length of a form that is also searched for in pieces and across line breaks, in bytes.
const LONG: usize = 6;
/// Maximum length of a form that is searched for as a whole, in bytes; longer ones are searched for in pieces, so that
/// a part of a certificate is found, too.
const WHOLE: usize = 64;
/// Length of a piece, in bytes.
const PIECE: usize = 32;
/// Distance of two pieces: they overlap, so that no character between them remains in base64.
const STEP: usize = 24;
/// Minimum length of a line that is searched for alone, in bytes.
const LINE: usize = 16;

/// Form of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    /// True when the form is long enough to be no part of ordinary words.
    pub(super) is_long: bool,
}

/// Returns all forms of a secret: itself, its lines, its pieces, and all of them in base64.
pub(super) fn forms(secret: &str) -> BTreeSet<Form> {
    let spellings = spellings(secret);
    let plain = spellings.iter().flat_map(|spelling| pieces(spelling.as_bytes()));
    let encoded =
        spellings.iter().chain(&encodings(secret)).flat_map(|one| in_base64(one)).collect::<Vec<_>>();
    plain.map(<[u8]>::to_vec).chain(encoded).filter(|bytes| !bytes.is_empty()).map(Form::of).collect()
}

/// Returns the secrets that an output contains: the password of a URL, decoded.
pub(super) fn within(output: &str) -> Option<String> {
    let authority = output.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let (_, password) = authority.rsplit_once('@')?.0.split_once(':')?;
    Some(percent_decode_str(password).decode_utf8_lossy().into_owned())
}

impl Form {
    fn of(bytes: Vec<u8>) -> Self {
        Self { is_long: bytes.len() >= LONG, bytes }
    }
}

/// Returns the secret as texts show it: as it is, with its line breaks as spaces or without them, and by line.
fn spellings(secret: &str) -> BTreeSet<String> {
    let is_space = |c: char| c.is_whitespace() || c.is_control();
    let words: Vec<_> = secret.split(is_space).filter(|word| !word.is_empty()).collect();
    let lines = secret.lines().map(str::trim).filter(|line| line.len() >= LINE).map(str::to_owned);
    let whole = [secret.to_owned(), secret.trim().to_owned(), words.join(" "), words.concat()];
    lines.chain(whole).filter(|spelling| !spelling.is_empty()).collect()
}

/// Returns the secret as other formats write it, for the case that they are written in base64.
fn encodings(secret: &str) -> [String; 2] {
    let json = Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    [json, utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()]
}

/// Returns the text in base64 of both alphabets: alone, and as a part of a longer text at each of the three
/// alignments.
fn in_base64(text: &str) -> BTreeSet<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut all = BTreeSet::new();
    for alphabet in [&STANDARD, &URL_SAFE] {
        let padded = alphabet.encode(bytes);
        all.extend(pieces(padded.as_bytes()).into_iter().map(<[u8]>::to_vec));
        all.extend(pieces(padded.trim_end_matches('=').as_bytes()).into_iter().map(<[u8]>::to_vec));
        if bytes.len() >= LONG {
            let aligned = |piece| (0..3).map(move |offset| inner(alphabet, piece, offset));
            all.extend(pieces(bytes).into_iter().flat_map(aligned));
        }
    }
    all
}

/// Returns the base64 characters that depend on these bytes alone, `offset` bytes after the start of a group of three.
fn inner(alphabet: &GeneralPurpose, bytes: &[u8], offset: usize) -> Vec<u8> {
    let encoded = alphabet.encode([&vec![0; offset], bytes].concat());
    let end = (offset + bytes.len()) * 8 / 6;
    let start = (offset * 8).div_ceil(6);
    encoded.as_bytes().get(start..end).unwrap_or_default().to_vec()
}

/// Returns the bytes, or overlapping pieces of long ones.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    if bytes.len() <= WHOLE {
        return vec![bytes];
    }
    let last = bytes.len() - PIECE;
    let starts = (0..last).step_by(STEP).chain([last]);
    starts.filter_map(|start| bytes.get(start..start + PIECE)).collect()
}
