//! `crd policy`: prints the admission policies that refuse the deletion of protected resources, and changes of
//! the record by users.

use anyhow::{Result, anyhow};
use clap::Args;
use interpreter::catalog::Addon;
use interpreter::crd::{self, RecordWriters};
use interpreter::plan::{DELETION_PROTECTION, RECORD};
use interpreter::reconcile::RECORD_CODE;

use crate::cli::catalog_source::LoadedCatalog;

/// Options of `crd policy`.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Name the policies and their bindings `NAME-deletion-protection` and `NAME-record-protection`
    #[arg(long, default_value = "clever-operator")]
    name: String,
    /// Give this service account, that of the operator, the permission to set the record
    #[arg(
        long,
        value_name = "NAMESPACE:NAME",
        value_parser = service_account,
        default_value = "clever-operator-system:clever-operator"
    )]
    service_account: [String; 2],
    /// Include only this namespace in the protection of the record, for an operator confined to some
    /// namespaces; repeatable
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Vec<String>,
}

/// Returns policies, bindings and the role for restore tools, ready for `kubectl apply -f -`.
pub(super) fn policy(loaded: &LoadedCatalog, names: &Names) -> Result<String> {
    let addons = || loaded.catalog.addons.values().map(AsRef::<Addon>::as_ref);
    let writers = RecordWriters {
        operator: names.service_account.each_ref().map(String::as_str),
        namespaces: &names.namespace,
    };
    let deletion = crd::deletion_policy(&names.name, DELETION_PROTECTION, addons());
    let record = crd::record_policy(&names.name, [RECORD, RECORD_CODE], writers, addons());
    let objects = deletion.iter().chain(&record);
    Ok(objects.map(crd::yaml).collect::<Result<Vec<_>, _>>()?.join("---\n"))
}

fn service_account(text: &str) -> Result<[String; 2]> {
    let parts = text.split_once(':').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
    let (namespace, name) = parts.ok_or_else(|| anyhow!("write it as NAMESPACE:NAME"))?;
    Ok([namespace.to_owned(), name.to_owned()])
}
