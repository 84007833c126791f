//! The offers: providers, plans, regions and versions (`data/offers.json`, or a file of the same format). The
//! appearance of created add-ons is in `service`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::service::{ApiErrorKind, OrderedMap};

/// All offers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offers {
    /// Fields that are the same for every provider.
    about: Map<String, Value>,
    /// Features by their code. A feature without a code has its name instead.
    features: OrderedMap<FeatureKind>,
    pub(crate) zones: Vec<Value>,
    pub(crate) providers: OrderedMap<ProviderOffer>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureKind {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default = "yes")]
    computable: bool,
}

/// The offer of one provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderOffer {
    name: String,
    short_desc: String,
    long_desc: String,
    logo_url: String,
    pub(crate) can_upgrade: bool,
    price_family: String,
    regions: Vec<String>,
    /// Private regions, by organisation.
    #[serde(default)]
    private_regions: BTreeMap<String, Vec<String>>,
    /// Features that differ from the usual ones of their code.
    #[serde(default)]
    features: OrderedMap<FeatureKind>,
    /// Feature → value → `computable_value`, for values that differ from the computed one.
    #[serde(default)]
    computable: BTreeMap<String, BTreeMap<String, String>>,
    /// Versions, oldest first; absent if the platform has no information about the provider.
    #[serde(default)]
    pub(crate) versions: Option<ProviderVersions>,
    pub(crate) plans: Vec<AddonPlan>,
}

/// Versions of a database engine or a product.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderVersions {
    /// Version of an add-on that asks for none; absent if no version can be chosen.
    #[serde(default)]
    pub(crate) default: Option<String>,
    pub(crate) dedicated: OrderedMap<DedicatedVersion>,
    /// Version of the shared cluster, by region.
    #[serde(default)]
    pub(crate) shared: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DedicatedVersion {
    /// Version shown in the detail, if more precise than the requested one.
    #[serde(default)]
    exact: Option<String>,
}

/// A plan of a provider. Stored with every add-on, because plans can be withdrawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddonPlan {
    pub(crate) slug: String,
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) price: f64,
    #[serde(default)]
    features: Map<String, Value>,
    /// Regions that offer the plan; all regions of the provider if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zones: Option<Vec<String>>,
}

/// A version as requested, and as shown in the detail.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AddonVersion {
    pub(crate) asked: Option<String>,
    pub(crate) exact: Option<String>,
}

impl Offers {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Ok(serde_json::from_str(text)?)
    }

    /// Renders a provider with its plans for `viewer`.
    pub(crate) fn provider_with_plans(
        &self,
        slug: &str,
        offer: &ProviderOffer,
        viewer: Option<&str>,
    ) -> Value {
        let mut view = self.provider(slug, offer, viewer);
        let plans = offer.plans.iter().map(|plan| self.plan(offer, plan)).collect();
        view.insert("plans".into(), Value::Array(plans));
        let used: BTreeSet<&String> = offer.plans.iter().flat_map(|plan| plan.features.keys()).collect();
        let feature = |code: &&String| {
            let kind = self.feature_kind(offer, code)?;
            Some(json!({"name": kind.name, "type": kind.kind, "name_code": kind.code(code)}))
        };
        view.insert("features".into(), used.iter().filter_map(feature).collect());
        Value::Object(view)
    }

    /// Renders a provider as it appears in its add-ons.
    pub(crate) fn provider(
        &self,
        slug: &str,
        offer: &ProviderOffer,
        viewer: Option<&str>,
    ) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("id".into(), slug.into());
        view.insert("name".into(), offer.name.clone().into());
        view.extend(self.about.clone());
        view.insert("shortDesc".into(), offer.short_desc.clone().into());
        view.insert("longDesc".into(), offer.long_desc.clone().into());
        view.insert("logoUrl".into(), offer.logo_url.clone().into());
        view.insert("canUpgrade".into(), offer.can_upgrade.into());
        view.insert("regions".into(), offer.regions_for(viewer).into());
        view
    }

    /// Renders a plan with its features.
    pub(crate) fn plan(&self, offer: &ProviderOffer, plan: &AddonPlan) -> Value {
        let features: Vec<Value> = plan
            .features
            .iter()
            .filter_map(|(code, value)| self.feature(offer, code, value.as_str()?))
            .collect();
        json!({
            "id": plan.id, "name": plan.name, "slug": plan.slug, "price": plan.price,
            "price_id": offer.price_id(plan),
            "features": features,
            "zones": plan.zones.as_ref().unwrap_or(&offer.regions),
        })
    }

    /// Returns the id of a region if it is a known zone.
    pub(crate) fn zone_id(&self, region: &str) -> Option<Value> {
        self.zones.iter().find(|zone| zone["name"] == region).map(|zone| zone["id"].clone())
    }

    fn feature(&self, offer: &ProviderOffer, code: &str, value: &str) -> Option<Value> {
        let kind = self.feature_kind(offer, code)?;
        let exception = offer.computable.get(code).and_then(|values| values.get(value)).cloned();
        let computable = exception.unwrap_or_else(|| computable_value(&kind.kind, value));
        Some(json!({
            "name": kind.name, "type": kind.kind, "value": value,
            "computable_value": kind.computable.then_some(computable), "name_code": kind.code(code),
        }))
    }

    fn feature_kind<'a>(&'a self, offer: &'a ProviderOffer, code: &str) -> Option<&'a FeatureKind> {
        offer.features.get(code).or_else(|| self.features.get(code))
    }
}

