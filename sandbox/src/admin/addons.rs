//! Inserts and patches add-ons without the API: twins, old add-ons, changes by other clients. Validation is
//! minimal, so that add-ons can have plans and versions that are no longer offered.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::addon::EnvVariable;
use crate::cloud::Cloud;
use crate::offers::{AddonPlan, AddonVersion, ProviderOffer};
use crate::template::TemplateValues;
use crate::time::Millis;
use crate::world::{CreationContext, NewAddon};

/// A request to insert an add-on and its children.
#[derive(Debug)]
pub(crate) struct AddonInsert {
    owner: String,
    provider: String,
    patch: AddonPatch,
}

/// Fields to change on an add-on. Absent fields stay unchanged.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct AddonPatch {
    id: Option<String>,
    real_id: Option<String>,
    name: Option<String>,
    plan: Option<PlanRef>,
    region: Option<String>,
    version: Option<String>,
    options: BTreeMap<String, String>,
    created_at: Option<Millis>,
    deleted_at: Option<Millis>,
    tags: Option<Vec<String>>,
    env: Option<Vec<EnvVariable>>,
    /// Generated values: `host`, `password` …
    values: TemplateValues,
}

/// A reference to an offered plan by id or slug, or the definition of another plan.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PlanRef {
    Offered(String),
    Inline(AddonPlan),
}

impl AddonInsert {
    /// Parses `owner`, `provider` and the fields of an [`AddonPatch`].
    pub(crate) fn parse(mut fields: Map<String, Value>) -> Result<Self> {
        let mut text = |name: &str| {
            let value = fields.remove(name).with_context(|| format!("{name:?} is missing"))?;
            value.as_str().map(str::to_owned).with_context(|| format!("{name:?} is not a string"))
        };
        Ok(Self {
            owner: text("owner")?,
            provider: text("provider")?,
            patch: serde_json::from_value(fields.into())?,
        })
    }

    /// Creates the add-on and returns its id.
    pub(crate) fn insert(self, cloud: &mut Cloud) -> Result<String> {
        let now = cloud.now();
        let Self { owner, provider, mut patch } = self;
        let offer = cloud
            .offers
            .providers
            .get(&provider)
            .with_context(|| format!("unknown provider {provider:?}"))?;
        let plan = match patch.plan.take() {
            Some(choice) => choice.resolve(offer)?,
            None => offer.plans.first().context("the provider has no plans")?.clone(),
        };
        let region =
            patch.region.take().or_else(|| offer.regions_for(None).into_iter().next()).unwrap_or_default();
        let version = offer.version(&plan, &region, None).unwrap_or_default();
        let name = patch.name.take().unwrap_or_default();
        let options = std::mem::take(&mut patch.options);
        let new = NewAddon { owner, provider, name, plan, region, version, options };
        let Cloud { service, offers, world, .. } = cloud;
        let id = world.create(CreationContext { service, offers }, new, now);
        patch.apply(cloud, &id)
    }
}

impl AddonPatch {
    /// Applies the patch and returns the add-on's id, which the patch may have changed.
    pub(crate) fn apply(self, cloud: &mut Cloud, id: &str) -> Result<String> {
        let Cloud { world, offers, .. } = cloud;
        let addon = world.by_id_mut(id).with_context(|| format!("unknown add-on {id:?}"))?;
        let plan = match self.plan {
            Some(choice) => Some(
                choice.resolve(
                    offers
                        .providers
                        .get(&addon.provider)
                        .context("the provider of the add-on is not in the offers")?,
                )?,
            ),
            None => None,
        };
        replace(&mut addon.plan, plan);
        replace(&mut addon.real_id, self.real_id);
        replace(&mut addon.name, self.name);
        replace(&mut addon.region, self.region);
        replace(
            &mut addon.version,
            self.version.map(|version| AddonVersion { asked: Some(version.clone()), exact: Some(version) }),
        );
        replace(&mut addon.created_at, self.created_at);
        replace(&mut addon.tags, self.tags);
        replace(&mut addon.env, self.env);
        addon.deleted_at = self.deleted_at.or(addon.deleted_at);
        addon.options.extend(self.options);
        addon.values.extend(self.values);
        let new_id = self.id.unwrap_or_else(|| id.to_owned());
        world.replace_id(id, &new_id);
        Ok(new_id)
    }
}

impl PlanRef {
    fn resolve(self, offer: &ProviderOffer) -> Result<AddonPlan> {
        match self {
            Self::Inline(plan) => Ok(plan),
            Self::Offered(name) => {
                offer.plan(&name).cloned().with_context(|| format!("unknown plan {name:?}"))
            }
        }
    }
}

fn replace<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
