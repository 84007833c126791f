//! `catalog new PROVIDER`: prints a commented file of a new kind, made of what the cloud offers today;
//! `catalog new --api-file NAME`: one of a new API. Both pass `catalog check`.

mod api_file;
mod kind_file;

use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Args;
use interpreter::catalog::{self, Addon, Catalog, Source};
use tokio::runtime;

use crate::cli::catalog_source::LoadedCatalog;
use crate::cli::config_source::configuration;
use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::engine;

/// Options of `catalog new`.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Describe this product of the cloud; for an unknown name, the error lists the known ones
    #[arg(required_unless_present = "api_file")]
    provider: Option<String>,
    /// Use this API; optional if the catalog has only one
    #[arg(long, value_name = "NAME", conflicts_with = "api_file")]
    api: Option<String>,
    /// Print the file of an API of this name instead, for a service of your own
    #[arg(long, value_name = "NAME", requires = "endpoint", conflicts_with = "provider")]
    api_file: Option<String>,
    /// Use this endpoint of the service
    #[arg(long, value_name = "URL", requires = "api_file")]
    endpoint: Option<String>,
}

/// Prints the file.
pub(super) fn new(options: &GlobalOptions, command: &Command) -> Result<()> {
    if let Some((name, endpoint)) = command.api_file.as_deref().zip(command.endpoint.as_deref()) {
        return print(&validated(api_file::text(name, endpoint), &[])?);
    }
    let loaded = options.load_catalog()?;
    let source = api(&loaded, command.api.as_deref())?;
    let provider = command.provider.as_deref().unwrap_or_default();
    let draft = draft(source, provider)?;
    let catalog = Arc::new(Catalog {
        apis: [(draft.api.name.clone(), draft.api.clone())].into(),
        ..Catalog::default()
    });
    let config = configuration(options, &catalog)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let window = runtime.block_on(engine::look(&draft, &catalog, &config))?;
    if !window.providers.is_empty() && !window.providers.iter().any(|known| known == provider) {
        return Err(Usage(unknown(provider, &window.providers)).into());
    }
    print(&validated(
        kind_file::text(&kind_file::Kind::of(&draft, &loaded.catalog), &window),
        std::slice::from_ref(source),
    )?)
}

/// Returns the file of the chosen API.
fn api<'a>(loaded: &'a LoadedCatalog, name: Option<&str>) -> Result<&'a Source> {
    let is_one = |source: &&Source| !catalog::load(std::slice::from_ref(*source)).catalog.apis.is_empty();
    let named = |source: &Source| {
        catalog::load(std::slice::from_ref(source)).catalog.apis.into_keys().next().unwrap_or_default()
    };
    let all: Vec<_> = loaded.sources.iter().filter(is_one).map(|source| (named(source), source)).collect();
    let names: Vec<_> = all.iter().map(|(name, _)| format!("`{name}`")).collect();
    match (name, all.as_slice()) {
        (None, [(_, source)]) => Ok(source),
        (None, _) => {
            Err(Usage(format!("choose an API with `--api NAME`; the APIs are {}", names.join(", "))).into())
        }
        (Some(name), all) => {
            let found = all.iter().find(|(known, _)| known == name).map(|(_, source)| *source);
            found.ok_or_else(|| {
                Usage(format!("unknown API `{name}`; the APIs are {}", names.join(", "))).into()
            })
        }
    }
}

/// Returns a kind with every field of the API, to send requests with.
fn draft(api: &Source, provider: &str) -> Result<Arc<Addon>> {
    let lent = catalog::load(std::slice::from_ref(api)).catalog.apis.into_values().next();
    let lent = lent.ok_or_else(|| anyhow!("{} contains no API", api.path))?;
    let text = kind_file::draft(&lent, provider);
    let loaded = catalog::load(&[api.clone(), Source { path: "draft".into(), text }]);
    let draft = loaded.catalog.addons.into_values().next();
    let problems =
        || loaded.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    draft.ok_or_else(|| Usage(format!("no request can be made for `{provider}`: {}", problems())).into())
}

fn unknown(provider: &str, known: &[String]) -> String {
    let distance =
        |name: &&String| strsim::damerau_levenshtein(&name.to_lowercase(), &provider.to_lowercase());
    let near = known
        .iter()
        .filter(|name| distance(name) <= name.len().div_ceil(3) || name.contains(provider))
        .min_by_key(distance);
    let nearest = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    format!("`{provider}` is not on offer{nearest}\nThe products on offer are: {}", known.join(", "))
}

/// Returns the text if it is a valid catalog file; otherwise returns its problems, which are a bug of the
/// template.
fn validated(text: String, beside: &[Source]) -> Result<String> {
    let sources = [beside, &[Source { path: "new.yaml".into(), text }]].concat();
    let loaded = catalog::load(&sources);
    let is_error = |problem: &&catalog::Problem| problem.severity == catalog::Severity::Error;
    let errors: Vec<_> = loaded.problems.iter().filter(is_error).cloned().collect();
    if errors.is_empty() {
        return Ok(sources.into_iter().next_back().map(|source| source.text).unwrap_or_default());
    }
    Err(Usage(format!(
        "the generated file is not valid, which is a bug of this command:\n{}",
        catalog::show(&errors, &sources)
    ))
    .into())
}