impl ProviderOffer {
    /// Returns the regions that `viewer` sees, private regions last.
    pub(crate) fn regions_for(&self, viewer: Option<&str>) -> Vec<String> {
        let private = viewer.and_then(|owner| self.private_regions.get(owner));
        self.regions.iter().chain(private.into_iter().flatten()).cloned().collect()
    }

    /// Finds a plan by id or slug.
    pub(crate) fn plan(&self, name: &str) -> Option<&AddonPlan> {
        self.plans
            .iter()
            .find(|plan| plan.id == name)
            .or_else(|| self.plans.iter().find(|plan| plan.slug == name))
    }

    /// Returns the version of a new add-on. On a shared plan it is the version of the region's cluster,
    /// whatever the request contains.
    pub(crate) fn version(
        &self,
        plan: &AddonPlan,
        region: &str,
        asked: Option<&str>,
    ) -> Result<AddonVersion, ApiErrorKind> {
        match &self.versions {
            None => Ok(AddonVersion::default()),
            Some(versions) if plan.is_shared() => versions.shared(region),
            Some(versions) => versions.dedicated(asked),
        }
    }

    /// Returns the versions that can be chosen, oldest first.
    pub(crate) fn version_names(&self) -> Vec<String> {
        let dedicated = self.versions.iter().flat_map(|versions| &versions.dedicated.0);
        dedicated.map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn price_id(&self, plan: &AddonPlan) -> String {
        format!("{}.{}", self.price_family, plan.slug)
    }
}

impl FeatureKind {
    fn code<'a>(&self, code: &'a str) -> Option<&'a str> {
        (code != self.name).then_some(code)
    }
}

fn yes() -> bool {
    true
}

impl ProviderVersions {
    fn shared(&self, region: &str) -> Result<AddonVersion, ApiErrorKind> {
        let version = self.shared.get(region).ok_or(ApiErrorKind::NoCapacity)?;
        Ok(AddonVersion { asked: Some(version.clone()), exact: Some(version.clone()) })
    }

    fn dedicated(&self, asked: Option<&str>) -> Result<AddonVersion, ApiErrorKind> {
        let Some(asked) = asked.or(self.default.as_deref()) else {
            return Ok(AddonVersion::default());
        };
        let known = self.dedicated.get(asked).ok_or(ApiErrorKind::InvalidVersion)?;
        Ok(AddonVersion {
            asked: Some(asked.to_owned()),
            exact: Some(known.exact.clone().unwrap_or_else(|| asked.to_owned())),
        })
    }
}

impl AddonPlan {
    /// Returns whether the plan runs on a shared cluster, where options of dedicated plans are ignored.
    pub(crate) fn is_shared(&self) -> bool {
        self.features
            .get("is-dedicated")
            .and_then(Value::as_str)
            .is_some_and(|value| value.eq_ignore_ascii_case("shared"))
    }

    /// Returns whether the plan is offered in a region. A plan without its own list is offered in all regions
    /// of its provider.
    pub(crate) fn is_offered_in(&self, region: &str) -> bool {
        self.zones.as_ref().is_none_or(|zones| zones.iter().any(|zone| zone == region))
    }
}

fn computable_value(kind: &str, value: &str) -> String {
    match kind {
        "BYTES" => bytes(value).map_or_else(|| value.to_owned(), |count| count.to_string()),
        "BOOLEAN" => (value == "Yes").to_string(),
        "BOOLEAN_SHARED" | "NUMBER" => value.to_lowercase(),
        _ => value.to_owned(),
    }
}

fn bytes(value: &str) -> Option<u64> {
    let (count, unit) = value.split_once(' ')?;
    let shift = match unit {
        "MB" => 20,
        "GB" => 30,
        "TB" => 40,
        _ => return None,
    };
    Some(count.parse::<u64>().ok()? << shift)
}
