//! A map that keeps the order of its entries.

use serde::Deserialize;
use serde_json::Map;

/// A map that keeps the order of its entries.
#[derive(Clone, Debug)]
pub(crate) struct OrderedMap<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for OrderedMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OrderedMap<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OrderedMap<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Map::deserialize(deserializer)?;
        let entry = |(name, value)| {
            serde_json::from_value(value).map(|parsed| (name, parsed)).map_err(serde::de::Error::custom)
        };
        fields.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}
