//! Parses the versions that programs print. Only major and minor version are compared.

/// A major and minor version, compared numerically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
}

impl Version {
    pub(crate) const fn new(major: u32, minor: u32) -> Self {
        Version { major, minor }
    }

    /// Finds the first word of `text` that is a version, with or without a leading `v`.
    pub(crate) fn find_in(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(Self::from_word)
    }

    fn from_word(word: &str) -> Option<Self> {
        let mut numbers = word.strip_prefix('v').unwrap_or(word).split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next()?.parse().ok()?;
        Some(Version { major, minor })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_programs_print_is_understood() {
        let printed = [
            ("Kubernetes v1.36.3", Some(Version::new(1, 36))),
            ("etcd Version: 3.6.8\nGit SHA: Not provided", Some(Version::new(3, 6))),
            ("Client Version: v1.9.4-old\nKustomize Version: v5.5.0", Some(Version::new(1, 9))),
            ("command not found", None),
        ];
        for (text, expected) in printed {
            assert_eq!(Version::find_in(text), expected, "{text}");
        }
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(Version::new(1, 9) < Version::new(1, 34));
    }
}
