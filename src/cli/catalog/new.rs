//! `catalog new PROVIDER`: a commented file of a first kind, made of what the cloud offers today; `catalog new --api-file NAME`: one of a
//! first API. What it prints, `catalog check` takes.

mod api_file;
mod kind_file;

use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Args;
use interpreter::catalog::{self, Addon, Catalog, Source};
use tokio::runtime;

use crate::cli::run::configuration;
use crate::cli::{Arguments, Shelf, Usage, print};
use crate::engine;

/// What is printed.
#[derive(Debug, Args)]
pub struct Options {
    /// What the cloud calls the product; a name that it does not know is answered with those that it knows
    #[arg(required_unless_present = "api_file")]
    provider: Option<String>,
    /// The API that makes it; may be left out where the catalog has one that tells what it offers
    #[arg(long, value_name = "NAME", conflicts_with = "api_file")]
    api: Option<String>,
    /// Prints the file of an API of this name instead, for a service of one's own
    #[arg(long, value_name = "NAME", requires = "endpoint", conflicts_with = "provider")]
    api_file: Option<String>,
    /// Where that service is
    #[arg(long, value_name = "URL", requires = "api_file")]
    endpoint: Option<String>,
}

/// Prints it.
pub(super) fn new(arguments: &Arguments, options: &Options) -> Result<()> {
    if let Some((name, endpoint)) = options.api_file.as_deref().zip(options.endpoint.as_deref()) {
        return print(&sound(api_file::text(name, endpoint), &[])?);
    }
    let shelf = arguments.shelf()?;
    let source = api(&shelf, options.api.as_deref())?;
    let provider = options.provider.as_deref().unwrap_or_default();
    let draft = draft(source, provider)?;
    let catalog = Arc::new(Catalog { apis: [(draft.api.name.clone(), draft.api.clone())].into(), ..Catalog::default() });
    let config = configuration(arguments, &catalog)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let window = runtime.block_on(engine::look(&draft, &catalog, &config))?;
    if !window.providers.is_empty() && !window.providers.iter().any(|known| known == provider) {
        return Err(Usage(unknown(provider, &window.providers)).into());
    }
    print(&sound(kind_file::text(&kind_file::Kind::of(&draft, &shelf.catalog), &window), std::slice::from_ref(source))?)
}

/// The file of the API that is meant.
fn api<'a>(shelf: &'a Shelf, name: Option<&str>) -> Result<&'a Source> {
    let is_one = |source: &&Source| !catalog::load(std::slice::from_ref(*source)).catalog.apis.is_empty();
    let named = |source: &Source| catalog::load(std::slice::from_ref(source)).catalog.apis.into_keys().next().unwrap_or_default();
    let all: Vec<_> = shelf.sources.iter().filter(is_one).map(|source| (named(source), source)).collect();
    let names: Vec<_> = all.iter().map(|(name, _)| format!("`{name}`")).collect();
    match (name, all.as_slice()) {
        (None, [(_, source)]) => Ok(source),
        (None, _) => Err(Usage(format!("say which API makes it with `--api NAME`; there is {}", names.join(", "))).into()),
        (Some(name), all) => {
            let found = all.iter().find(|(known, _)| known == name).map(|(_, source)| *source);
            found.ok_or_else(|| Usage(format!("there is no API `{name}`; there is {}", names.join(", "))).into())
        }
    }
}

/// A kind that has every field of the API, to ask with.
fn draft(api: &Source, provider: &str) -> Result<Arc<Addon>> {
    let lent = catalog::load(std::slice::from_ref(api)).catalog.apis.into_values().next();
    let lent = lent.ok_or_else(|| anyhow!("{} holds no API", api.path))?;
    let text = kind_file::draft(&lent, provider);
    let loaded = catalog::load(&[api.clone(), Source { path: "draft".into(), text }]);
    let draft = loaded.catalog.addons.into_values().next();
    let problems = || loaded.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    draft.ok_or_else(|| Usage(format!("nothing can be asked of `{provider}`: {}", problems())).into())
}

fn unknown(provider: &str, known: &[String]) -> String {
    let distance = |name: &&String| strsim::damerau_levenshtein(&name.to_lowercase(), &provider.to_lowercase());
    let near = known.iter().filter(|name| distance(name) <= name.len().div_ceil(3) || name.contains(provider)).min_by_key(distance);
    let nearest = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
    format!("`{provider}` is not on offer{nearest}\nthere is {}", known.join(", "))
}

/// What is printed has no error in it: else the fault is ours, and is said instead.
fn sound(text: String, beside: &[Source]) -> Result<String> {
    let sources = [beside, &[Source { path: "new.yaml".into(), text }]].concat();
    let loaded = catalog::load(&sources);
    let is_error = |problem: &&catalog::Problem| problem.severity == catalog::Severity::Error;
    let errors: Vec<_> = loaded.problems.iter().filter(is_error).cloned().collect();
    if errors.is_empty() {
        return Ok(sources.into_iter().next_back().map(|source| source.text).unwrap_or_default());
    }
    Err(Usage(format!("no sound file can be made of this:\n{}", catalog::show(&errors, &sources))).into())
}
