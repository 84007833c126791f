//! Packing of states into three words. A search holds millions of them.

/// A packed state.
pub(crate) type Key = [u64; 3];

const WORD: u32 = 64;

/// Visitor of the fields of a state: packs each of them, or unpacks it.
pub(crate) trait Codec {
    /// Visits a number that fits into this many bits.
    fn number(&mut self, value: &mut u8, bits: u32);

    /// Visits a flag.
    fn flag(&mut self, value: &mut bool) {
        let mut number = u8::from(*value);
        self.number(&mut number, 1);
        *value = number == 1;
    }

    /// Visits one value of a closed list.
    fn choice<T: Copy + PartialEq>(&mut self, value: &mut T, all: &[T], bits: u32) {
        let mut at = 0;
        while all.get(usize::from(at)).is_some_and(|one| one != value) {
            at += 1;
        }
        self.number(&mut at, bits);
        if let Some(chosen) = all.get(usize::from(at)) {
            *value = *chosen;
        }
    }
}

/// Visitor that packs.
#[derive(Default)]
pub(crate) struct Packer {
    key: Key,
    used: u32,
}

/// Visitor that unpacks.
pub(crate) struct Unpacker {
    key: Key,
    used: u32,
}

/// Returns the place of the next field: no field lies in two words.
fn place(used: &mut u32, bits: u32) -> (usize, u32) {
    if *used % WORD + bits > WORD {
        *used = used.next_multiple_of(WORD);
    }
    let at = *used;
    *used += bits;
    ((at / WORD) as usize, at % WORD)
}

impl Packer {
    pub(crate) fn key(self) -> Key {
        self.key
    }
}

impl Unpacker {
    pub(crate) fn new(key: Key) -> Self {
        Self { key, used: 0 }
    }
}

impl Codec for Packer {
    fn number(&mut self, value: &mut u8, bits: u32) {
        debug_assert!(u32::from(*value) < 1 << bits, "{value} does not fit into {bits} bits");
        let (word, shift) = place(&mut self.used, bits);
        self.key[word] |= u64::from(*value) << shift;
    }
}

impl Codec for Unpacker {
    fn number(&mut self, value: &mut u8, bits: u32) {
        let (word, shift) = place(&mut self.used, bits);
        *value = (self.key[word] >> shift & ((1 << bits) - 1)) as u8;
    }
}
