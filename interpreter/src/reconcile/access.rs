//! Access check: decides whether the resolved credentials may be used for a resource. A pure function.

use crate::plan::{
    AccessDenied, DeletionPolicy, DriftPolicy, Location, ObservedRecord, Reason, Record, Resource, Target,
};
use crate::reconcile::adoption::AdoptionRules;
use crate::reconcile::tenants::Tenants;

/// Condition of the credentials that are resolved for a resource, and the limits of its namespace.
#[derive(Clone, Copy, Debug, Default)]
pub struct CredentialsState<'a> {
    /// The reason why there are no usable credentials, if any.
    pub problem: Option<&'a str>,
    /// True when the Secret with the credentials is being deleted.
    pub leaving: bool,
    /// The accounts that each namespace may use; `None` without limits.
    pub tenants: Option<&'a Tenants>,
    /// The add-ons that resources may take over without another proof.
    pub adoption: Option<&'a AdoptionRules>,
    /// The deletion policy of resources whose annotations, and those of their namespace, name none.
    pub deletion_policy: DeletionPolicy,
    /// The drift policy of resources whose annotation names none; `None` for that of the catalog.
    pub drift: Option<DriftPolicy>,
}

/// Input of the access check: a resource, and the credentials resolved for it.
pub(super) struct AccessCheck<'a> {
    pub(super) resource: &'a Resource,
    /// Location and credentials of a new add-on.
    pub(super) target: &'a Target,
    pub(super) credentials: CredentialsState<'a>,
    /// The credentials in the last record, for a resource that is gone.
    pub(super) made_with: Option<&'a Option<String>>,
    /// True when requests to the API name an account; otherwise the credentials alone identify it.
    pub(super) names_account: bool,
}

/// Returns the reason why no cloud request may be sent for the resource; `None` when requests are allowed.
pub(super) fn access_denied(check: &AccessCheck<'_>) -> Option<AccessDenied> {
    let record = binding(&check.resource.record);
    let denied = |reason, may_delete_own| move |message| AccessDenied { reason, message, may_delete_own };
    wrong_credentials(check, record)
        .map(denied(Reason::CredentialsInvalid, false))
        .or_else(|| foreign_account(check, record).map(denied(Reason::Unauthorized, true)))
}

/// Returns the record, if it refers to an add-on or may; for a restored resource, also the record of its
/// former uid if that has ids.
fn binding(record: &ObservedRecord) -> Option<&Record> {
    match record {
        ObservedRecord::Ours(record) => Some(record).filter(|record| !record.is_vacant()),
        ObservedRecord::Foreign(record) => Some(record).filter(|record| record.ids.is_some()),
        ObservedRecord::None | ObservedRecord::Unreadable(_) => None,
    }
}

fn wrong_credentials(check: &AccessCheck<'_>, record: Option<&Record>) -> Option<String> {
    if let Some(problem) = check.credentials.problem {
        return Some(problem.to_owned());
    }
    let AccessCheck { resource, target, .. } = check;
    let made_with = record.map(|record| &record.credentials);
    match (made_with.or(check.made_with.filter(|_| !resource.exists)), &target.secret) {
        (Some(Some(secret)), None) => {
            return Some(format!(
                "the add-on was created with the credentials in the Secret `{secret}` of this namespace, and that Secret is missing. Create it \
                 again with the same credentials; the operator's own are never used instead."
            ));
        }
        (Some(made_with), own) if made_with != own && !check.names_account => {
            let credentials = made_with.as_ref().map_or_else(
                || "the operator's own credentials".to_owned(),
                |secret| format!("the credentials in the Secret `{secret}`"),
            );
            return Some(format!(
                "the add-on was created with {credentials}, and others may belong to another account. Restore those credentials; until then, the \
                 add-on stays as it is."
            ));
        }
        (Some(_) | None, _) => (),
    }
    let Location { api, endpoint, .. } = &target.location;
    if let Some(record) = record.filter(|record| record.endpoint != *endpoint || record.api != *api) {
        return Some(elsewhere(&record.location()));
    }
    let creates = record.is_none() && resource.exists && !resource.deleting;
    let secret = target.secret.as_ref().filter(|_| creates && check.credentials.leaving)?;
    Some(format!(
        "the Secret `{secret}` is being deleted and remains only until the add-ons created with it are deleted, so nothing is created with it. \
         Delete those resources, or this one."
    ))
}

