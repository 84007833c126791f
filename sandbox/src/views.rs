//! Renders add-ons, migrations and accounts as JSON, with the templates of the service description.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::accounts::Account;
use crate::addon::{Addon, Bucket, EnvVariable, Migration, MigrationStatus};
use crate::id_generator::stable_uuid;
use crate::network_group::NetworkGroup;
use crate::offers::{AddonPlan, Offers, ProviderOffer};
use crate::options;
use crate::service::{ConditionalText, OptionKind, Provider, ServiceDescription, TemplateName};
use crate::settings::{CloudSettings, OutputVersion};
use crate::template::{TemplateValues, render, render_text, to_text};
use crate::time::Millis;

const HOUR: Millis = 3_600_000;
const HOURS_OF_A_MONTH: f64 = 720.0;

/// The inputs of rendering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Views<'a> {
    pub(crate) service: &'a ServiceDescription,
    pub(crate) offers: &'a Offers,
    pub(crate) settings: &'a CloudSettings,
    pub(crate) now: Millis,
}

impl Views<'_> {
    pub(crate) fn addon(&self, addon: &Addon) -> Value {
        self.render(TemplateName::View, &self.values(addon))
    }

    /// Renders an add-on for the summary of an account.
    pub(crate) fn summary_addon(&self, addon: &Addon) -> Value {
        let mut values = self.values(addon);
        values.insert("providerId".into(), addon.provider.clone().into());
        values.insert("tags".into(), json!(addon.tags));
        self.render(TemplateName::SummaryView, &values)
    }

    /// Renders the user, or an organisation, for the summary of an account.
    pub(crate) fn summary_owner(&self, id: &str, name: &str, addons: Vec<Value>) -> Value {
        let values = json!({"id": id, "name": name, "shown": addons});
        self.render(TemplateName::SummaryOwner, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    /// Renders the summary of an account.
    pub(crate) fn summary(&self, user: Value, organisations: Vec<Value>) -> Value {
        let values = json!({"user": user, "owners": organisations});
        self.render(TemplateName::Summary, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    /// Renders an add-on for its provider's own path.
    pub(crate) fn detail(&self, addon: &Addon) -> Value {
        let template = self.provider(addon).map(|provider| provider.detail.clone()).unwrap_or_default();
        render(&template, &self.values(addon))
    }

    pub(crate) fn version_check(&self, addon: &Addon) -> Value {
        self.render(TemplateName::VersionCheck, &self.values(addon))
    }

    /// Renders the instance of an add-on, if the platform shows one.
    pub(crate) fn instances(&self, addon: &Addon) -> Value {
        let Some(port) = self.provider(addon).and_then(|provider| provider.instance_port) else {
            return json!([]);
        };
        let state = match addon.is_older_than(self.settings.provisioning, self.now) {
            _ if addon.is_migrating(self.now) => "MIGRATION_IN_PROGRESS",
            true => "UP",
            false => "DEPLOYING",
        };
        let mut values = self.values(addon);
        values.insert("instanceId".into(), stable_uuid(&addon.id).into());
        values.insert("instancePort".into(), port.into());
        values.insert("state".into(), state.into());
        json!([self.render(TemplateName::Instance, &values)])
    }

    pub(crate) fn backups(&self, addon: &Addon) -> Value {
        let makes_backups =
            addon.plan.is_shared() || addon.options.get("do-backup").is_none_or(|on| on == "true");
        let template = self.provider(addon).and_then(|provider| provider.backup.as_ref());
        let Some(template) = template.filter(|_| makes_backups) else {
            return json!([]);
        };
        let mut values = self.values(addon);
        values.insert("backupId".into(), stable_uuid(&addon.real_id).into());
        values.insert("expires".into(), iso(addon.created_at + 7 * 24 * HOUR).into());
        json!([render(template, &values)])
    }

    pub(crate) fn migration(&self, migration: &Migration) -> Value {
        let status = migration.status(self.now);
        let values = json!({
            "migrationId": migration.id, "requested": iso(migration.started_at),
            "steps": self.steps(migration, status), "status": status.name(),
        });
        self.render(TemplateName::Migration, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    pub(crate) fn account(&self, account: &Account) -> Value {
        let values = json!({"id": account.user.id, "email": account.user.email, "name": account.user.name});
        self.render(TemplateName::CurrentUser, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    /// Renders the versions of a provider. Returns `None` for a provider without versions.
    pub(crate) fn versions(&self, slug: &str, offer: &ProviderOffer) -> Option<Value> {
        let versions = offer.versions.as_ref()?;
        let features = options::offered_features(&self.service.providers.get(slug)?.options);
        let cluster = |(zone, version): (&String, &String)| {
            json!({
                "id": stable_uuid(&format!("{slug}/{zone}")), "label": format!("shared {zone}"), "zone": zone,
                "version": version, "features": [],
            })
        };
        let dedicated: TemplateValues = versions
            .dedicated
            .0
            .iter()
            .map(|(version, _)| (version.clone(), json!({"features": features})))
            .collect();
        let clusters: Vec<Value> = versions.shared.iter().map(cluster).collect();
        let values = json!({"providerId": slug, "clusters": clusters, "dedicated": dedicated, "default": versions.default});
        let mut view = self.render(TemplateName::ProviderVersions, values.as_object()?);
        view.as_object_mut()?.retain(|_, field| !field.is_null());
        Some(view)
    }

    pub(crate) fn bucket(&self, bucket: &Bucket) -> Value {
        let versioning = if bucket.versioning { "ENABLED" } else { "DISABLED" };
        let values =
            json!({"name": bucket.name, "versioning": versioning, "created": iso(bucket.created_at)});
        self.render(TemplateName::Bucket, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    pub(crate) fn network_group(&self, group: &NetworkGroup) -> Value {
        let values = json!(group);
        self.render(TemplateName::NetworkGroup, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    /// Renders the price of a plan.
    pub(crate) fn preorder(&self, owner: &str, plan: &AddonPlan) -> Value {
        let values = json!({"owner": owner, "plan": plan.name, "price": plan.price, "now": iso(self.now)});
        self.render(TemplateName::Preorder, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    /// Renders the prices of all plans in a zone.
    pub(crate) fn prices(&self, zone: &str) -> Value {
        let price = |slug: &str, offer: &ProviderOffer, plan: &AddonPlan| {
            let values = json!({
                "uuid": stable_uuid(&plan.id), "source": slug, "flavor": plan.slug,
                "price": plan.price / HOURS_OF_A_MONTH, "priceId": offer.price_id(plan),
            });
            self.render(TemplateName::Price, values.as_object().unwrap_or(&TemplateValues::new()))
        };
        let of_provider = |(slug, offer): &(String, ProviderOffer)| {
            offer.plans.iter().map(|plan| price(slug, offer, plan)).collect::<Vec<_>>()
        };
        let prices: Vec<Value> = self.offers.providers.0.iter().flat_map(of_provider).collect();
        let values = json!({"zone": zone, "prices": prices});
        self.render(TemplateName::PriceSystem, values.as_object().unwrap_or(&TemplateValues::new()))
    }

    /// Returns the environment: the user's variables, or the outputs of the provider.
    pub(crate) fn env(&self, addon: &Addon) -> Vec<EnvVariable> {
        let from = |provider| env_from(addon, provider, &self.own_values(addon, provider));
        self.provider(addon).map(from).unwrap_or_default()
    }

    pub(crate) fn render(&self, name: TemplateName, values: &TemplateValues) -> Value {
        render(self.service.template(name), values)
    }

    fn provider(&self, addon: &Addon) -> Option<&Provider> {
        self.service.providers.get(&addon.provider)
    }

    /// Returns all values that a template can name.
    pub(crate) fn values(&self, addon: &Addon) -> TemplateValues {
        let Some(provider) = self.provider(addon) else {
            return TemplateValues::new();
        };
        let mut values = self.own_values(addon, provider);
        let env = env_from(addon, provider, &values);
        let mut keys: Vec<&str> = env.iter().map(|variable| variable.name.as_str()).collect();
        keys.sort_unstable();
        values.insert("configKeys".into(), keys.into());
        values.insert("env".into(), json!(env));
        if let Some(offer) = self.offers.providers.get(&addon.provider) {
            values.insert(
                "provider".into(),
                self.offers.provider(&addon.provider, offer, Some(&addon.owner)).into(),
            );
            values.insert("plan".into(), self.offers.plan(offer, &addon.plan));
            self.add_versions(&mut values, offer, addon);
        }
        values
    }

    /// Returns the values that outputs can refer to: all but the environment and the offers.
    fn own_values(&self, addon: &Addon, provider: &Provider) -> TemplateValues {
        let mut values = addon.values.clone();
        let zone = self.offers.zone_id(&addon.region).unwrap_or_else(|| stable_uuid(&addon.region).into());
        let known = json!({
            "id": addon.id, "realId": addon.real_id, "uuid": addon.real_id.split_once('_').map_or("", |(_, unique)| unique),
            "name": (!addon.name.is_empty()).then_some(&addon.name), "owner": addon.owner, "region": addon.region, "zoneId": zone,
            "planSlug": addon.plan.slug, "planUpper": addon.plan.slug.to_uppercase(),
            "createdMillis": addon.created_at, "created": iso(addon.created_at), "deletionAsked": addon.deleted_at.map(iso),
            "status": addon.status(&provider.statuses, self.settings.provisioning, self.now),
            "version": addon.version.asked, "exactVersion": addon.version.exact,
            "outputVersion": self.output_version(addon),
            "bucketCount": addon.buckets.len(),
            "networkGroup": addon.network_group.as_ref().map(|id| json!({"id": id})),
            "features": options::enabled_list(
                provider, addon, &[OptionKind::Switch, OptionKind::Service], provider.omits_false_features,
            ),
            "services": options::enabled_list(provider, addon, &[OptionKind::Service], false),
        });
        values.extend(known.as_object().cloned().unwrap_or_default());
        values.extend(addon.children.iter().map(|(role, id)| (role.clone(), Value::from(id.clone()))));
        let option = |(name, value): (&String, &String)| {
            (format!("option:{name}"), options::render_option(provider, name, value))
        };
        values.extend(addon.options.iter().map(option));
        values
    }

    fn output_version(&self, addon: &Addon) -> Option<String> {
        let version = addon.version.asked.clone();
        match self.settings.output_version {
            OutputVersion::Long => version,
            OutputVersion::Short => version.map(|version| version.replace('.', "")),
            OutputVersion::Absent => None,
        }
    }

    /// Adds the versions that the add-on can have, from the installed one on.
    fn add_versions(&self, values: &mut TemplateValues, offer: &ProviderOffer, addon: &Addon) {
        let all = offer.version_names();
        let installed = addon.version.asked.as_ref();
        let position = all.iter().position(|version| Some(version) == installed).unwrap_or(0);
        let possible = all.get(position..).unwrap_or_default().to_vec();
        values.insert("needsUpdate".into(), (all.last() != installed).into());
        values.insert("latestVersion".into(), all.last().cloned().into());
        values.insert("possibleVersions".into(), possible.into());
        values.insert("availableVersions".into(), all.into());
    }

    fn steps(&self, migration: &Migration, status: MigrationStatus) -> Vec<Value> {
        let last = self.service.migration_steps.len().saturating_sub(1);
        let step = |(place, value): (usize, &String)| {
            let step_status = if status == MigrationStatus::Failed && place == last {
                MigrationStatus::Failed
            } else {
                MigrationStatus::Ok
            };
            let values = json!({
                "value": value, "status": step_status.name(),
                "started": iso(migration.started_at), "ended": iso(migration.ends_at),
            });
            self.render(TemplateName::Step, values.as_object().unwrap_or(&TemplateValues::new()))
        };
        match status {
            MigrationStatus::Running | MigrationStatus::Aborted => Vec::new(),
            MigrationStatus::Ok | MigrationStatus::Failed => {
                self.service.migration_steps.iter().enumerate().map(step).collect()
            }
        }
    }
}

impl ConditionalText {
    fn text_for(&self, addon: &Addon) -> Option<&str> {
        match self {
            Self::Always(text) => Some(text),
            Self::When { option, value, otherwise } => {
                if addon.has_option(option) {
                    Some(value)
                } else {
                    otherwise.as_str()
                }
            }
        }
    }
}

fn env_from(addon: &Addon, provider: &Provider, values: &TemplateValues) -> Vec<EnvVariable> {
    if provider.writable_env {
        return addon.env.clone();
    }
    let variable = |(name, output): &(String, ConditionalText)| {
        let value = render_text(output.text_for(addon)?, values);
        (!value.is_null()).then(|| EnvVariable { name: name.clone(), value: to_text(&value) })
    };
    provider.outputs.0.iter().filter_map(variable).collect()
}

/// Formats a time like the platform, with milliseconds.
pub(crate) fn iso(time: Millis) -> String {
    let stamp = i64::try_from(time)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or_default();
    format!("{stamp:.3}")
}
