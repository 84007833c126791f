//! The world: all add-ons, existing and deleted, and the functions that change them. Pure and synchronous:
//! time and ids are parameters. Permissions and requests are validated in `operations`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::addon::{Addon, Migration, MigrationStatus, MigrationTarget};
use crate::id_generator::IdGenerator;
use crate::network_group::NetworkGroup;
use crate::offers::{AddonPlan, AddonVersion, Offers};
use crate::options;
use crate::service::{ChildSpec, ConditionalText, IdFormat, Provider, ServiceDescription};
use crate::template::{TemplateValues, render_text, render_text_with, to_text};
use crate::time::Millis;

/// The state that survives a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) addons: Vec<Addon>,
    #[serde(default)]
    pub(crate) network_groups: Vec<NetworkGroup>,
    pub(crate) ids: IdGenerator,
}

/// The descriptions that creation needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreationContext<'a> {
    pub(crate) service: &'a ServiceDescription,
    pub(crate) offers: &'a Offers,
}

/// A validated request for a new add-on.
#[derive(Clone, Debug)]
pub(crate) struct NewAddon {
    pub(crate) owner: String,
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) plan: AddonPlan,
    pub(crate) region: String,
    pub(crate) version: AddonVersion,
    pub(crate) options: BTreeMap<String, String>,
}

impl World {
    pub(crate) fn new(seed: Option<String>) -> Self {
        Self { addons: Vec::new(), network_groups: Vec::new(), ids: IdGenerator::new(seed) }
    }

    /// Creates an add-on and its children, and returns its id.
    pub(crate) fn create(&mut self, context: CreationContext<'_>, new: NewAddon, now: Millis) -> String {
        self.create_with_parent(context, new, None, now)
    }

    /// Marks an add-on and its children as deleted.
    pub(crate) fn delete(&mut self, id: &str, now: Millis) {
        let affected =
            |addon: &&mut Addon| addon.is_live() && (addon.id == id || addon.parent.as_deref() == Some(id));
        for addon in self.addons.iter_mut().filter(affected) {
            addon.deleted_at = Some(now);
        }
    }

