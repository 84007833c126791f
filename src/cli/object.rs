//! `configmap generate`, `secret generate`: what is written here, as an object that the operator reads in the cluster.

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::run::variable;
use super::{Arguments, Usage, print};
use crate::config::{self, ConfigError, OBJECT_KEY, OBJECT_NAME, Places, Vocabulary};

/// What to do with it.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints it, with all that the files and the environment say
    #[command(visible_alias = "g")]
    Generate {
        /// Its name; the operator reads no other by itself
        #[arg(short, long, default_value = OBJECT_NAME)]
        name: String,
        /// Its namespace, which is the operator's own
        #[arg(short = 'N', long, default_value = "clever-operator-system")]
        namespace: String,
    },
}

/// Which of the two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anybody who may look into the namespace reads it.
    ConfigMap,
    /// For credentials.
    Secret,
}

/// Does it.
pub fn run(arguments: &Arguments, kind: Kind, command: &Command) -> Result<()> {
    let Command::Generate { name, namespace } = command;
    let usage = |error: ConfigError| Usage(error.to_string());
    let vocabulary = Vocabulary::of(&arguments.shelf()?.catalog);
    let looked = config::search(arguments.config.as_deref(), &Places::of(&variable));
    let documents = config::documents(looked).map_err(usage)?;
    config::resolve(&documents, &variable, &vocabulary).map_err(usage)?;
    let written = config::written(&documents, &variable, &vocabulary);
    if written.is_empty() {
        return Err(Usage("nothing is written in any file or variable; `config check` shows where it was looked for".into()).into());
    }
    if kind == Kind::ConfigMap && written.iter().any(config::Written::is_credential) {
        eprintln!("warning: this ConfigMap holds credentials, and a Secret is the better place for them: `secret generate`");
    }
    if name != OBJECT_NAME {
        eprintln!("warning: the operator reads `{OBJECT_NAME}` alone; mount `{name}` as a file, or leave out `--name`");
    }
    print(&serde_yaml::to_string(&object(kind, (namespace, name), &config::toml(&written)?))?)
}

fn object(kind: Kind, (namespace, name): (&str, &str), text: &str) -> Value {
    let (kind, text) = match kind {
        Kind::ConfigMap => ("ConfigMap", text.to_owned()),
        Kind::Secret => ("Secret", BASE64_STANDARD.encode(text)),
    };
    let data: Map<String, Value> = [(OBJECT_KEY.to_owned(), Value::from(text))].into_iter().collect();
    json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name, "namespace": namespace }, "data": data })
}
