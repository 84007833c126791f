//! Marking policy: which add-ons get a mark, by the operator's configuration.

/// Add-ons that the operator marks, by its configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkingPolicy {
    /// Add-ons that the operator created, and adopted ones once their spec was edited.
    #[default]
    Own,
    /// Add-ons of all resources, also adopted ones at once.
    All,
    /// No add-ons; marks are not read either.
    None,
}

impl MarkingPolicy {
    /// Returns the policy of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Own, Self::All, Self::None].into_iter().find(|policy| policy.name() == name)
    }

    /// The name, as the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
            Self::None => "none",
        }
    }
}
