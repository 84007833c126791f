//! `catalog render [KIND] [-f MANIFEST]`: prints the CRD, the requests, the Secret and the status of a manifest,
//! from recorded answers, without a cluster and without a cloud.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use interpreter::catalog::{Addon, Api, AuthScheme, Scheme};
use interpreter::crd;
use interpreter::resource::{OPAQUE, Secret};
use interpreter::simulate::{Exchange, Script, Simulation, replay};
use serde_json::{Map, Value, json};

use crate::cli::catalog::manifest::{self, ManifestKind};
use crate::cli::catalog_source::LoadedCatalog;
use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::engine;

/// Options of `catalog render`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Render this kind: any name that `kubectl` accepts, or the name of an add-on; default: the kind of the
    /// manifest
    kind: Option<String>,
    /// Read the manifest from this file; default: the first example of the kind
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the manifest before an edit from this file, and print the requests of the edit
    #[arg(long, value_name = "FILE")]
    was: Option<PathBuf>,
    /// Read recorded answers from this YAML file, which override those of the catalog
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Print only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Print the CRD
    Crd,
    /// Print the requests, in order
    Requests,
    /// Print the Secret
    Secret,
    /// Print the status
    Status,
}

/// Prints the documents, and returns an error if the resource would not become ready.
pub(super) fn render(options: &GlobalOptions, command: &Command) -> Result<()> {
    let loaded = options.load_catalog()?;
    eprint!("{}", loaded.report);
    let (kind, file) = command.subject();
    let addon = chosen(&loaded, kind, file)?;
    let manifest = match file {
        Some(file) => manifest::of_kind(file, addon)?,
        None => example(addon)
            .ok_or_else(|| Usage("the kind has no example; choose a manifest with `--file FILE`".into()))?,
    };
    let manifest = manifest::accept(addon, manifest)?;
    let was = command.was.as_deref().map(|file| manifest::accept(addon, manifest::of_kind(file, addon)?));
    let was = was.transpose()?;
    let recorded = command.answers.as_deref().map(manifest::answers).transpose()?;
    let recorded = recorded
        .as_ref()
        .and_then(Value::as_object)
        .cloned()
        .or_else(|| recorded_by(addon, &manifest))
        .unwrap_or_default();
    let replayed = replay(&Script { addon, manifest: &manifest, was: was.as_ref(), recorded: &recorded });
    let wanted = |part: Part| command.only.is_empty() || command.only.contains(&part);
    let mut documents = Vec::new();
    if wanted(Part::Crd) {
        documents.push(format!("# The CRD of the kind\n{}", crd::yaml(&crd::crd(addon))?));
    }
    if wanted(Part::Requests) {
        documents.extend(requests(addon, &replayed)?);
    }
    if wanted(Part::Secret) {
        documents.extend(replayed.secret.as_ref().map(|secret| self::secret(secret, &manifest)).transpose()?);
    }
    if wanted(Part::Status) {
        documents.push(status(&replayed)?);
    }
    print(&documents.join("---\n"))?;
    if !replayed.is_ready() {
        bail!("the resource does not become ready ({}): {}", replayed.reason, replayed.because);
    }
    Ok(())
}

impl Command {
    /// Returns the name of the kind and the file of the manifest. A file in the place of the kind is the
    /// manifest.
    fn subject(&self) -> (Option<&str>, Option<&Path>) {
        match (self.kind.as_deref(), self.file.as_deref()) {
            (Some(named), None) if Path::new(named).is_file() => (None, Some(Path::new(named))),
            subject => subject,
        }
    }
}

/// Returns the kind with this name, or that of the manifest; the manifest decides between groups that share a
/// name.
fn chosen<'a>(loaded: &'a LoadedCatalog, name: Option<&str>, file: Option<&Path>) -> Result<&'a Arc<Addon>> {
    let kinds = file.map(manifest::kinds).transpose()?.unwrap_or_default();
    let found = match (name, kinds.as_slice()) {
        (Some(name), _) => loaded.find_kinds(name)?,
        (None, [ManifestKind { kind, .. }]) => loaded.find_kinds(kind)?,
        (None, []) => return Err(Usage("choose a kind, or a manifest with `--file FILE`".into()).into()),
        (None, kinds) => {
            let names: Vec<_> = kinds.iter().map(|one| format!("`{}`", one.kind)).collect();
            return Err(Usage(format!(
                "the file has manifests of several kinds: {}; choose one with `catalog render KIND --file FILE`",
                names.join(", ")
            ))
            .into());
        }
    };
    let is_named = |addon: &&&Arc<Addon>| kinds.iter().any(|one| one.group == addon.resource.group);
    let chosen = found.iter().find(is_named).or(found.first());
    let addon = *chosen.context("unknown kind")?;
    match engine::kind_obstacle(addon) {
        None => Ok(addon),
        Some(why) => Err(Usage(format!("`{}` cannot be rendered: {why}", addon.resource.kind)).into()),
    }
}

