//! Health, metrics and logs, as seen from outside.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use crate::telemetry::health::Health;
use crate::telemetry::{Credentials, Lease, Outcome, Phase, ReconcileResult, Telemetry, Watch, log, server};

#[test]
fn the_operator_is_ready_while_it_runs_and_every_check_is_ok() {
    let health = Health::default();
    assert!(!health.report().ready, "nothing is set up yet");
    health.phase(Phase::Running);
    assert!(!health.report().ready, "the lease is undecided");

    let rows: [(&str, &dyn Fn(bool)); 5] = [
        ("an undecided lease", &|good| health.lease(if good { Lease::Held } else { Lease::Undecided })),
        ("Secrets that cannot be watched", &|good| {
            health.watched(
                "secrets",
                if good { Watch::Established } else { Watch::Broken("forbidden".into()) },
            );
        }),
        ("a watch without its first list", &|good| {
            health.watch("widgets", if good { Watch::Established } else { Watch::Waiting("why".into()) })
        }),
        ("an unreachable lease", &|good| {
            health.lease(if good {
                Lease::Standby("another".into())
            } else {
                Lease::Unreachable("timeout".into())
            })
        }),
        ("refused credentials", &|good| {
            health.credentials("cloud", if good { Credentials::Accepted } else { Credentials::Refused })
        }),
    ];
    for (what, set) in rows {
        set(false);
        assert!(!health.report().ready, "{what}");
        set(true);
        assert!(health.report().ready, "{what}, mended");
    }
    health.credentials("cloud", Credentials::Untried);
    assert!(health.report().ready, "no resource may ever need them");
    health.watch("gadgets", Watch::Broken("the kind is gone".into()));
    health.unwatch("gadgets");
    assert!(health.report().ready, "a kind that is no longer watched does not fail");
}

#[test]
fn stopping_is_never_taken_back() {
    let health = Health::default();
    health.phase(Phase::Stopping);
    health.phase(Phase::Running);
    assert_eq!((health.report().phase, health.report().ready), (Phase::Stopping, false));
}

#[test]
fn a_check_that_says_the_same_again_keeps_its_time() {
    let health = Health::default();
    health.lease(Lease::Held);
    let first = health.report();
    health.lease(Lease::Held);
    assert_eq!(first, health.report());
}

