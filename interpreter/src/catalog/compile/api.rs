//! Compiles an API's file into an `Api`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalog::compile::auth::auth;
use crate::catalog::compile::field::{FieldScopes, Written, field};
use crate::catalog::compile::offer::offers;
use crate::catalog::compile::operations::check_operations;
use crate::catalog::compile::recorded::answers;
use crate::catalog::compile::request::{Effect, Sender, read, request};
use crate::catalog::compile::text::{Scope, duration, maybe_selector, selector, template, test};
use crate::catalog::expression::Escape;
use crate::catalog::node::Node;
use crate::catalog::problems::Problems;
use crate::catalog::vocabulary::{Moment, Vocabulary};
use crate::catalog::{
    Accounts, Api, Budget, Credentials, Endpoints, ErrorRow, ErrorTable, Field, Identity, IdentityChoice,
    Mark, Meaning, Recorded, Timeouts,
};

/// Names that are known in an API's file, and its hosts.
struct Places<'a> {
    vocabulary: &'a Vocabulary,
    hosts: &'a [String],
}

impl Places<'_> {
    fn scope(&self, moment: Moment) -> Scope {
        Scope { names: self.vocabulary.names(moment), ..Scope::default() }
    }

    fn sender(&self, moment: Moment) -> Sender<'_> {
        Sender { scope: self.scope(moment), hosts: self.hosts }
    }
}

/// Compiles an API, and checks all settings that its add-ons inherit.
pub(in crate::catalog) fn api(node: &Node, vocabulary: &Vocabulary, problems: &mut Problems) -> Api {
    let hosts = hosts(node);
    let places = Places { vocabulary, hosts: &hosts };
    check_operations(node, vocabulary, &hosts, problems);
    offers(&node.at("offers"), &places.sender(Moment::Offers), problems);
    answers(&node.at("answers"), &places.scope(Moment::Answer), problems);
    let answer = Scope::default().answer();
    Api {
        name: node.at("api").text_or_empty(),
        title: node.at("title").text_or_empty(),
        endpoints: endpoints(node, &places, problems),
        auth: node
            .at("auth")
            .elements()
            .iter()
            .map(|scheme| auth(scheme, &places.sender(Moment::Request), problems))
            .collect(),
        timeouts: timeouts(&node.at("timeout"), problems),
        budget: budget(&node.at("budget")),
        credentials: node
            .get("credentials")
            .map(|credentials| self::credentials(&credentials, &places, problems)),
        account: node
            .get("account")
            .map(|account| template(&account, Escape::Plain, &places.scope(Moment::Address), problems)),
        accounts: node.get("accounts").map(|node| accounts(&node, &places, problems)),
        identity: identity(&node.at("identity"), &places, problems),
        error_text: node
            .at("errorText")
            .elements()
            .iter()
            .map(|text| selector(text, &answer, problems))
            .collect(),
        errors: ErrorTable {
            rows: node.at("errors").elements().iter().map(|row| error_row(row, problems)).collect(),
        },
        fields: fields(&node.at("fields"), &places, problems),
    }
}

fn accounts(node: &Node, places: &Places, problems: &mut Problems) -> Accounts {
    let answer = Scope::default().answer();
    Accounts {
        read: read("accounts", node, &places.sender(Moment::Address), problems),
        otherwise: maybe_selector(&node.at("otherwise"), &answer, problems),
        id: selector(&node.at("id"), &answer, problems),
        title: maybe_selector(&node.at("title"), &answer, problems),
    }
}

/// Returns the names of an API's hosts; "" for a single one.
pub(in crate::catalog) fn hosts(api: &Node) -> Vec<String> {
    let endpoint = api.at("endpoint");
    if endpoint.value().is_object() {
        endpoint.entries().into_iter().map(|(name, _)| name.to_owned()).collect()
    } else {
        vec![String::new()]
    }
}

fn endpoints(node: &Node, places: &Places, problems: &mut Problems) -> Endpoints {
    let endpoint = node.at("endpoint");
    let scope = places.scope(Moment::Address);
    let mut named =
        |(name, host): (&str, Node)| (name.to_owned(), template(&host, Escape::Segment, &scope, problems));
    let hosts = if endpoint.value().is_object() {
        endpoint.entries().into_iter().map(named).collect()
    } else {
        BTreeMap::from([named(("", endpoint))])
    };
    Endpoints { hosts, may_end_in: node.at("endpointMayEndIn").texts() }
}

