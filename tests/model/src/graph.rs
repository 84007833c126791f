//! The states that a search has visited, each with the state before it.

use crate::packing::Key;

/// A free place of the table.
const FREE: u32 = u32::MAX;

/// Visited states, in the order of their first visit.
pub(crate) struct Graph {
    keys: Vec<Key>,
    parents: Vec<u32>,
    /// Open addressing: the positions of the keys, by their hashes.
    table: Vec<u32>,
}

impl Graph {
    /// Makes a graph with a first state.
    pub(crate) fn new(first: Key) -> Self {
        let mut graph = Self { keys: Vec::new(), parents: Vec::new(), table: vec![FREE; 1 << 16] };
        graph.add(first, 0);
        graph
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn key(&self, at: usize) -> Key {
        self.keys[at]
    }

    /// Adds a state that was reached from another one, unless it was visited before.
    pub(crate) fn add(&mut self, key: Key, from: u32) {
        let Err(free) = self.find(key) else { return };
        self.table[free] = self.keys.len() as u32;
        self.keys.push(key);
        self.parents.push(from);
        if self.keys.len() * 10 > self.table.len() * 6 {
            self.grow();
        }
    }

    /// The position of a visited state.
    pub(crate) fn position(&self, key: Key) -> Option<usize> {
        self.find(key).ok().map(|at| at as usize)
    }

    /// The number of steps from the first state.
    pub(crate) fn depth(&self, at: usize) -> usize {
        self.path(at as u32).len()
    }

    /// The shortest way to a state, without the first one.
    pub(crate) fn path(&self, at: u32) -> Vec<Key> {
        let mut path = Vec::new();
        let mut at = at as usize;
        while at != 0 {
            path.push(self.keys[at]);
            at = self.parents[at] as usize;
        }
        path.reverse();
        path
    }

    /// Returns the position of the key, or its free place in the table.
    fn find(&self, key: Key) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut place = hash(key) as usize & mask;
        loop {
            let at = self.table[place];
            if at == FREE {
                return Err(place);
            }
            if self.keys[at as usize] == key {
                return Ok(at);
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        self.table.clear();
        self.table.resize(mask + 1, FREE);
        for (at, key) in self.keys.iter().enumerate() {
            let mut place = hash(*key) as usize & mask;
            while self.table[place] != FREE {
                place = (place + 1) & mask;
            }
            self.table[place] = at as u32;
        }
    }
}

fn hash(key: Key) -> u64 {
    let mut hash = key[0].wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ key[1].wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(29)
        ^ key[2].wrapping_mul(0x1656_67B1_9E37_79F9).rotate_left(47);
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    hash ^ (hash >> 29)
}