#[test]
fn metrics_count_what_was_recorded() {
    let Telemetry { metrics, health, catalog: _ } = Telemetry::default();
    health.watch("widgets.example.com", Watch::Established);
    metrics.checks(&health.report());
    metrics.request("cloud", "create", Outcome::NotFound, Duration::from_millis(20));
    metrics.reconcile("widgets.example.com", ReconcileResult::Success, Duration::from_millis(1));
    metrics.resource("widgets.example.com", None, Some("Creating"));
    metrics.resource("widgets.example.com", Some("Creating"), Some("InSync"));
    metrics.workqueue_depth("widgets.example.com", 3);
    metrics.leader(true);
    let text = metrics.text().unwrap();
    for line in [
        concat!("clever_operator_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "clever_operator_cloud_requests_total{api=\"cloud\",operation=\"create\",result=\"not-found\"} 1",
        "clever_operator_cloud_request_duration_seconds_count{api=\"cloud\",operation=\"create\"} 1",
        "clever_operator_reconcile_total{kind=\"widgets.example.com\",result=\"success\"} 1",
        "clever_operator_resources{kind=\"widgets.example.com\",reason=\"Creating\"} 0",
        "clever_operator_resources{kind=\"widgets.example.com\",reason=\"InSync\"} 1",
        "clever_operator_workqueue_depth{kind=\"widgets.example.com\"} 3",
        "clever_operator_leader 1",
        "clever_operator_ready 0",
        "clever_operator_check{check=\"lease\"} 0",
        "clever_operator_check{check=\"watch/widgets.example.com\"} 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not among\n{text}");
    }
}

#[tokio::test]
async fn readiness_follows_the_checks_and_liveness_does_not() {
    let telemetry = Arc::<Telemetry>::default();
    let (address, server) = serve(&telemetry).await;
    let expect_readyz = async |ready: u16| {
        let others = [("/livez", 200), ("/healthz", 200), ("/status", 200), ("/metrics", 200), ("/", 404)];
        for (path, status) in others.into_iter().chain([("/readyz", ready)]) {
            assert_eq!(get(address, path).await.0, status, "{path}");
        }
    };
    expect_readyz(503).await;
    telemetry.health.phase(Phase::Running);
    telemetry.health.lease(Lease::Held);
    expect_readyz(200).await;
    telemetry.health.watch("widgets.example.com", Watch::Broken("forbidden".into()));
    expect_readyz(503).await;
    let body = get(address, "/readyz").await.1;
    assert!(
        body.contains(
            r#""name":"watch/widgets.example.com","ok":false,"state":"broken","detail":"forbidden""#
        ),
        "{body}"
    );
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_heartbeats_is_stuck() {
    let health = Health::default();
    tokio::time::advance(Duration::from_secs(29)).await;
    assert_eq!(health.stuck(), None, "it may be slow to start");
    health.beat();
    tokio::time::advance(Duration::from_secs(29)).await;
    assert_eq!(health.stuck(), None);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(health.stuck(), Some(Duration::from_secs(31)));
}

#[tokio::test]
async fn the_status_shows_everything_on_one_page() {
    let telemetry = Arc::<Telemetry>::default();
    let health = &telemetry.health;
    health.phase(Phase::Running);
    health.lease(Lease::Standby("pod-b_7".into()));
    health.watch("widgets.example.com", Watch::Established);
    health.watch("widgets.example.org", Watch::Broken("forbidden".into()));
    health.watched("secrets", Watch::Established);
    health.endpoint("cloud", "cloud.example.com");
    health.credentials("cloud", Credentials::Refused);
    telemetry.resource("widgets.example.com", None, Some("Creating"));
    telemetry.resource("widgets.example.com", None, Some("Creating"));
    telemetry.resource("widgets.example.com", Some("Creating"), Some("InSync"));
    telemetry.resource("widgets.example.org", None, Some("Creating"));
    telemetry.resource("widgets.example.org", Some("Creating"), None);
    health.listed("cloud");
    let (address, server) = serve(&telemetry).await;
    let mut page: Value = serde_json::from_str(&get(address, "/status").await.1).unwrap();
    for time in ["/lease/since", "/apis/cloud/lastList", "/apis/cloud/credentials/since", "/others/0/since"] {
        assert!(
            page.pointer_mut(time).unwrap().take().as_str().unwrap().parse::<jiff::Timestamp>().is_ok(),
            "{time}"
        );
    }
    let watches = page["kinds"].as_object_mut().unwrap().values_mut();
    watches.for_each(|kind| assert!(kind["watch"].as_object_mut().unwrap().shift_remove("since").is_some()));
    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"), "uptimeSeconds": 0, "phase": "running", "ready": false,
        "lease": { "state": "standby", "detail": "held by pod-b_7", "since": null },
        "kinds": {
            "widgets.example.com": { "watch": { "state": "established" }, "resources": { "Creating": 1, "InSync": 1 } },
            "widgets.example.org": { "watch": { "state": "broken", "detail": "forbidden" }, "resources": {} },
        },
        "apis": {
            "cloud": { "endpoint": "cloud.example.com", "credentials": { "state": "refused", "since": null }, "lastList": null },
        },
        "others": [{ "name": "secrets", "ok": true, "state": "established", "since": null }],
    });
    assert_eq!(page, expected);
    server.abort();
}

#[test]
fn more_letters_log_more_and_none_still_logs_info() {
    let levels = [0, 1, 2, 3, 9].map(|verbosity| written(&log::directives(verbosity)));
    assert_eq!(
        levels,
        [
            "info warn",
            "info debug warn",
            "info debug trace warn",
            "info debug trace warn",
            "info debug trace warn"
        ]
    );
}

#[test]
fn libraries_never_trace_whatever_is_asked_for() {
    assert_eq!(written("trace"), "info debug trace warn debug-of-library");
}

/// Logs events of our own and of a library, and returns the first words of those that get through.
fn written(directives: &str) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = fmt::layer()
        .without_time()
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    tracing::subscriber::with_default(
        tracing_subscriber::registry().with(log::filtered(layer, directives).unwrap()),
        || {
            tracing::info!("info");
            tracing::debug!("debug");
            tracing::trace!("trace");
            tracing::warn!(target: "library::client", "warn");
            tracing::debug!(target: "library::client", "debug-of-library");
            tracing::trace!(target: "library::client", "trace-of-library");
        },
    );
    let written = lines.0.lock().clone();
    String::from_utf8(written).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn serve(telemetry: &Arc<Telemetry>) -> (SocketAddr, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(server::serve(listener, Arc::clone(telemetry))))
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer[9..12].parse().unwrap(), answer.split("\r\n\r\n").nth(1).unwrap().to_owned())
}
