//! The world: every add-on there is or was, and the few ways it changes. Pure and synchronous: time is a parameter, chance is a mint.
//! Checks no permission and no request; that is in `operations`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::addon::{Addon, Migration, MigrationStatus, Target};
use crate::mint::Mint;
use crate::offers::{Offers, Plan, Version};
use crate::options;
use crate::service::{Child, Conditional, IdForm, Provider, Service};
use crate::shape::{Values, fill_text, fill_text_with, plain};
use crate::time::Millis;

/// All that has to survive a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) addons: Vec<Addon>,
    pub(crate) mint: Mint,
}

/// What is sold and how it looks: what creation needs to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) service: &'a Service,
    pub(crate) offers: &'a Offers,
}

/// An add-on to be created; every part of it has been checked.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) owner: String,
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) plan: Plan,
    pub(crate) region: String,
    pub(crate) version: Version,
    pub(crate) options: BTreeMap<String, String>,
}

impl World {
    pub(crate) fn new(seed: Option<String>) -> Self {
        Self { addons: Vec::new(), mint: Mint::new(seed) }
    }

    /// Creates the add-on and whatever comes with it; answers its id.
    pub(crate) fn create(&mut self, terms: Terms<'_>, order: Order, now: Millis) -> String {
        self.create_under(terms, order, None, now)
    }

    /// Marks the add-on and what was created with it as deleted.
    pub(crate) fn delete(&mut self, id: &str, now: Millis) {
        let doomed = |addon: &&mut Addon| addon.is_live() && (addon.id == id || addon.parent.as_deref() == Some(id));
        for addon in self.addons.iter_mut().filter(doomed) {
            addon.deleted_at = Some(now);
        }
    }

    /// Removes every trace of the add-on; says whether there was one.
    pub(crate) fn vanish(&mut self, id: &str) -> bool {
        let before = self.addons.len();
        self.addons.retain(|addon| addon.id != id && addon.real_id != id);
        self.addons.len() < before
    }

    /// Gives an add-on another id, everywhere it is mentioned.
    pub(crate) fn rename_id(&mut self, old: &str, new: &str) {
        for addon in &mut self.addons {
            let mentions = addon.children.values_mut().chain(&mut addon.parent).chain([&mut addon.id]);
            mentions.filter(|id| *id == old).for_each(|id| new.clone_into(id));
        }
    }