/// Checks the recorded account and the one in the spec. The spec of a resource that is being deleted does not
/// count.
fn foreign_account(check: &AccessCheck<'_>, record: Option<&Record>) -> Option<String> {
    let (namespace, tenants) = (&check.resource.namespace, check.credentials.tenants?);
    let ask = "ask the administrator to allow it in `operator.tenants`";
    // Cluster-scoped resources belong to the administrator and may use all accounts.
    let is_foreign =
        |account: &&String| !namespace.is_empty() && !account.is_empty() && !tenants.may(namespace, account);
    if let Some(account) = record.map(|record| &record.account).filter(is_foreign) {
        return Some(format!(
            "the add-on belongs to `{account}`, which the namespace `{namespace}` may not use: {ask}."
        ));
    }
    let wanted = (record.is_none() || !check.resource.deleting).then_some(&check.target.location.account);
    let account = wanted.filter(is_foreign)?;
    let allowed: Vec<_> = tenants.allowed(namespace).map(|account| format!("`{account}`")).collect();
    let name = match allowed.join(" or ") {
        allowed if allowed.is_empty() => allowed,
        allowed => format!("name {allowed} in the spec, or "),
    };
    Some(format!("the namespace `{namespace}` may not use `{account}`: {name}{ask}."))
}

/// Returns the message for an add-on at another endpoint: credentials are never sent to an endpoint they were
/// not configured for.
pub fn elsewhere(location: &Location) -> String {
    format!(
        "the add-on is at the endpoint `{}` of the API `{}`, for which no credentials are configured: configure that endpoint again, with its credentials",
        location.endpoint, location.api
    )
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use ObservedRecord::{Foreign, Ours, Unreadable};

    use super::*;
    use crate::plan::Ids;

    const SECRET: &str = "clever-operator";

    /// Input of a row, owned.
    #[derive(Clone)]
    struct Row {
        resource: Resource,
        target: Target,
        problem: Option<&'static str>,
        leaving: bool,
        made_with: Option<Option<String>>,
        names_account: bool,
    }

    fn location(account: &str) -> Location {
        Location { api: "cloud".into(), endpoint: "https://a.test".into(), account: account.into() }
    }

    /// A new resource in `team-a`, which names its own account and has credentials in a Secret.
    fn new() -> Row {
        let target =
            Target { location: location("orga_a"), secret: Some(SECRET.into()), ..Target::default() };
        let resource = Resource { exists: true, namespace: "team-a".into(), ..Resource::default() };
        Row { resource, target, problem: None, leaving: false, made_with: None, names_account: true }
    }

    fn with(resource: impl FnOnce(&mut Resource), mut row: Row) -> Row {
        resource(&mut row.resource);
        row
    }

    fn record(secret: Option<&str>, account: &str) -> Record {
        let Location { api, endpoint, account } = location(account);
        let ids = Some(Ids::from([("addon".to_owned(), "addon_1".to_owned())]));
        let credentials = secret.map(str::to_owned);
        Record { uid: "u".into(), api, endpoint, account, credentials, ids, ..Record::default() }
    }

    fn recorded(record: Record) -> Row {
        with(|resource| resource.record = Ours(record), new())
    }

    fn deleting(row: Row) -> Row {
        with(|resource| resource.deleting = true, row)
    }

    fn by_operator(row: Row) -> Row {
        Row { target: Target { secret: None, ..row.target.clone() }, ..row }
    }

    fn wants(account: &str, row: Row) -> Row {
        Row { target: Target { location: location(account), ..row.target.clone() }, ..row }
    }

    fn gone(made_with: Option<&str>) -> Row {
        let row = Row { made_with: Some(made_with.map(str::to_owned)), ..new() };
        with(|resource| resource.exists = false, row)
    }

    fn check(row: &Row, tenants: &Tenants) -> Option<AccessDenied> {
        access_denied(&AccessCheck {
            resource: &row.resource,
            target: &row.target,
            credentials: CredentialsState {
                problem: row.problem,
                leaving: row.leaving,
                tenants: Some(tenants),
                ..CredentialsState::default()
            },
            made_with: row.made_with.as_ref(),
            names_account: row.names_account,
        })
    }

    #[test]
    fn credentials_are_used_only_for_add_ons_that_they_may_belong_to() {
        let own = || recorded(record(Some(SECRET), "orga_a"));
        let elsewhere = Record { endpoint: "https://b.test".into(), ..record(Some(SECRET), "orga_a") };
        let other_api = Record { api: "other".into(), ..record(Some(SECRET), "orga_a") };
        let vacant = Record { ids: None, ..record(Some("clever-secret"), "orga_a") };
        let unnamed = |row: Row| Row { names_account: false, ..row };
        let leaving = |row: Row| Row { leaving: true, ..row };
        let restored = |record| by_operator(with(|resource| resource.record = Foreign(record), new()));
        let unreadable = |resource: &mut Resource| resource.record = Unreadable("x".into());
        for (name, row, expected) in [
            ("a new resource", new(), None),
            ("its own add-on", own(), None),
            ("broken credentials", Row { problem: Some("no `token`"), ..own() }, Some("no `token`")),
            ("the Secret of the add-on is missing", by_operator(own()), Some("that Secret is missing")),
            ("a record that cannot be read", by_operator(with(unreadable, new())), None),
            ("a vacant record", by_operator(recorded(vacant.clone())), None),
            ("a restored record", restored(record(Some(SECRET), "orga_a")), Some("is missing")),
            ("a restored record without ids", restored(vacant), None),
            ("another Secret, with accounts", recorded(record(Some("clever-secret"), "orga_a")), None),
            (
                "another Secret, without accounts",
                unnamed(recorded(record(Some("clever-secret"), "orga_a"))),
                Some("created with the credentials in the Secret `clever-secret`, and others"),
            ),
            (
                "a Secret instead of the operator's, without accounts",
                unnamed(recorded(record(None, "orga_a"))),
                Some("created with the operator's own credentials, and others"),
            ),
            ("a Secret instead of the operator's, with accounts", recorded(record(None, "orga_a")), None),
            ("the same Secret, without accounts", unnamed(own()), None),
            ("gone, the Secret too", by_operator(gone(Some(SECRET))), Some("that Secret is missing")),
            ("gone, of the operator's", by_operator(gone(None)), None),
            ("gone, its credentials unknown", by_operator(Row { made_with: None, ..gone(None) }), None),
            (
                "a former resource does not count",
                by_operator(Row { resource: new().resource, ..gone(Some(SECRET)) }),
                None,
            ),
            (
                "another endpoint",
                recorded(elsewhere),
                Some("at the endpoint `https://b.test` of the API `cloud`"),
            ),
            ("another API", recorded(other_api), Some("of the API `other`")),
            ("a new resource, the Secret being deleted", leaving(new()), Some("nothing is created with it")),
            ("an add-on, the Secret being deleted", leaving(own()), None),
            ("a deletion, the Secret being deleted", leaving(deleting(new())), None),
            ("gone, the Secret being deleted", leaving(gone(Some(SECRET))), None),
        ] {
            let denied = check(&row, &Tenants::default());
            assert_eq!(denied.is_some(), expected.is_some(), "{name}: {denied:?}");
            if let (Some(denied), Some(expected)) = (denied, expected) {
                assert!(denied.message.contains(expected), "{name}: {}", denied.message);
                assert_eq!(
                    (denied.reason, denied.may_delete_own),
                    (Reason::CredentialsInvalid, false),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_namespace_uses_only_its_accounts() {
        let accounts = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let of = |rule: &[&str]| Tenants::limited(BTreeMap::from([("team-a".to_owned(), accounts(rule))]));
        let (own, two, none) = (of(&["orga_a"]), of(&["orga_a", "orga_c"]), of(&[]));
        let foreign = || recorded(record(Some(SECRET), "orga_b"));
        let moved = || wants("orga_b", recorded(record(Some(SECRET), "orga_a")));
        let ask = "the namespace `team-a` may not use `orga_b`: ask the administrator to allow it in `operator.tenants`.";
        let belongs = "the add-on belongs to `orga_b`, which the namespace `team-a` may not use: ask the administrator to allow it in `operator.tenants`.";
        for (name, row, tenants, expected) in [
            ("its own", new(), &own, None),
            ("no rules", wants("orga_b", new()), &Tenants::default(), None),
            ("no account", wants("", new()), &none, None),
            (
                "a cluster-scoped resource",
                with(|resource| resource.namespace.clear(), wants("orga_b", new())),
                &own,
                None,
            ),
            ("none is allowed", wants("orga_b", new()), &none, Some(ask)),
            (
                "one is allowed",
                wants("orga_b", new()),
                &own,
                Some(
                    "the namespace `team-a` may not use `orga_b`: name `orga_a` in the spec, or ask the administrator to allow it in `operator.tenants`.",
                ),
            ),
            (
                "two are allowed",
                wants("orga_b", new()),
                &two,
                Some(
                    "the namespace `team-a` may not use `orga_b`: name `orga_a` or `orga_c` in the spec, or ask the administrator to allow it in `operator.tenants`.",
                ),
            ),
            ("the record's", foreign(), &own, Some(belongs)),
            ("the record's, deleting", deleting(foreign()), &own, Some(belongs)),
            (
                "the spec's, beside a record",
                moved(),
                &own,
                Some(
                    "the namespace `team-a` may not use `orga_b`: name `orga_a` in the spec, or ask the administrator to allow it in `operator.tenants`.",
                ),
            ),
            ("the spec's, deleting", deleting(moved()), &own, None),
            ("the spec's, deleting without a record", deleting(wants("orga_b", new())), &none, Some(ask)),
        ] {
            let denied = check(&row, tenants);
            assert_eq!(denied.as_ref().map(|denied| denied.message.as_str()), expected, "{name}");
            let kind = denied.map(|denied| (denied.reason, denied.may_delete_own));
            assert_eq!(kind, expected.map(|_| (Reason::Unauthorized, true)), "{name}");
        }
    }

    #[test]
    fn the_account_does_not_count_without_credentials() {
        let row = Row { problem: Some("no `token`"), ..wants("orga_b", new()) };
        let denied = check(&row, &Tenants::limited(BTreeMap::new()));
        assert_eq!(denied.map(|denied| denied.may_delete_own), Some(false));
    }
}