fn example(addon: &Addon) -> Option<Value> {
    let example = addon.examples.first()?;
    let version = addon.resource.versions.first().map(String::as_str).unwrap_or_default();
    Some(json!({
        "apiVersion": format!("{}/{version}", addon.resource.group),
        "kind": addon.resource.kind,
        "metadata": { "name": example.name },
        "spec": example.spec,
    }))
}

/// Returns the recorded answers of the example with this name.
fn recorded_by(addon: &Addon, manifest: &Value) -> Option<Map<String, Value>> {
    let name = manifest["metadata"]["name"].as_str()?;
    addon.examples.iter().find(|example| example.name == name).map(|example| example.recorded.clone())
}

/// Renders a document for each request; the first shows the authentication, by the names of the credentials
/// only.
fn requests(addon: &Addon, replayed: &Simulation) -> Result<Vec<String>> {
    let document = |(index, exchange): (usize, &Exchange)| {
        let comment = match index {
            0 => format!("# {}\n", authentication(&addon.api)),
            _ => String::new(),
        };
        let mut request = json!({ "request": format!("{} {}", exchange.sent.method, exchange.sent.url) });
        request
            .as_object_mut()
            .into_iter()
            .for_each(|request| request.extend(exchange.sent.body.clone().map(|body| ("body".into(), body))));
        Ok(format!(
            "{comment}# Request {}, `{}`: {}\n{}",
            index + 1,
            exchange.asked,
            exchange.because,
            crd::yaml(&request)?
        ))
    };
    replayed.exchanges.iter().enumerate().map(document).collect()
}

fn authentication(api: &Api) -> String {
    let ways: Vec<_> = api.auth.iter().map(way).collect();
    format!("Requests authenticate by {}", ways.join(", or by "))
}

fn way(scheme: &AuthScheme) -> String {
    let name = match &scheme.scheme {
        Scheme::OAuth1 { signature, .. } => format!("OAuth 1.0a ({})", signature.name()),
        Scheme::Bearer { .. } => "bearer token".to_owned(),
        Scheme::Basic { user: Some(_), password: None } => "user without a password".to_owned(),
        Scheme::Basic { user: None, .. } => "password without a user".to_owned(),
        Scheme::Basic { .. } => "user and password".to_owned(),
        Scheme::Header { name, .. } => format!("the header {name}"),
        Scheme::Exchange { .. } => "a token from a token exchange".to_owned(),
        Scheme::None => return "nothing".to_owned(),
    };
    let hosts =
        if scheme.hosts.is_empty() { String::new() } else { format!(" at {}", scheme.hosts.join(", ")) };
    let elsewhere = scheme.endpoint.iter().map(|endpoint| format!(" at {endpoint}")).collect::<String>();
    format!("{name} with {}{hosts}{elsewhere}", scheme.needs().join(", "))
}

fn secret(secret: &Secret, manifest: &Value) -> Result<String> {
    let mut metadata = json!({ "name": secret.name });
    if let Some(namespace) = manifest["metadata"]["namespace"].as_str() {
        metadata["namespace"] = namespace.into();
    }
    let kind = secret.type_name.as_deref().unwrap_or(OPAQUE);
    let document = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "stringData": secret.keys });
    Ok(format!("# The Secret, with what was recorded in it\n{}", crd::yaml(&document)?))
}

fn status(replayed: &Simulation) -> Result<String> {
    let ready = if replayed.is_ready() { "True" } else { "False" };
    let condition =
        json!({ "type": "Ready", "status": ready, "reason": replayed.reason, "message": replayed.because });
    let mut status = replayed.status.clone();
    status.insert("conditions".into(), json!([condition]));
    Ok(format!("# The status\n{}", crd::yaml(&json!({ "status": status }))?))
}
