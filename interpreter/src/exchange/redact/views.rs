//! Views of a text: the text as it is, and as it reads once its escapes are decoded, each byte with its source.

use std::ops::Range;

/// Maximum number of encodings within each other that are decoded.
const MAX_DEPTH: usize = 3;
/// Maximum number of decoded views.
const MAX_VIEWS: usize = 40;

/// View of a text.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// The bytes of the text that each byte stands for.
    sources: Vec<Range<usize>>,
    /// True when the view leaves out the spaces between words.
    pub(super) is_joined: bool,
}

/// Decodes the escape at the start of the bytes: returns its meaning and its length.
type Decoder = fn(&[u8]) -> Option<(Vec<u8>, usize)>;

const DECODERS: [Decoder; 4] = [percent, plus, backslash, entity];

/// Returns all views of a text.
pub(super) fn views(text: &str) -> Vec<View> {
    let bytes = text.as_bytes().to_vec();
    let sources = (0..bytes.len()).map(|at| at..at + 1).collect();
    let mut all = vec![View { bytes, sources, is_joined: false }];
    let mut newest = 0..1;
    for _ in 0..MAX_DEPTH {
        let before = newest.end;
        for (at, decoder) in newest.flat_map(|at| DECODERS.map(|decoder| (at, decoder))) {
            let decoded = all.get(at).and_then(|view| view.decoded(decoder));
            if let Some(decoded) = decoded.filter(|decoded| all.len() < MAX_VIEWS && !all.contains(decoded)) {
                all.push(decoded);
            }
        }
        newest = before..all.len();
    }
    let without_breaks = |view: &View| {
        let joined = view.decoded(joined).map(|view| View { is_joined: true, ..view });
        [view.decoded(spaced), joined]
    };
    let more: Vec<_> = all.iter().flat_map(without_breaks).flatten().collect();
    all.extend(more);
    all
}

impl View {
    /// Returns the part of the text that these bytes of the view stand for.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let sources = self.sources.get(range).unwrap_or_default();
        match (sources.first(), sources.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            (None, _) | (_, None) => 0..0,
        }
    }

    /// Decodes all escapes of one kind; `None` if that changes nothing.
    fn decoded(&self, decoder: Decoder) -> Option<Self> {
        let mut decoded = Self { bytes: Vec::new(), sources: Vec::new(), is_joined: false };
        let mut at = 0;
        while let Some(rest @ [first, ..]) = self.bytes.get(at..) {
            let length = match decoder(rest) {
                Some((bytes, length)) => {
                    let source = self.source(at..at + length);
                    decoded.sources.extend(bytes.iter().map(|_| source.clone()));
                    decoded.bytes.extend(bytes);
                    length
                }
                None => {
                    decoded.sources.push(self.source(at..at + 1));
                    decoded.bytes.push(*first);
                    1
                }
            };
            at += length;
        }
        (decoded.bytes != self.bytes).then_some(decoded)
    }
}

/// Replaces a run of spaces, line breaks and control characters by one space, as messages do.
fn spaced(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    Some((b" ".to_vec(), spaces(bytes)?))
}

/// Leaves out spaces, line breaks and control characters: base64 is often broken into lines.
fn joined(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    Some((Vec::new(), spaces(bytes)?))
}

/// Returns the length of the spaces, line breaks and control characters at the start, if there are any.
fn spaces(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    while let Some(character) = bytes.get(length..).and_then(first_character) {
        if !character.is_whitespace() && !character.is_control() {
            break;
        }
        length += character.len_utf8();
    }
    (length > 0).then_some(length)
}

/// Returns the first character of bytes that may not be UTF-8 as a whole.
fn first_character(bytes: &[u8]) -> Option<char> {
    let length = match bytes.first()? {
        0..0x80 => 1,
        0xC2..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    };
    std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()
}

fn percent(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [b'%', high, low, ..] = bytes else { return None };
    Some((vec![hex(&[*high, *low])?.try_into().ok()?], 3))
}

/// Decodes the space of a form.
fn plus(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    (bytes.first() == Some(&b'+')).then(|| (b" ".to_vec(), 1))
}

/// Decodes escapes of JSON strings, and those of programming languages that logs show.
fn backslash(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let [b'\\', letter, rest @ ..] = bytes else { return None };
    let one = |byte: u8| Some((vec![byte], 2));
    match letter {
        b'"' | b'\\' | b'/' | b'\'' => one(*letter),
        b'b' => one(8),
        b'f' => one(12),
        b'n' => one(b'\n'),
        b'r' => one(b'\r'),
        b't' => one(b'\t'),
        b'x' => Some((vec![hex(rest.get(..2)?)?.try_into().ok()?], 4)),
        b'u' => unicode(rest),
        _ => None,
    }
}

/// Decodes `XXXX` after `\u`, two of them for a character beyond the basic plane, or `{X…}`.
fn unicode(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    if let [b'{', inner @ ..] = rest {
        let length = inner.iter().position(|byte| *byte == b'}')?;
        return Some((character(hex(inner.get(..length)?)?)?, length + 4));
    }
    let first = hex(rest.get(..4)?)?;
    if let Some(decoded) = character(first) {
        return Some((decoded, 6));
    }
    let [b'\\', b'u', low @ ..] = rest.get(4..)? else { return None };
    let second = hex(low.get(..4)?)?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    let first = first.checked_sub(0xD800).filter(|high| *high < 0x400)?;
    Some((character(0x10000 + (first << 10) + second)?, 12))
}

/// Decodes a character reference of HTML or XML.
fn entity(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    const NAMED: [(&[u8], u8); 5] =
        [(b"&amp;", b'&'), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&quot;", b'"'), (b"&apos;", b'\'')];
    if bytes.first() != Some(&b'&') {
        return None;
    }
    if let Some((name, byte)) = NAMED.iter().find(|(name, _)| bytes.starts_with(name)) {
        return Some((vec![*byte], name.len()));
    }
    let number = bytes.strip_prefix(b"&#")?;
    let length = number.iter().take(10).position(|byte| *byte == b';')?;
    let digits = number.get(..length)?;
    let code = match digits {
        [b'x' | b'X', digits @ ..] => hex(digits)?,
        digits => std::str::from_utf8(digits).ok()?.parse().ok()?,
    };
    Some((character(code)?, length + 3))
}

fn character(code: u32) -> Option<Vec<u8>> {
    char::from_u32(code).map(|character| character.to_string().into_bytes())
}

fn hex(digits: &[u8]) -> Option<u32> {
    let is_hex = !digits.is_empty() && digits.len() <= 6 && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u32::from_str_radix(digits, 16).ok()
}