    /// Removes the add-on created last, and leaves what came with it.
    pub(crate) fn vanish_newest(&mut self) {
        if let Some(place) = self.addons.iter().rposition(|addon| addon.parent.is_none()) {
            self.addons.remove(place);
        }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.id == id)
    }

    pub(crate) fn by_id_mut(&mut self, id: &str) -> Option<&mut Addon> {
        self.addons.iter_mut().find(|addon| addon.id == id)
    }

    /// An application of this owner, which exists as long as the add-on it was created with.
    pub(crate) fn has_application(&self, owner: &str, id: &str) -> bool {
        let has = |addon: &Addon| addon.is_live() && addon.owner == owner && addon.children.values().any(|child| child == id);
        self.by_id(id).is_none() && self.addons.iter().any(has)
    }

    /// Lets every migration that has come to its good end take effect; says whether one did.
    pub(crate) fn advance(&mut self, service: &Service, now: Millis) -> bool {
        let mut changed = false;
        for addon in &mut self.addons {
            let Some(provider) = service.providers.get(&addon.provider) else {
                continue;
            };
            let due = |migration: &&mut Migration| !migration.applied && migration.status(now) == MigrationStatus::Ok;
            let Some(migration) = addon.migrations.iter_mut().find(due) else {
                continue;
            };
            migration.applied = true;
            let Target { plan, region, version } = migration.target.clone();
            (addon.plan, addon.region, addon.version) = (plan, region, version);
            renew(&mut self.mint, provider, addon);
            changed = true;
        }
        changed
    }

    fn create_under(&mut self, terms: Terms<'_>, order: Order, parent: Option<&str>, now: Millis) -> String {
        let Some(provider) = terms.service.providers.get(&order.provider) else {
            return String::new();
        };
        let mut addon = self.blank(terms.service, provider, order, now);
        addon.parent = parent.map(str::to_owned);
        addon.values = self.invent(provider, &addon);
        let id = addon.id.clone();
        self.addons.push(addon.clone());
        let children = self.create_children(terms, provider, &addon, now);
        if let Some(created) = self.by_id_mut(&id) {
            created.children = children;
        }
        id
    }

    fn blank(&mut self, service: &Service, provider: &Provider, order: Order, now: Millis) -> Addon {
        let unique = match provider.real_ids.form {
            IdForm::Uuid => self.mint.uuid(),
            IdForm::Ulid => self.mint.ulid(now),
        };
        Addon {
            id: format!("{}{}", service.id_prefixes.own, self.mint.uuid()),
            real_id: format!("{}{unique}", provider.real_ids.prefix),
            options: options::effective(provider, &order.plan, &order.options),
            name: order.name,
            owner: order.owner,
            provider: order.provider,
            plan: order.plan,
            region: order.region,
            version: order.version,
            values: Values::new(),
            children: BTreeMap::new(),
            parent: None,
            tags: Vec::new(),
            env: Vec::new(),
            restarts: 0,
            topics: Vec::new(),
            created_at: now,
            deleted_at: None,
            migrations: Vec::new(),
        }
    }

    fn create_children(&mut self, terms: Terms<'_>, provider: &Provider, parent: &Addon, now: Millis) -> BTreeMap<String, String> {
        let mut children = BTreeMap::new();
        for child in &provider.children {
            let id = match child_order(terms, child, parent) {
                Some(order) => self.create_under(terms, order, Some(&parent.id), now),
                None => format!("{}{}", terms.service.id_prefixes.application, self.mint.uuid()),
            };
            children.insert(child.role.clone(), id);
        }
        children
    }

    fn invent(&mut self, provider: &Provider, addon: &Addon) -> Values {
        let mut values = Values::new();
        for (name, invention) in &provider.invents.0 {
            let value = invented(&mut self.mint, invention, addon, &values);
            values.insert(name.clone(), value);
        }
        values
    }
}

/// Invents anew what does not survive a migration.
fn renew(mint: &mut Mint, provider: &Provider, addon: &mut Addon) {
    for name in &provider.renewed_by_migration {
        let Some(invention) = provider.invents.get(name) else {
            continue;
        };
        let value = invented(mint, invention, addon, &addon.values.clone());
        addon.values.insert(name.clone(), value);
    }
}

fn invented(mint: &mut Mint, invention: &Conditional, addon: &Addon, known: &Values) -> Value {
    let text = match invention {
        Conditional::Always(text) => text,
        Conditional::When { option, value, .. } if addon.has_option(option) => value,
        Conditional::When { otherwise, .. } => return otherwise.clone(),
    };
    fill_text_with(text, |name| match name {
        "word" => Some(mint.word().into()),
        "uuid" => Some(mint.uuid().into()),
        "port" => Some(mint.port().into()),
        _ => known.get(name).cloned(),
    })
}

/// The order for a child that is an add-on; its plan and region are the parent's wish, or the first that is sold.
fn child_order(terms: Terms<'_>, child: &Child, parent: &Addon) -> Option<Order> {
    let provider = child.provider.clone()?;
    let offer = terms.offers.providers.get(&provider)?;
    let plan = offer.plan(&child.plan).or_else(|| offer.plans.iter().find(|plan| !plan.is_shared()))?.clone();
    let version = offer.version(&plan, &parent.region, None).unwrap_or_default();
    let names = Values::from_iter([("name".to_owned(), Value::from(parent.name.clone()))]);
    Some(Order {
        owner: parent.owner.clone(),
        provider,
        name: plain(&fill_text(&child.name, &names)),
        plan,
        region: parent.region.clone(),
        version,
        options: BTreeMap::new(),
    })
}
