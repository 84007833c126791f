//! Keys of the operator, and the authentication code that they make of a record.
//!
//! A record is an annotation that users of the namespace can write. The code proves that the operator wrote
//! it, and for which resource.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::plan::Authenticity;

/// The annotation that holds the authentication code of the record.
pub const RECORD_CODE: &str = "operator.clever-cloud.com/record-code";

/// The length of a key in bytes.
pub const KEY_LEN: usize = 32;

/// The length of a key's id in hexadecimal digits.
const KEY_ID_LEN: usize = 8;

/// Keys of the operator: the first one signs, and all verify. They have no `Debug`, because they are secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordKeys(Vec<RecordKey>);

#[derive(Clone, PartialEq, Eq)]
struct RecordKey {
    id: String,
    /// Derived for codes of records.
    derived: Vec<u8>,
    /// Derived for digests of values.
    for_values: Vec<u8>,
}

/// The resource that a record was written for.
#[derive(Clone, Copy, Debug)]
pub struct RecordOwner<'a> {
    /// The name of the CRD, such as `databases.example.com`.
    pub crd: &'a str,
    /// The namespace of the resource; empty where the kind has none.
    pub namespace: &'a str,
    /// The name of the resource.
    pub name: &'a str,
}

impl RecordKeys {
    /// Reads the keys: one per line, each of 64 hexadecimal digits.
    ///
    /// # Errors
    /// There is no key, or a line is not a key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate();
        let keys: Vec<RecordKey> = lines
            .map(|(index, line)| {
                let key = bytes(line).filter(|key| key.len() == KEY_LEN);
                key.map(|key| RecordKey::new(&key)).ok_or_else(|| {
                    format!("line {} is not a key of {} hexadecimal digits", index + 1, 2 * KEY_LEN)
                })
            })
            .collect::<Result<_, _>>()?;
        if keys.is_empty() { Err("there is no key".to_owned()) } else { Ok(Self(keys)) }
    }

    /// Returns the text of a new key.
    pub fn line(key: &[u8; KEY_LEN]) -> String {
        hex(key)
    }

    /// The ids of the keys, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// Returns the authentication code of a record's text for its resource.
    pub fn code(&self, owner: RecordOwner<'_>, record: &str) -> Option<String> {
        let key = self.0.first()?;
        Some(format!("{}.{}", key.id, hex(&key.mac(owner, record)?.finalize().into_bytes())))
    }

    /// Checks the authentication code of a record's text.
    pub fn verify(&self, owner: RecordOwner<'_>, record: &str, code: Option<&str>) -> Authenticity {
        let Some(code) = code else { return Authenticity::Unsigned };
        let Some((id, digits)) = code.split_once('.') else { return Authenticity::Mismatch };
        let Some(key) = self.0.iter().find(|key| key.id == id) else {
            return unknown_key(id);
        };
        let is_right = bytes(digits)
            .zip(key.mac(owner, record))
            .is_some_and(|(code, mac)| mac.verify_slice(&code).is_ok());
        if is_right { Authenticity::Authentic } else { Authenticity::Mismatch }
    }

    /// Returns the digest of a value of a field of the resource.
    pub fn digest(&self, owner: RecordOwner<'_>, field: &str, value: &str) -> Option<String> {
        let key = self.0.first()?;
        Some(format!("{}.{}", key.id, hex(&key.value_mac(owner, field, value)?.finalize().into_bytes())))
    }

    /// Returns true when the digest was made of this value of this field; `None` if its key is unknown.
    pub fn matches(
        &self,
        owner: RecordOwner<'_>,
        (field, value): (&str, &str),
        digest: &str,
    ) -> Option<bool> {
        let (id, digits) = digest.split_once('.')?;
        let key = self.0.iter().find(|key| key.id == id)?;
        let is_right = bytes(digits)
            .zip(key.value_mac(owner, field, value))
            .is_some_and(|(digest, mac)| mac.verify_slice(&digest).is_ok());
        Some(is_right)
    }
}

