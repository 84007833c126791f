//! `config check`, `--check`: shows the configuration, and refuses what the operator would refuse.

use anyhow::Result;

use crate::cli::config::overview;
use crate::cli::config_source::{Unusable, misspelt_variables, usable, variable};
use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::config::{self, ConfigError, KnownKeys, OBJECT_NAME, SearchPaths};

/// Prints the sources and the effective configuration. Returns its problems as an error.
pub(in crate::cli) fn check(options: &GlobalOptions) -> Result<()> {
    let loaded = options.load_catalog()?;
    eprint!("{}", loaded.report);
    let (known_keys, catalog) = (KnownKeys::of(&loaded.catalog), loaded.catalog);
    let (file, paths) = (options.config.as_deref(), SearchPaths::of(&variable));
    let results = config::search(file, &paths);
    print(&overview::sources(&results, Some(&paths).filter(|_| file.is_none()), &variables(&known_keys)))?;

    let usage = |error: ConfigError| Usage(error.to_string());
    let documents = config::documents(results).map_err(usage)?;
    let config = config::resolve(&documents, &variable, &known_keys).map_err(usage)?;
    let values = config::effective_values(&documents, &variable, &known_keys);
    print(&format!("\n{}\n{}", overview::values(&values), overview::effective(&config, &values, &catalog)))?;

    match usable(&catalog, &config) {
        Err(why @ Unusable::Api(..)) if file.is_none() => Err(Usage(format!(
            "{why}\nthe operator also reads the Secret `{OBJECT_NAME}` of its namespace, which this command does not"
        ))
        .into()),
        Err(why) => Err(Usage(why.to_string()).into()),
        Ok(warnings) => {
            warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
            print("\nThe configuration is valid.\n")
        }
    }
}

/// Counts the known variables that are set, and finds unknown ones that resemble a known one.
fn variables(known_keys: &KnownKeys) -> overview::Variables {
    let set = known_keys.keys().iter().filter(|key| variable(&config::variable(key)).is_some()).count();
    overview::Variables { set, misspelt: misspelt_variables(known_keys) }
}
