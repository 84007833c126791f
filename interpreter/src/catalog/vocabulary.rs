//! Names of the closed list that exist at each moment at which an expression is evaluated.

use std::collections::BTreeMap;

use crate::catalog::names::{Below, Names};
use crate::catalog::node::Node;

/// Moment at which an expression is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Determine the API's address and the account, before any request.
    Address,
    /// Read the offers.
    Offers,
    /// Fill in a field that the user omitted.
    Default,
    /// Name the add-on.
    Naming,
    /// Look for the add-on in the list.
    List,
    /// Create the add-on.
    Create,
    /// Read or delete the add-on.
    Request,
    /// Set or remove a mark of the add-on.
    Mark,
    /// Change the add-on; everything that is known about it is available.
    Change,
    /// Decide whether a field is ignored.
    Unless,
    /// Observe the add-on.
    Observed,
    /// Write the status and the Secret.
    Publish,
    /// Answer in place of the cloud, with recorded answers.
    Answer,
}

/// Names that an entry adds to the closed list.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    /// Shared fields, by name.
    pub(super) shared: BTreeMap<String, Below>,
    /// Names below `spec`; none for an API, which does not know a spec.
    pub(super) spec: Option<BTreeMap<String, Below>>,
    /// Ids that are kept.
    pub(super) ids: Vec<String>,
    /// Options that are sent.
    pub(super) options: Vec<String>,
    /// Reads.
    pub(super) reads: Vec<String>,
}

impl Vocabulary {
    /// Returns the names that are known at a moment.
    pub(super) fn names(&self, moment: Moment) -> Names {
        let mut all = self.all();
        if moment == Moment::Answer {
            // An API's answers name options that its kinds define.
            all.iter_mut()
                .filter(|(name, _)| name == "options")
                .for_each(|(_, below)| *below = Below::Anything);
        }
        let known = all.iter().filter(|(name, _)| self.known(name, moment));
        let missing = all.iter().filter(|(name, _)| !self.known(name, moment));
        Names::new(known.cloned()).except(missing.map(|(name, _)| (name.clone(), self.why_not(name, moment))))
    }

    fn all(&self) -> Vec<(String, Below)> {
        let leaves = |names: &[&str]| {
            Below::Names(names.iter().map(|name| ((*name).to_owned(), Below::Nothing)).collect())
        };
        let list = |names: &[String]| {
            Below::Names(names.iter().map(|name| (name.clone(), Below::Nothing)).collect())
        };
        let settings = self.shared.keys().cloned().collect::<Vec<_>>();
        let mut all: Vec<(String, Below)> = vec![
            ("kind".into(), Below::Nothing),
            ("provider".into(), Below::Nothing),
            ("name".into(), Below::Nothing),
            ("mark".into(), Below::Nothing),
            ("metadata".into(), leaves(&["name", "namespace", "uid"])),
            ("spec".into(), Below::Names(self.spec.clone().unwrap_or_default())),
            ("config".into(), list(&settings)),
            ("options".into(), list(&self.options)),
            ("id".into(), list(&self.ids)),
            (
                "offers".into(),
                Below::Names(
                    ["regions", "plans", "versions"].map(|name| (name.to_owned(), Below::Anything)).into(),
                ),
            ),
            ("listed".into(), Below::Anything),
            ("parent".into(), Below::Names([("id".to_owned(), Below::Anything)].into())),
            ("outputs".into(), Below::Anything),
            ("recorded".into(), Below::Anything),
        ];
        for name in ["item", "key", "value"] {
            all.push((name.into(), Below::Anything));
        }
        all.extend(self.reads.iter().map(|name| (name.clone(), Below::Anything)));
        all.extend(self.shared.iter().map(|(name, below)| (name.clone(), below.clone())));
        all
    }

    fn known(&self, name: &str, moment: Moment) -> bool {
        use Moment::{
            Address, Answer, Change, Create, Default, List, Mark, Naming, Observed, Offers, Publish, Request,
            Unless,
        };
        match name {
            "kind" | "provider" | "config" => true,
            "item" | "key" | "value" => false,
            "recorded" => moment == Answer,
            "mark" => moment == Mark,
            _ if moment == Answer => name != "spec" || self.spec.is_some(),
            "metadata" => !matches!(moment, Address | Offers | Observed),
            "spec" => self.spec.is_some() && matches!(moment, Create | Request | Change | Unless | Publish),
            "name" | "parent" => matches!(moment, List | Create | Request | Mark | Change | Publish),
            "options" => matches!(moment, Create | Change),
            "id" => matches!(moment, Request | Mark | Change | Publish),
            "offers" => moment == Default,
            "listed" => matches!(moment, Change | Observed | Publish),
            "outputs" => matches!(moment, Observed | Publish),
            read if self.reads.iter().any(|name| name == read) => {
                matches!(moment, Change | Observed | Publish)
            }
            "plan" => !matches!(moment, Address | Offers | Default | Naming | Observed),
            _ => !matches!(moment, Default | Observed),
        }
    }