fn timeouts(node: &Node, problems: &mut Problems) -> Timeouts {
    Timeouts {
        connect: duration(&node.at("connect"), Duration::from_secs(5), problems),
        answer: duration(&node.at("answer"), Duration::from_secs(30), problems),
    }
}

fn budget(node: &Node) -> Budget {
    let number = |key: &str, otherwise: u32| {
        node.at(key).value().as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(otherwise)
    };
    Budget {
        per_second: number("perSecond", 5),
        burst: number("burst", 10),
        creating_at_once: number("creatingAtOnce", 4),
    }
}

fn credentials(node: &Node, places: &Places, problems: &mut Problems) -> Credentials {
    let scope = places.scope(Moment::Address);
    let key = |(name, key): (&str, Node)| (name.to_owned(), template(&key, Escape::Plain, &scope, problems));
    Credentials {
        keys: node.at("keys").entries().into_iter().map(key).collect(),
        secret: template(&node.at("secret"), Escape::Plain, &scope, problems),
    }
}

fn identity(node: &Node, places: &Places, problems: &mut Problems) -> Identity {
    let answer = Scope::default().answer();
    let name = template(&node.at("name"), Escape::Plain, &places.scope(Moment::Naming), problems);
    Identity {
        adopts: name.names().iter().any(|path| path.join(".") == "metadata.uid"),
        name,
        chosen_by: match node.at("chosenBy").text() {
            Some("us") => IdentityChoice::Us,
            _ => IdentityChoice::Cloud,
        },
        list_lag: duration(&node.at("listLag"), Duration::from_secs(60), problems),
        ids: node
            .at("ids")
            .entries()
            .into_iter()
            .map(|(name, id)| (name.to_owned(), selector(&id, &answer, problems)))
            .collect(),
        named: selector(&node.at("named"), &answer, problems),
        provider: maybe_selector(&node.at("provider"), &answer, problems),
        created: maybe_selector(&node.at("created"), &answer, problems),
        mark: node.get("mark").map(|node| mark(&node, places, problems)),
    }
}

fn mark(node: &Node, places: &Places, problems: &mut Problems) -> Mark {
    let list = |node| read("marks", &node, &places.sender(Moment::List), problems);
    let (add, remove) = (node.at("add"), node.at("remove"));
    Mark {
        list: node.get("list").map(list),
        texts: selector(&node.at("texts"), &Scope::default().answer(), problems),
        add: request(&add, Effect::Writes, &places.sender(Moment::Mark), problems),
        remove: request(&remove, Effect::Removes, &places.sender(Moment::Mark), problems),
    }
}

fn error_row(node: &Node, problems: &mut Problems) -> ErrorRow {
    ErrorRow {
        status: status(node),
        only_for: node.at("for").texts(),
        when: node.get("when").map(|when| test(&when, &Scope::default().answer(), problems)),
        is: meaning(node.at("is").text().unwrap_or_default()),
        reason: node.at("reason").text().map(str::to_owned),
        help: node.at("help").text().map(str::to_owned),
        hits: recorded(&node.at("hits")),
        misses: recorded(&node.at("misses")),
    }
}

fn recorded(node: &Node) -> Recorded {
    Recorded {
        status: status(node),
        operation: node.at("for").text().map(str::to_owned),
        body: node.at("body").value().clone(),
    }
}

fn status(node: &Node) -> u16 {
    node.at("status").value().as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default()
}

fn meaning(written: &str) -> Meaning {
    match written {
        "throttled" => Meaning::Throttled,
        "unavailable" => Meaning::Unavailable,
        "rejected" => Meaning::Rejected,
        "unauthorized" => Meaning::Unauthorized,
        "not-found" => Meaning::NotFound,
        _ => Meaning::Ambiguous,
    }
}

fn fields(node: &Node, places: &Places, problems: &mut Problems) -> BTreeMap<String, Field> {
    let scopes = FieldScopes {
        filled: places.scope(Moment::Default),
        observed: places.scope(Moment::Observed),
        unless: places.scope(Moment::Unless),
    };
    let one = |(name, definition): (&str, Node)| {
        (name.to_owned(), field(&Written::shared(name, definition), Vec::new(), &scopes, problems))
    };
    node.entries().into_iter().map(one).collect()
}
