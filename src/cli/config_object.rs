//! `configmap generate`, `secret generate`: print the local configuration as an object that the operator
//! reads in the cluster.

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::cli::config_source::variable;
use crate::cli::error::Usage;
use crate::cli::options::GlobalOptions;
use crate::cli::output::print;
use crate::config::{self, ConfigError, KnownKeys, OBJECT_KEY, OBJECT_NAME, SearchPaths};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the merged configuration of files and environment
    #[command(visible_alias = "g")]
    Generate {
        /// Give the object this name; the operator reads only the default name
        #[arg(short, long, default_value = OBJECT_NAME)]
        name: String,
        /// Put the object into this namespace, which must be the operator's
        #[arg(short = 'N', long, default_value = "clever-operator-system")]
        namespace: String,
    },
}

/// The kind of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Readable by everyone with access to the namespace.
    ConfigMap,
    /// For credentials.
    Secret,
}

/// Runs the subcommand.
pub(crate) fn run(options: &GlobalOptions, kind: Kind, command: &Command) -> Result<()> {
    let Command::Generate { name, namespace } = command;
    let usage = |error: ConfigError| Usage(error.to_string());
    let known_keys = KnownKeys::of(&options.load_catalog()?.catalog);
    let results = config::search(options.config.as_deref(), &SearchPaths::of(&variable));
    let documents = config::documents(results).map_err(usage)?;
    config::resolve(&documents, &variable, &known_keys).map_err(usage)?;
    let values = config::effective_values(&documents, &variable, &known_keys);
    if values.is_empty() {
        return Err(Usage(
            "no file or variable configures anything; `config check` lists where the operator looks".into(),
        )
        .into());
    }
    if kind == Kind::ConfigMap && values.iter().any(config::EffectiveValue::is_credential) {
        eprintln!("warning: this ConfigMap contains credentials; use a Secret instead: `secret generate`");
    }
    if name != OBJECT_NAME {
        eprintln!(
            "warning: the operator reads only `{OBJECT_NAME}`; mount `{name}` as a file, or omit `--name`"
        );
    }
    print(&serde_yaml::to_string(&object(kind, (namespace, name), &config::to_toml(&values)?))?)
}

fn object(kind: Kind, (namespace, name): (&str, &str), text: &str) -> Value {
    let (kind, text) = match kind {
        Kind::ConfigMap => ("ConfigMap", text.to_owned()),
        Kind::Secret => ("Secret", BASE64_STANDARD.encode(text)),
    };
    let data: Map<String, Value> = [(OBJECT_KEY.to_owned(), Value::from(text))].into_iter().collect();
    json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name, "namespace": namespace }, "data": data })
}
