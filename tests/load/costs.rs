//! What an operator has cost: memory, requests to the cloud and to Kubernetes; and whether it kept its
//! budget.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use harness::{Operator, PLANE, World};

/// What was spent so far.
#[derive(Debug)]
pub(crate) struct Costs {
    /// The most that was resident, in MiB.
    peak: u64,
    /// What is resident now, in MiB.
    resident: u64,
    cloud: usize,
    busiest: usize,
    kubernetes: usize,
    writes: usize,
    events: usize,
}

/// What the operator of before spends on three hundred at once, of its cheapest kind, on a real API server
/// and with a cloud that answers at once. It was measured; it cannot be measured here.
const BEFORE: [&str; 6] = ["91", "1468", "334", "5991", "3332", "1800"];

/// How often the cloud may be asked.
#[derive(Debug)]
pub(crate) struct Budget {
    per_second: usize,
    at_once: usize,
}

impl Costs {
    /// What an operator, alone in its world, has spent by now.
    pub(crate) async fn now(world: &World, operator: &Operator) -> Self {
        let times = times(world).await;
        let kubernetes = requests(&world.user());
        let of = |is: &dyn Fn(&Value) -> bool| kubernetes.iter().filter(|event| is(event)).count();
        Self {
            peak: memory(operator.pid(), "VmHWM"),
            resident: memory(operator.pid(), "VmRSS"),
            cloud: times.len(),
            busiest: times.iter().map(|from| within(&times, *from, 1000)).max().unwrap_or_default(),
            kubernetes: kubernetes.len(),
            writes: of(&is_write),
            events: of(&|event| event["objectRef"]["resource"] == "events"),
        }
    }

    fn figures(&self) -> [String; 6] {
        [
            usize::try_from(self.peak).unwrap(),
            self.cloud,
            self.busiest,
            self.kubernetes,
            self.writes,
            self.events,
        ]
        .map(|figure| figure.to_string())
    }
}

/// The costs so far at each moment, beside those of the operator of before.
pub(crate) fn table(moments: &[(&str, &Costs)]) -> String {
    let heads = [
        "peak resident, MiB",
        "requests to the cloud",
        "in its busiest second",
        "requests to Kubernetes",
        "of these writes",
        "of these events",
    ];
    let mut text = String::from("| all that was spent until then |");
    moments.iter().for_each(|(moment, _)| write!(text, " {moment} |").unwrap());
    text += " operator of before: 300 Ready |\n|---|";
    text += &"---:|".repeat(moments.len() + 1);
    for (row, head) in heads.iter().enumerate() {
        write!(text, "\n| {head} |").unwrap();
        moments.iter().for_each(|(_, costs)| write!(text, " {} |", costs.figures()[row]).unwrap());
        write!(text, " {} |", BEFORE[row]).unwrap();
    }
    let resident =
        moments.iter().map(|(moment, costs)| format!("{moment}: {} MiB", costs.resident)).collect::<Vec<_>>();
    text + "\nresident: " + &resident.join(", ")
}

impl Budget {
    /// As the catalog says it.
    pub(crate) fn of(world: &World) -> Self {
        let folder = world.folder.join("catalog/apis/clever-cloud.yaml");
        let api: Value = serde_yaml::from_str(&fs::read_to_string(folder).unwrap()).unwrap();
        let number = |name: &str| usize::try_from(api["budget"][name].as_u64().unwrap()).unwrap();
        // What was paid for before an intent may be sent a little later: a list and a creation for each that
        // is being created.
        Self { per_second: number("perSecond"), at_once: number("burst") + 2 * number("creatingAtOnce") }
    }

    /// In no window, however short or long, was the cloud asked more often.
    pub(crate) async fn assert_kept(&self, world: &World) {
        let times = times(world).await;
        for (first, from) in times.iter().enumerate() {
            for (last, to) in times.iter().enumerate().skip(first) {
                let (asked, millis) = (last - first + 1, usize::try_from(to - from).unwrap());
                let allowed = self.at_once + self.per_second * millis / 1000;
                assert!(asked <= allowed, "{asked} requests within {millis} ms, {allowed} are allowed");
            }
        }
    }
}

/// When the cloud was asked, in milliseconds.
async fn times(world: &World) -> Vec<i64> {
    world.cloud.log(0).await.iter().map(|entry| entry["time"].as_i64().unwrap()).collect()
}

fn within(times: &[i64], from: i64, millis: i64) -> usize {
    times.iter().filter(|time| (from..from + millis).contains(time)).count()
}

/// What the operator asked of the API server, but for its lease, which is a matter of time, and for watches.
fn requests(user: &str) -> Vec<Value> {
    let mut events = PLANE.audit_events().unwrap();
    events.retain(|event| {
        event["stage"] == "ResponseComplete"
            && event["user"]["username"] == user
            && event["objectRef"]["resource"] != "leases"
            && event["verb"] != "watch"
    });
    events
}

fn is_write(event: &Value) -> bool {
    !["get", "list"].iter().any(|verb| event["verb"] == *verb)
}

/// A line of what the kernel knows of a process, in MiB.
fn memory(pid: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let kilobytes = status.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(':')).unwrap();
    kilobytes.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
