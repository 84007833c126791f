//! Probe of a cloud's current offers for one product, by the same requests as the operator's: a help for
//! authors of a catalog entry. Needs no cluster.

use std::sync::Arc;

use anyhow::anyhow;
use interpreter::catalog::{Addon, Catalog, Offer};
use interpreter::exchange::{self, Manifest, Offers};
use interpreter::reconcile::accepts;
use interpreter::resource;
use serde_json::Value;

use crate::config::Config;
use crate::engine::cloud_api::client::PermitSource;
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
    let context = resource::known(addon, Manifest::default(), &resolved.defaults);
    let mut answers = Vec::new();
    for Offer { read, .. } in &addon.offers {
        let answer = match access.question(addon, (&read.name, &read.request), false, &context) {
            Ok(question) => {
                let answer = access.ask(&question, PermitSource::Queue(Priority::User)).await;
                answer.map(Some).map_err(|failure| failure.outcome_without_resource())
            }
            Err(outcome) => Err(outcome),
        };
        answers.push(match answer {
            Err(outcome) if accepts(read, &outcome) => None,
            answer => answer.map_err(|outcome| {
                anyhow!(
                    "cannot read the offers of {}: {}",
                    addon.api.title,
                    labels::outcome_message(&outcome)
                )
            })?,
        });
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