impl RecordKey {
    fn new(key: &[u8]) -> Self {
        let derive = |purpose: &str| mac(key, &[purpose]).map(|mac| mac.finalize().into_bytes().to_vec());
        let id = hex(&derive("key id").unwrap_or_default()).chars().take(KEY_ID_LEN).collect();
        let derived = |purpose| derive(purpose).unwrap_or_default();
        Self { id, derived: derived("record"), for_values: derived("sent value") }
    }

    fn mac(&self, owner: RecordOwner<'_>, record: &str) -> Option<Hmac<Sha256>> {
        mac(&self.derived, &[owner.crd, owner.namespace, owner.name, record])
    }

    fn value_mac(&self, owner: RecordOwner<'_>, field: &str, value: &str) -> Option<Hmac<Sha256>> {
        mac(&self.for_values, &[owner.crd, owner.namespace, owner.name, field, value])
    }
}

/// An annotation may contain anything, and messages name only what looks like the id of a key.
fn unknown_key(id: &str) -> Authenticity {
    let looks_right = id.len() == KEY_ID_LEN && bytes(id).is_some();
    if looks_right { Authenticity::UnknownKey(id.to_owned()) } else { Authenticity::Mismatch }
}

fn mac(key: &[u8], parts: &[&str]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    for part in parts {
        // The length separates the parts.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Some(mac)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let is_hex = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    is_hex.then(|| (0..digits.len()).step_by(2).map(pair).collect()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use Authenticity::{Authentic, Mismatch, UnknownKey, Unsigned};

    const OWNER: RecordOwner<'static> =
        RecordOwner { crd: "databases.example.com", namespace: "shop", name: "orders" };
    const RECORD: &str = r#"{"uid":"u"}"#;

    fn keys(bytes: &[u8]) -> RecordKeys {
        let lines: Vec<String> = bytes.iter().map(|byte| RecordKeys::line(&[*byte; KEY_LEN])).collect();
        RecordKeys::parse(&lines.join("\n")).unwrap()
    }

    #[test]
    fn a_code_is_valid_for_one_text_and_one_resource() {
        let code = keys(&[1]).code(OWNER, RECORD).unwrap();
        let code = Some(code.as_str());
        let own = keys(&[1]);
        let id = own.ids().next().unwrap().to_owned();
        for (name, keys, owner, record, code, expected) in [
            ("as it was written", &own, OWNER, RECORD, code, Authentic),
            ("with a newer key before it", &keys(&[2, 1]), OWNER, RECORD, code, Authentic),
            ("with another key", &keys(&[2]), OWNER, RECORD, code, UnknownKey(id)),
            ("another text", &own, OWNER, r#"{"uid":"v"}"#, code, Mismatch),
            ("another name", &own, RecordOwner { name: "other", ..OWNER }, RECORD, code, Mismatch),
            ("another namespace", &own, RecordOwner { namespace: "other", ..OWNER }, RECORD, code, Mismatch),
            (
                "another kind",
                &own,
                RecordOwner { crd: "caches.example.com", ..OWNER },
                RECORD,
                code,
                Mismatch,
            ),
            ("no code", &own, OWNER, RECORD, None, Unsigned),
            ("nonsense", &own, OWNER, RECORD, Some("nonsense"), Mismatch),
            ("nonsense with a dot", &own, OWNER, RECORD, Some("a.b"), Mismatch),
            ("an empty code", &own, OWNER, RECORD, Some(""), Mismatch),
        ] {
            assert_eq!(keys.verify(owner, record, code), expected, "{name}");
        }
    }

    #[test]
    fn a_line_is_a_key_of_64_digits() {
        for (text, expected) in [
            ("", "there is no key"),
            ("00", "line 1 is not a key of 64 hexadecimal digits"),
            ("zz", "line 1 is not a key of 64 hexadecimal digits"),
        ] {
            assert_eq!(RecordKeys::parse(text).err().as_deref(), Some(expected), "{text:?}");
        }
    }

    /// The code in its second form, from Python's `hmac`: a change of the format would make every record
    /// unproven.
    #[test]
    fn the_code_is_the_published_one() {
        let code = keys(&[7]).code(OWNER, RECORD).unwrap();
        assert_eq!(code, "3bffff45.106e5d069ab66e86cd401fe9cea66a80cc2e716e9e120283d5297450f2d4203c");
    }
}
