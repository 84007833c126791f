//! `config check`, `--check`: shows as much as there is to show, and then refuses what the operator would refuse.

use anyhow::Result;

use super::overview;
use crate::cli::run::variable;
use crate::cli::{Arguments, Usage, print};
use crate::config::{self, ConfigError, OBJECT_NAME, Places, Vocabulary};

/// Prints what was found and what is in force. What is wrong is the error.
pub(in crate::cli) fn check(arguments: &Arguments) -> Result<()> {
    let shelf = arguments.shelf()?;
    eprint!("{}", shelf.complaints);
    let (vocabulary, catalog) = (Vocabulary::of(&shelf.catalog), shelf.catalog);
    let (file, places) = (arguments.config.as_deref(), Places::of(&variable));
    let looked = config::search(file, &places);
    print(&overview::places(&looked, Some(&places).filter(|_| file.is_none()), &variables(&vocabulary)))?;

    let usage = |error: ConfigError| Usage(error.to_string());
    let documents = config::documents(looked).map_err(usage)?;
    let config = config::resolve(&documents, &variable, &vocabulary).map_err(usage)?;
    let written = config::written(&documents, &variable, &vocabulary);
    print(&format!("\n{}\n{}", overview::written(&written), overview::in_force(&config, &written, &catalog)))?;

    let catalog = catalog.switched(&config.operator.switches);
    let unusable = config::unusable(&config, &catalog);
    let begun = |api: &str| config.apis.get(api).is_some_and(|settings| !settings.credentials.is_empty());
    let usable = catalog.addons.values().any(|addon| !unusable.contains_key(&addon.api.name));
    match unusable.iter().find(|(api, _)| begun(api) || !usable) {
        Some((_, missing)) if file.is_some() => Err(Usage(missing.to_string()).into()),
        Some((_, missing)) => Err(Usage(format!(
            "{missing}\nin a cluster, what is missing may as well stand in the Secret `{OBJECT_NAME}`, which is not seen here"
        ))
        .into()),
        None => {
            unusable.iter().for_each(|(api, missing)| eprintln!("warning: the add-ons of `{api}` cannot be managed: {missing}"));
            print("\nIt can be used.\n")
        }
    }
}

/// How many variables are set, and which look as if they were meant to be.
fn variables(vocabulary: &Vocabulary) -> overview::Variables {
    let set = vocabulary.keys().iter().filter(|key| variable(&config::variable(key)).is_some()).count();
    let mut misspelt: Vec<_> = std::env::vars_os().filter_map(|(name, _)| vocabulary.meant_by(name.to_str()?)).collect();
    misspelt.sort();
    overview::Variables { set, misspelt }
}
