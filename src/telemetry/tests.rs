//! What the outside sees of health and metrics.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use super::{Credentials, Health, Lease, Outcome, Phase, Telemetry, Watch, log, server};

#[test]
fn it_is_ready_when_it_runs_and_no_check_says_otherwise() {
    let health = Health::default();
    assert!(!health.report().ready, "nothing is set up yet");
    health.phase(Phase::Running);
    assert!(health.report().ready);

    let rows: [(&str, &dyn Fn(bool)); 3] = [
        ("a watch without its first list", &|good| health.watch("widgets", if good { Watch::Established } else { Watch::Waiting })),
        ("an unreachable lease", &|good| health.lease(if good { Lease::Standby } else { Lease::Unreachable("timeout".into()) })),
        ("refused credentials", &|good| health.credentials("cloud", if good { Credentials::Accepted } else { Credentials::Refused })),
    ];
    for (what, set) in rows {
        set(false);
        assert!(!health.report().ready, "{what}");
        set(true);
        assert!(health.report().ready, "{what}, mended");
    }
    health.watch("gadgets", Watch::Broken("the kind is gone".into()));
    health.unwatch("gadgets");
    assert!(health.report().ready, "what is no longer watched cannot be amiss");
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
    let metrics = Telemetry::default().metrics;
    metrics.request("cloud", "create", Outcome::NotFound, Duration::from_millis(20));
    metrics.pass("Widget", "rest", Duration::from_millis(1));
    metrics.moved("Widget", None, Some("fresh"));
    metrics.moved("Widget", Some("fresh"), Some("settled"));
    metrics.waiting("Widget", 3);
    metrics.leading(true);
    let text = metrics.text().unwrap();
    for line in [
        concat!("clever_operator_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        "clever_operator_cloud_requests_total{api=\"cloud\",operation=\"create\",outcome=\"not-found\"} 1",
        "clever_operator_cloud_request_seconds_count{api=\"cloud\",operation=\"create\"} 1",
        "clever_operator_passes_total{kind=\"Widget\",outcome=\"rest\"} 1",
        "clever_operator_resources{kind=\"Widget\",state=\"fresh\"} 0",
        "clever_operator_resources{kind=\"Widget\",state=\"settled\"} 1",
        "clever_operator_waiting{kind=\"Widget\"} 3",
        "clever_operator_leading 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not among\n{text}");
    }
}

#[tokio::test]
async fn liveness_is_answered_always_and_readiness_truthfully() {
    let telemetry = Arc::<Telemetry>::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(server::serve(listener, Arc::clone(&telemetry)));

    let statuses = async |expected: [(&str, u16); 6]| {
        for (path, status) in expected {
            assert_eq!(get(address, path).await.0, status, "{path}");
        }
    };
    statuses([("/livez", 200), ("/healthz", 200), ("/readyz", 503), ("/status", 503), ("/metrics", 200), ("/", 404)]).await;
    telemetry.health.phase(Phase::Running);
    statuses([("/livez", 200), ("/healthz", 200), ("/readyz", 200), ("/status", 200), ("/metrics", 200), ("/", 404)]).await;
    telemetry.health.watch("widgets", Watch::Broken("forbidden".into()));
    let (status, body) = get(address, "/readyz").await;
    assert_eq!(status, 503);
    assert!(body.contains(r#""name":"watch/widgets","ok":false,"detail":"forbidden""#), "{body}");
    server.abort();
}

#[test]
fn more_letters_tell_more_and_none_still_tells_what_happens() {
    let levels = [0, 1, 2, 3, 4, 9].map(|verbosity| written(&log::directives(verbosity)));
    assert_eq!(levels, ["info warn", "info warn", "info warn", "info debug warn", "info debug trace warn", "info debug trace warn"]);
}

#[test]
fn libraries_never_trace_whatever_is_asked_for() {
    assert_eq!(written("trace"), "info debug trace warn debug-of-library");
}

/// Which of our own and of a library's events get through: the first words of what is written.
fn written(directives: &str) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = fmt::layer().without_time().with_level(false).with_target(false).with_ansi(false).with_writer(move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(log::filtered(layer, directives).unwrap()), || {
        tracing::info!("info");
        tracing::debug!("debug");
        tracing::trace!("trace");
        tracing::warn!(target: "library::client", "warn");
        tracing::debug!(target: "library::client", "debug-of-library");
        tracing::trace!(target: "library::client", "trace-of-library");
    });
    let written = lines.0.lock().unwrap().clone();
    String::from_utf8(written).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer[9..12].parse().unwrap(), answer.split("\r\n\r\n").nth(1).unwrap().to_owned())
}
