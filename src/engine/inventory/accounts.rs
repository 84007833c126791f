//! The accounts that the resources of a cluster use, with the credentials to read each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interpreter::catalog::Addon;
use interpreter::exchange::Manifest;
use interpreter::plan::Location;
use interpreter::reconcile::elsewhere;
use interpreter::resource;
use serde_json::{Value, json};

use crate::config::Config;
use crate::engine::cloud_api::client::Access;
use crate::engine::credentials::resolve::ResolvedCredentials;
use crate::engine::inventory::cloud_reader::CloudReader;
use crate::engine::inventory::credentials::CommandCredentials;
use crate::engine::inventory::live_resources::{LiveResource, LiveResources};

/// Accounts, each with all credentials that may read it: the operator's come first.
#[derive(Default)]
pub(super) struct Accounts {
    known: BTreeMap<Location, Vec<Arc<Access>>>,
    /// The APIs for which there are credentials.
    with_access: BTreeSet<String>,
    /// Problems that leave accounts out.
    pub(super) not_checked: Vec<String>,
}

impl Accounts {
    /// Collects the accounts of the configuration, of live resources, of namespaces with own credentials, and
    /// of `organisations`.
    pub(super) async fn find(
        credentials: &CommandCredentials,
        config: &Config,
        (addons, live): (&[Arc<Addon>], &LiveResources),
        organisations: &[String],
    ) -> Self {
        let mut accounts = Self::default();
        let apis: BTreeMap<&str, &Arc<Addon>> =
            addons.iter().map(|addon| (addon.api.name.as_str(), addon)).collect();
        let mut namespaces: BTreeSet<String> =
            live.all.iter().map(|one| one.namespace().to_owned()).collect();
        match credentials.namespaces().await {
            Ok(others) => namespaces.extend(others),
            Err(failure) => accounts.not_checked.push(format!(
                "the accounts of namespaces with own credentials but without resources: {failure}"
            )),
        }
        for addon in apis.values() {
            accounts.add_resolved(addon, &credentials.of_operator(config, &addon.api), organisations);
        }
        for namespace in namespaces {
            for addon in apis.values() {
                let resolved = match credentials.of_namespace(config, &addon.api, &namespace).await {
                    Ok(resolved) => resolved,
                    Err(failure) => {
                        accounts.note(format!("the credentials of the namespace {namespace}: {failure}"));
                        credentials.of_operator(config, &addon.api)
                    }
                };
                let organisations = if resolved.secret.is_some() { organisations } else { &[] };
                accounts.add_resolved(addon, &resolved, organisations);
                accounts.add_live(live, &namespace, &resolved, &addon.api.name);
            }
        }
        accounts.note_missing_access(&apis, live);
        accounts
    }

    /// Returns a reader for each way to read each account.
    pub(super) fn readers(&self) -> Vec<Vec<CloudReader>> {
        let readers = |(location, accesses): (&Location, &Vec<Arc<Access>>)| {
            accesses.iter().map(|access| CloudReader::new(location.clone(), access.clone())).collect()
        };
        self.known.iter().map(readers).collect()
    }

    /// Adds the default account of these credentials, and their accounts of these organisations.
    fn add_resolved(&mut self, addon: &Addon, resolved: &ResolvedCredentials, organisations: &[String]) {
        let Ok(access) = &resolved.access else { return };
        self.with_access.insert(addon.api.name.clone());
        let named = organisations.iter().map(|organisation| json!({ "organisation": organisation }));
        for defaults in named.chain([resolved.defaults.clone()]) {
            if let Some(account) = account_of(addon, None, &defaults) {
                self.add(&addon.api.name, account, access);
            }
        }
    }

    /// Adds the accounts of the resources of a namespace: those of their specs, and those of their records.
    fn add_live(&mut self, live: &LiveResources, namespace: &str, resolved: &ResolvedCredentials, api: &str) {
        let Ok(access) = &resolved.access else { return };
        let here = live.all.iter().filter(|one| one.namespace() == namespace && one.addon.api.name == *api);
        for one in here {
            if let Some(account) = account_of(&one.addon, Some(one), &resolved.defaults) {
                self.add(api, account, access);
            }
            let Some(record) = one.record.as_ref().filter(|record| record.api == *api) else { continue };
            if record.endpoint == access.endpoint {
                self.add(api, record.account.clone(), access);
            } else {
                self.note(elsewhere(&record.location()));
            }
        }
    }

    fn add(&mut self, api: &str, account: String, access: &Arc<Access>) {
        let location = Location { api: api.to_owned(), endpoint: access.endpoint.clone(), account };
        let known = self.known.entry(location).or_default();
        if !known.iter().any(|other| other.fingerprint == access.fingerprint) {
            known.push(access.clone());
        }
    }

    /// Notes the APIs that cannot be read. One that the installation does not use needs no credentials.
    fn note_missing_access(&mut self, apis: &BTreeMap<&str, &Arc<Addon>>, live: &LiveResources) {
        for (api, addon) in
            apis.iter().filter(|(api, _)| !self.with_access.contains(**api)).collect::<Vec<_>>()
        {
            let is_used = live.all.iter().any(|one| one.addon.api.name == **api);
            if is_used || self.with_access.is_empty() {
                self.note(format!("{}: no credentials are configured for `{api}`", addon.api.title));
            }
        }
    }

    fn note(&mut self, problem: String) {
        if !self.not_checked.contains(&problem) {
            self.not_checked.push(problem);
        }
    }
}

/// Returns the account of a resource, or the one that the defaults give.
pub(super) fn account_of(addon: &Addon, of: Option<&LiveResource>, defaults: &Value) -> Option<String> {
    let spec = of.and_then(|one| one.object.data.get("spec"));
    let known = resource::known(addon, Manifest { spec, ..Manifest::default() }, defaults);
    resource::account(addon, &known).ok()
}
