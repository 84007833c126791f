//! Ownership of a CRD: decides from the CRD at the API server whether an installation creates, updates or
//! claims it, waits, or leaves it alone.

/// A CRD at the API server, as far as its ownership depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstalledCrd<'a> {
    /// The installation that has claimed it.
    pub claim: Option<&'a str>,
    /// True while it is being deleted.
    pub deleting: bool,
    /// True for a CRD of an optional kind without the mark of our CRDs.
    pub unmarked: bool,
    /// True when the catalog's CRD would not change its spec; `None` before a dry run.
    pub is_as_desired: Option<bool>,
}

/// Next step with a CRD that this installation manages.
#[derive(Debug, PartialEq, Eq)]
pub enum ApplyStep {
    /// Write the CRD, and the claim with it.
    Apply,
    /// Apply the CRD as a dry run, then decide again.
    DryRun,
}

/// Next step with a CRD whose resources are to be reconciled.
#[derive(Debug, PartialEq, Eq)]
pub enum ClaimStep {
    /// Write the claim.
    Claim,
    /// Nothing: the installation owns the CRD.
    Owned,
}

/// Reason to leave a CRD alone for now.
#[derive(Debug, PartialEq, Eq)]
pub enum CrdObstacle<'a> {
    /// This installation has to write the CRD first.
    Unclaimed,
    /// The CRD is being deleted.
    Deleting,
    /// Another installation, of this name, has claimed it.
    HeldBy(&'a str),
    /// An unclaimed CRD with other content, or of an optional kind and without our mark, belongs to another
    /// product.
    Foreign,
}

/// Decides on a CRD that this installation manages. An unclaimed CRD is taken over if its kind is built in,
/// or if its content is as desired already.
pub fn apply_step<'a>(
    crd: Option<InstalledCrd<'a>>,
    installation: &str,
    built_in: bool,
) -> Result<ApplyStep, CrdObstacle<'a>> {
    let Some(crd) = crd else { return Ok(ApplyStep::Apply) };
    match (crd.claim, crd.is_as_desired) {
        _ if crd.deleting => Err(CrdObstacle::Deleting),
        (Some(holder), _) if holder != installation => Err(CrdObstacle::HeldBy(holder)),
        (None, _) if crd.unmarked => Err(CrdObstacle::Foreign),
        (Some(_), _) | (None, Some(true)) => Ok(ApplyStep::Apply),
        (None, _) if built_in => Ok(ApplyStep::Apply),
        (None, None) => Ok(ApplyStep::DryRun),
        (None, Some(false)) => Err(CrdObstacle::Foreign),
    }
}

/// Decides on a CRD before its resources are reconciled. `may_claim` is false where only the write of the CRD
/// claims it: an unclaimed CRD of that name may belong to another product.
pub fn claim_step<'a>(
    crd: InstalledCrd<'a>,
    installation: &str,
    may_claim: bool,
) -> Result<ClaimStep, CrdObstacle<'a>> {
    match crd.claim {
        Some(holder) if holder == installation => Ok(ClaimStep::Owned),
        Some(holder) => Err(CrdObstacle::HeldBy(holder)),
        None if crd.unmarked => Err(CrdObstacle::Foreign),
        None if may_claim => Ok(ClaimStep::Claim),
        None => Err(CrdObstacle::Unclaimed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "here/operator";
    const THEIRS: &str = "there/operator";

    fn crd(claim: Option<&str>) -> InstalledCrd<'_> {
        InstalledCrd { claim, ..InstalledCrd::default() }
    }

    #[test]
    fn a_managed_crd_is_written_unless_another_may_own_it() {
        let compared = |is_as_desired| Some(InstalledCrd { is_as_desired, ..InstalledCrd::default() });
        let deleting = Some(InstalledCrd { deleting: true, ..crd(Some(OURS)) });
        let unmarked = |claim| Some(InstalledCrd { unmarked: true, ..crd(claim) });
        let cases = [
            ("no CRD", None, false, Ok(ApplyStep::Apply)),
            ("ours", Some(crd(Some(OURS))), false, Ok(ApplyStep::Apply)),
            ("another installation's", Some(crd(Some(THEIRS))), false, Err(CrdObstacle::HeldBy(THEIRS))),
            (
                "another installation's, of a built-in kind",
                Some(crd(Some(THEIRS))),
                true,
                Err(CrdObstacle::HeldBy(THEIRS)),
            ),
            ("in deletion", deleting, true, Err(CrdObstacle::Deleting)),
            ("unclaimed, of a built-in kind", Some(crd(None)), true, Ok(ApplyStep::Apply)),
            ("unclaimed", Some(crd(None)), false, Ok(ApplyStep::DryRun)),
            ("unclaimed, as desired", compared(Some(true)), false, Ok(ApplyStep::Apply)),
            ("without our mark", unmarked(None), true, Err(CrdObstacle::Foreign)),
            ("without our mark, handed over", unmarked(Some(OURS)), true, Ok(ApplyStep::Apply)),
            ("unclaimed, with other content", compared(Some(false)), false, Err(CrdObstacle::Foreign)),
        ];
        for (name, crd, built_in, expected) in cases {
            assert_eq!(apply_step(crd, OURS, built_in), expected, "{name}");
        }
    }

    #[test]
    fn a_crd_is_claimed_once_and_never_from_another_installation() {
        let cases = [
            ("ours", crd(Some(OURS)), false, Ok(ClaimStep::Owned)),
            ("another installation's", crd(Some(THEIRS)), true, Err(CrdObstacle::HeldBy(THEIRS))),
            ("unclaimed", crd(None), true, Ok(ClaimStep::Claim)),
            (
                "without our mark",
                InstalledCrd { unmarked: true, ..crd(None) },
                true,
                Err(CrdObstacle::Foreign),
            ),
            ("unclaimed, claimed only by writing it", crd(None), false, Err(CrdObstacle::Unclaimed)),
        ];
        for (name, crd, may_claim, expected) in cases {
            assert_eq!(claim_step(crd, OURS, may_claim), expected, "{name}");
        }
    }
}
