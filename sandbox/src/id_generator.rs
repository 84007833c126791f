//! Generates ids, random words for hosts and passwords, and ports. The values derive from a seed and a
//! counter; both are part of the saved state, so an id is never generated twice.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const WORD_LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz0123456";
const ULID_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const WORD_LENGTH: usize = 20;

/// A reproducible generator of ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdGenerator {
    seed: String,
    count: u64,
}

impl IdGenerator {
    /// Uses a random seed if none is given, so that a sandbox without saved state does not generate the ids
    /// of an earlier run.
    pub(crate) fn new(seed: Option<String>) -> Self {
        Self { seed: seed.unwrap_or_else(entropy), count: 0 }
    }

    pub(crate) fn uuid(&mut self) -> String {
        uuid_from(&self.next_bytes())
    }

    /// Generates a ULID: ten characters of time, then sixteen random ones.
    pub(crate) fn ulid(&mut self, now: u64) -> String {
        let chance = self.next_bytes();
        let time = (0..10).rev().map(|place| letter(ULID_LETTERS, (now >> (5 * place)) as u8));
        time.chain(chance.iter().take(16).map(|byte| letter(ULID_LETTERS, *byte))).collect()
    }

    /// Generates twenty letters and digits, suitable for a host name, a user name or a password.
    pub(crate) fn word(&mut self) -> String {
        self.next_bytes().iter().take(WORD_LENGTH).map(|byte| letter(WORD_LETTERS, *byte)).collect()
    }

    pub(crate) fn port(&mut self) -> u16 {
        let [high, low, ..] = self.next_bytes();
        5000 + u16::from_be_bytes([high, low]) % 5000
    }

    fn next_bytes(&mut self) -> [u8; 32] {
        self.count += 1;
        Sha256::digest(format!("{}/{}", self.seed, self.count)).into()
    }
}

/// Derives a UUID from a text, for objects that have an id but are not stored.
pub(crate) fn stable_uuid(text: &str) -> String {
    uuid_from(&Sha256::digest(text).into())
}

fn uuid_from(bytes: &[u8; 32]) -> String {
    let hex = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

fn letter(letters: &[u8; 32], byte: u8) -> char {
    letters.get(usize::from(byte & 31)).copied().map_or('0', char::from)
}

fn entropy() -> String {
    format!("{:016x}", std::hash::RandomState::new().build_hasher().finish())
}
