//! One request from arrival to answer: log, latency, fault, effect. Everything that waits is here; what is decided is in `cloud`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::{Answer, Body};
use crate::call::Call;
use crate::cloud::{Caller, Cloud};
use crate::faults::{Canned, Interruption, Kind, Named, Subject};
use crate::journal::Entry;
use crate::mint::uuid_of;
use crate::routes::Routed;
use crate::shared::{Handle, Held};
use crate::time::Millis;

/// What the client gets to see.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) manner: Manner,
    /// To be quoted to support.
    pub(crate) request_id: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Manner {
    Whole(Answer),
    /// Half of it.
    Truncated(Answer),
    Hang,
    Reset,
}

/// A request that has been logged and recognised, and is not dealt with yet.
#[derive(Debug)]
struct Arrival {
    number: u64,
    request_id: String,
    routed: Option<Routed>,
    caller: Caller,
    latency: Millis,
    fault: Option<(Kind, Interruption)>,
}

/// Deals with a call.
pub(crate) async fn exchange(shared: Handle, call: Call) -> Delivery {
    let arrival = shared.with(|cloud| arrive(cloud, &call));
    pause(arrival.latency).await;
    let manner = match arrival.fault.clone() {
        None => Manner::Whole(perform(&shared, &call, &arrival)),
        Some((Kind::Before, interruption)) => before(&shared, &call, &arrival, interruption).await,
        Some((kind @ (Kind::After | Kind::Partial), interruption)) => after(&shared, &call, &arrival, kind, interruption).await,
    };
    let status = manner.status();
    shared.with(|cloud| cloud.journal.entry_mut(arrival.number).map(|entry| entry.status = status));
    tracing::debug!(method = call.method, path = call.path, ?status, "answered");
    Delivery { manner, request_id: arrival.request_id }
}

fn arrive(cloud: &mut Cloud, call: &Call) -> Arrival {
    let routed = cloud.routes.find(&call.method, &call.path);
    let caller = cloud.identify(call);
    let credential = match &caller {
        Caller::Known(account) => Some(account.name.clone()),
        Caller::Nobody | Caller::Refused => None,
    };
    let operation = routed.as_ref().map(|routed| routed.operation);
    let subject = Subject { operation, method: &call.method, path: &call.path, credential: credential.as_deref() };
    let fault = cloud.faults.strike(subject);
    let number = cloud.journal.open(Entry {
        number: 0,
        time: cloud.now(),
        method: call.method.clone(),
        path: call.path_and_query(),
        body: call.body.clone().unwrap_or_else(Value::from),
        operation,
        credential,
        request_id: call.request_id.clone(),
        user_agent: call.user_agent.clone(),
        effect: false,
        fault: fault.is_some(),
        status: None,
    });
    let latency = cloud.settings.latency_of(operation);
    Arrival { number, request_id: uuid_of(&format!("request/{number}")), routed, caller, latency, fault }
}

/// The effect, and the answer that belongs to it.
fn perform(shared: &Handle, call: &Call, arrival: &Arrival) -> Answer {
    shared.with(|cloud| {
        let (answer, effect) = cloud.perform(call, arrival.routed.as_ref(), &arrival.caller, &arrival.request_id);
        if let Some(entry) = cloud.journal.entry_mut(arrival.number) {
            entry.effect = effect;
        }
        answer
    })
}

async fn before(shared: &Handle, call: &Call, arrival: &Arrival, interruption: Interruption) -> Manner {
    match interruption {
        Interruption::Canned(canned) => Manner::Whole(canned.into()),
        Interruption::Named(Named::Truncated) => Manner::Truncated(Answer::json(200, json!({"id": arrival.request_id}))),
        Interruption::Named(Named::Hang) => Manner::Hang,
        Interruption::Named(Named::Reset) => Manner::Reset,
        Interruption::Named(named @ (Named::Hold | Named::Delay(_))) => {
            wait(shared, call, arrival, Kind::Before, named).await;
            Manner::Whole(perform(shared, call, arrival))
        }
    }
}

async fn after(shared: &Handle, call: &Call, arrival: &Arrival, kind: Kind, interruption: Interruption) -> Manner {
    let answer = perform(shared, call, arrival);
    if kind == Kind::Partial {
        shared.with(|cloud| cloud.world.vanish_newest());
    }
    match interruption {
        Interruption::Canned(canned) => Manner::Whole(canned.into()),
        Interruption::Named(Named::Truncated) => Manner::Truncated(answer),
        Interruption::Named(Named::Hang) => Manner::Hang,
        Interruption::Named(Named::Reset) => Manner::Reset,
        Interruption::Named(named @ (Named::Hold | Named::Delay(_))) => {
            wait(shared, call, arrival, kind, named).await;
            Manner::Whole(answer)
        }
    }
}

async fn wait(shared: &Handle, call: &Call, arrival: &Arrival, kind: Kind, named: Named) {
    if let Named::Delay(time) = named {
        return pause(time).await;
    }
    shared.hold(Held { number: arrival.number, method: call.method.clone(), path: call.path_and_query(), kind }).await;
}

async fn pause(time: Millis) {
    if time > 0 {
        tokio::time::sleep(Duration::from_millis(time)).await;
    }
}

impl Manner {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Whole(answer) | Self::Truncated(answer) => Some(answer.status),
            Self::Hang | Self::Reset => None,
        }
    }
}

impl From<Canned> for Answer {
    fn from(canned: Canned) -> Self {
        let Canned { status, content_type, body, html, text } = canned;
        let (usual, body) = match (body, html, text) {
            (Some(json), _, _) => (None, Body::Json(json)),
            (None, Some(html), _) => (Some("text/html"), Body::Text(html)),
            (None, None, Some(text)) => (Some("text/plain"), Body::Text(text)),
            (None, None, None) => (None, Body::Empty),
        };
        Self { status, content_type: content_type.or(usual.map(str::to_owned)), body }
    }
}