    /// Removes an add-on by either of its ids. Returns whether it existed.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        let before = self.addons.len();
        self.addons.retain(|addon| addon.id != id && addon.real_id != id);
        self.addons.len() < before
    }

    /// Replaces the id of an add-on, including references to it.
    pub(crate) fn replace_id(&mut self, old: &str, new: &str) {
        for addon in &mut self.addons {
            let mentions = addon.children.values_mut().chain(&mut addon.parent).chain([&mut addon.id]);
            mentions.filter(|id| *id == old).for_each(|id| new.clone_into(id));
        }
    }

    /// Removes the newest add-on that has no parent, and keeps its children.
    pub(crate) fn remove_newest_root(&mut self) {
        if let Some(position) = self.addons.iter().rposition(|addon| addon.parent.is_none()) {
            self.addons.remove(position);
        }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.id == id)
    }

    pub(crate) fn by_id_mut(&mut self, id: &str) -> Option<&mut Addon> {
        self.addons.iter_mut().find(|addon| addon.id == id)
    }

    /// Generates new values for the named ones of an add-on.
    pub(crate) fn renew(&mut self, service: &ServiceDescription, id: &str, names: &[String]) {
        let Self { addons, ids, .. } = self;
        if let Some(addon) = addons.iter_mut().find(|addon| addon.id == id)
            && let Some(provider) = service.providers.get(&addon.provider)
        {
            regenerate(ids, provider, addon, names);
        }
    }

    /// Returns whether the owner has this application. An application exists as long as the add-on it was
    /// created with.
    pub(crate) fn has_application(&self, owner: &str, id: &str) -> bool {
        let has = |addon: &Addon| {
            addon.is_live() && addon.owner == owner && addon.children.values().any(|child| child == id)
        };
        self.by_id(id).is_none() && self.addons.iter().any(has)
    }

    /// Applies every finished and successful migration. Returns whether there was one.
    pub(crate) fn apply_due_migrations(&mut self, service: &ServiceDescription, now: Millis) -> bool {
        let mut changed = false;
        for addon in &mut self.addons {
            let Some(provider) = service.providers.get(&addon.provider) else {
                continue;
            };
            let due = |migration: &&mut Migration| {
                !migration.applied && migration.status(now) == MigrationStatus::Ok
            };
            let Some(migration) = addon.migrations.iter_mut().find(due) else {
                continue;
            };
            migration.applied = true;
            let MigrationTarget { plan, region, version } = migration.target.clone();
            (addon.plan, addon.region, addon.version) = (plan, region, version);
            regenerate(&mut self.ids, provider, addon, &provider.regenerated_by_migration);
            changed = true;
        }
        changed
    }

    fn create_with_parent(
        &mut self,
        context: CreationContext<'_>,
        new: NewAddon,
        parent: Option<&str>,
        now: Millis,
    ) -> String {
        let Some(provider) = context.service.providers.get(&new.provider) else {
            return String::new();
        };
        let mut addon = self.new_record(context.service, provider, new, now);
        addon.parent = parent.map(str::to_owned);
        addon.values = self.generate_values(provider, &addon);
        let id = addon.id.clone();
        self.addons.push(addon.clone());
        let children = self.create_children(context, provider, &addon, now);
        if let Some(created) = self.by_id_mut(&id) {
            created.children = children;
        }
        id
    }

    fn new_record(
        &mut self,
        service: &ServiceDescription,
        provider: &Provider,
        new: NewAddon,
        now: Millis,
    ) -> Addon {
        let unique = match provider.real_ids.format {
            IdFormat::Uuid => self.ids.uuid(),
            IdFormat::Ulid => self.ids.ulid(now),
        };
        Addon {
            id: format!("{}{}", service.id_prefixes.own, self.ids.uuid()),
            real_id: format!("{}{unique}", provider.real_ids.prefix),
            options: options::effective(provider, &new.plan, &new.options),
            name: new.name,
            owner: new.owner,
            provider: new.provider,
            plan: new.plan,
            region: new.region,
            version: new.version,
            values: TemplateValues::new(),
            children: BTreeMap::new(),
            parent: None,
            tags: Vec::new(),
            env: Vec::new(),
            restarts: 0,
            topics: Vec::new(),
            buckets: Vec::new(),
            network_group: None,
            created_at: now,
            deleted_at: None,
            migrations: Vec::new(),
        }
    }

    fn create_children(
        &mut self,
        context: CreationContext<'_>,
        provider: &Provider,
        parent: &Addon,
        now: Millis,
    ) -> BTreeMap<String, String> {
        let mut children = BTreeMap::new();
        for child in &provider.children {
            let id = match child_addon(context, child, parent) {
                Some(new) => self.create_with_parent(context, new, Some(&parent.id), now),
                None => format!("{}{}", context.service.id_prefixes.application, self.ids.uuid()),
            };
            children.insert(child.role.clone(), id);
        }
        children
    }

    fn generate_values(&mut self, provider: &Provider, addon: &Addon) -> TemplateValues {
        let mut values = TemplateValues::new();
        for (name, text) in &provider.generated.0 {
            let value = generate_value(&mut self.ids, text, addon, &values);
            values.insert(name.clone(), value);
        }
        values
    }
}

fn regenerate(ids: &mut IdGenerator, provider: &Provider, addon: &mut Addon, names: &[String]) {
    for name in names {
        let Some(text) = provider.generated.get(name) else {
            continue;
        };
        let value = generate_value(ids, text, addon, &addon.values.clone());
        addon.values.insert(name.clone(), value);
    }
}

fn generate_value(
    ids: &mut IdGenerator,
    text: &ConditionalText,
    addon: &Addon,
    known: &TemplateValues,
) -> Value {
    let text = match text {
        ConditionalText::Always(text) => text,
        ConditionalText::When { option, value, .. } if addon.has_option(option) => value,
        ConditionalText::When { otherwise, .. } => return otherwise.clone(),
    };
    render_text_with(text, |name| match name {
        "word" => Some(ids.word().into()),
        "uuid" => Some(ids.uuid().into()),
        "port" => Some(ids.port().into()),
        _ => known.get(name).cloned(),
    })
}

/// Builds the request for a child add-on. Its region is the parent's; its plan is the configured one, or the
/// first dedicated plan. Returns `None` for a child that is not an add-on.
fn child_addon(context: CreationContext<'_>, child: &ChildSpec, parent: &Addon) -> Option<NewAddon> {
    let provider = child.provider.clone()?;
    let offer = context.offers.providers.get(&provider)?;
    let plan = offer.plan(&child.plan).or_else(|| offer.plans.iter().find(|plan| !plan.is_shared()))?.clone();
    let version = offer.version(&plan, &parent.region, None).unwrap_or_default();
    let names = TemplateValues::from_iter([("name".to_owned(), Value::from(parent.name.clone()))]);
    Some(NewAddon {
        owner: parent.owner.clone(),
        provider,
        name: to_text(&render_text(&child.name, &names)),
        plan,
        region: parent.region.clone(),
        version,
        options: BTreeMap::new(),
    })
}
