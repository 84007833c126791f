//! Probe of a cloud's current offers for one product, by the same requests as the operator's: a help for
//! authors of a catalog entry. Needs no cluster.

use std::sync::Arc;

use anyhow::anyhow;
use interpreter::catalog::{Addon, Catalog, Read};
use interpreter::exchange::{self, Manifest, Offers};
use interpreter::reconcile::accepts;
use interpreter::resource;
use serde_json::Value;

use crate::config::Config;
use crate::engine::cloud_api::client::{Access, PermitSource, Question};
use crate::engine::credentials::connect::Connector;
use crate::engine::credentials::resolve::of_operator;
use crate::engine::labels;
use crate::priority::Priority;

/// Result of a probe.
#[derive(Debug)]
pub struct Window {
    /// The offers, as a spec would be validated against them.
    pub offers: Offers,
    /// The cloud's names of its products, where an answer contains them.
    pub providers: Vec<String>,
    /// Unparsed answers about the product that contain no plans.
    pub further: Vec<Value>,
}

/// Probes the offers. The error says which request failed, or what to configure.
pub async fn look(addon: &Addon, catalog: &Catalog, config: &Config) -> anyhow::Result<Window> {
    let connector = Connector::new(catalog, config.operator.request_timeout, Arc::default())?;
    let resolved = of_operator(&connector, config, &addon.api);
    let access = resolved.access.map_err(|why| anyhow!("{why}"))?;
    let mut answers = Vec::new();
    for offer in &addon.offers {
        answers.push(ask(addon, &access, &offer.read, &resolved.defaults).await?);
    }
    let with_offers = || addon.offers.iter().zip(&answers);
    let names =
        with_offers().filter_map(|(offer, answer)| Some(offer.providers.as_ref()?.all(answer.as_ref()?)));
    let providers = names.flatten().filter_map(exchange::text).collect();
    let further = with_offers()
        .filter(|(offer, _)| offer.plans.is_none())
        .filter_map(|(_, answer)| answer.clone())
        .collect();
    Ok(Window { offers: exchange::offered(addon, &answers)?, providers, further })
}

async fn ask(addon: &Addon, access: &Access, read: &Read, defaults: &Value) -> anyhow::Result<Option<Value>> {
    let context = resource::known(addon, Manifest::default(), defaults);
    let question =
        Question { addon, operation: &read.name, writes: false, request: &read.request, context: &context };
    match access.ask(question, PermitSource::Queue(Priority::User)).await {
        Ok(answer) => Ok(Some(answer)),
        Err(outcome) if accepts(read, &outcome) => Ok(None),
        Err(outcome) => Err(anyhow!(
            "cannot read the offers of {}: {}",
            addon.api.title,
            labels::outcome_message(&outcome)
        )),
    }
}