    fn why_not(&self, name: &str, moment: Moment) -> &'static str {
        match (name, moment) {
            ("spec", _) if self.spec.is_none() => {
                "an API cannot use the spec of its kinds, only its own fields"
            }
            ("item" | "key" | "value", _) => "it is only known inside `each`, where it is one element",
            ("id", _) => "the cloud assigns the ids at creation, and this is evaluated before",
            ("mark", _) => "only the requests that set or remove a mark can use it",
            ("recorded", _) => "only a recorded answer can use recorded values",
            ("outputs", _) => "the outputs are read last, so no request can use them",
            ("plan", Moment::Address | Moment::Offers) => {
                "plans are looked up in the offers, and this is evaluated before"
            }
            ("offers", _) => "the offers can only be used in a default or in `fixed`",
            (_, Moment::Observed) => {
                "only answers of the cloud can be observed: `listed`, a read or `outputs`"
            }
            (_, Moment::Default) => "a default can only use `config`, `offers` or `metadata`",
            (_, Moment::Address | Moment::Offers) => "this is evaluated before any resource is known",
            _ => "its value is not known yet when this is evaluated",
        }
    }
}

/// Returns the names below a field of this type.
pub(super) fn below_field(kind: &Node) -> Below {
    match kind.text().unwrap_or_default() {
        "map" | "list" | "object" => Below::Anything,
        _ => Below::Nothing,
    }
}

/// Returns the names that an API's file adds to the closed list.
pub(super) fn of_api(api: &Node) -> Vocabulary {
    let plans =
        Below::Names(plan_names(&api.at("offers")).into_iter().map(|name| (name, Below::Nothing)).collect());
    let shared = api.at("fields").entries().into_iter().map(|(name, field)| {
        let looked_up = field.at("oneOf").text() == Some("offers.plans");
        (name.to_owned(), if looked_up { plans.clone() } else { below_field(&field.at("type")) })
    });
    let ids = api.at("identity").at("ids").entries().into_iter().map(|(name, _)| name.to_owned());
    Vocabulary {
        shared: shared.collect(),
        ids: ids.chain(kept(api)).collect(),
        reads: keys(&api.at("reads")),
        ..Vocabulary::default()
    }
}

/// Returns the names of an API, with those that an add-on's file adds.
pub(super) fn of_addon(addon: &Node, api: &Node, inherited: &Vocabulary) -> Vocabulary {
    let mut vocabulary = inherited.clone();
    let mut spec = BTreeMap::new();
    for (path, own) in addon.at("spec").entries() {
        let is = own.text().or_else(|| own.at("is").text());
        let kind = own.get("type").or_else(|| api.at("fields").get(is?)?.get("type"));
        place(&mut spec, path, kind.map_or(Below::Nothing, |kind| below_field(&kind)));
        vocabulary.options.extend(own.at("send").text().map(str::to_owned));
    }
    vocabulary.spec = Some(spec);
    vocabulary.options.extend(keys(&addon.at("options")));
    vocabulary.ids.extend(kept(addon));
    vocabulary.reads.extend(keys(&addon.at("reads")));
    vocabulary
}

/// Returns the ids that a file's reads and changes keep.
fn kept(entry: &Node) -> Vec<String> {
    let all = ["reads", "changes"].into_iter().flat_map(|part| entry.at(part).entries());
    all.flat_map(|(_, one)| keys(&one.at("keep"))).collect()
}

fn keys(node: &Node) -> Vec<String> {
    node.entries().into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn place(names: &mut BTreeMap<String, Below>, path: &str, leaf: Below) {
    match path.split_once('.') {
        None => {
            names.insert(path.to_owned(), leaf);
        }
        Some((first, rest)) => {
            let below = names.entry(first.to_owned()).or_insert_with(|| Below::Names(BTreeMap::new()));
            if let Below::Names(below) = below {
                place(below, rest, leaf);
            }
        }
    }
}

/// Returns the names under which expressions know a plan: `id`, `slug`, and its boolean properties from the
/// offers.
fn plan_names(offers: &Node) -> Vec<String> {
    let tests = offers
        .elements()
        .into_iter()
        .filter_map(|offer| offer.get("plans"))
        .flat_map(|plans| tests_of(&plans));
    ["id", "slug"].map(str::to_owned).into_iter().chain(tests.map(|(name, _)| name)).collect()
}

/// Keys of a plan in the format; all others are its boolean properties.
const PLAN: [&str; 5] = ["each", "id", "slug", "called", "price"];

pub(super) fn tests_of<'a>(plans: &Node<'a>) -> Vec<(String, Node<'a>)> {
    plans
        .entries()
        .into_iter()
        .filter(|(name, _)| !PLAN.contains(name))
        .map(|(name, entry)| (name.to_owned(), entry))
        .collect()
}
