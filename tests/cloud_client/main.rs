//! What the client makes of servers that answer, break and lie, and what it puts on the wire. All on
//! loopback, byte by byte.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod signature;

use std::io::Write;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use clever_operator::cloud::oauth1::{Keys, SignatureMethod, Stamp, authorization};
use clever_operator::cloud::{
    Budget, Client, Credentials, Limits, Method, Request, Response, SendOutcome, SendReport, Settings, Url,
};
use clever_operator::priority::Priority;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// What a server does with one connection, in order; then it closes it.
#[derive(Clone)]
enum Step {
    /// Reads one whole request.
    Read,
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Does nothing until the client is gone.
    Hang,
    /// Closes with a reset instead of a farewell.
    Reset,
}

/// A server, and every request that reached it, as text.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Plays the same steps on each connection.
    async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(block_on(stream, steps.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, requests }
    }

    async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![Step::Read, Step::Write(answer.into())]).await
    }

    fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn block_on(mut stream: TcpStream, steps: Vec<Step>, seen: Arc<Mutex<Vec<String>>>) {
    for step in steps {
        match step {
            Step::Read => match read_request(&mut stream).await {
                Some(request) => seen.lock().unwrap().push(request),
                None => return,
            },
            // A client that had enough closes early.
            Step::Write(bytes) => drop(stream.write_all(&bytes).await),
            Step::Hang => while matches!(stream.read(&mut [0; 1024]).await, Ok(read) if read > 0) {},
            Step::Reset => stream.set_zero_linger().unwrap(),
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !is_whole(&text) {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        text += &String::from_utf8_lossy(&buffer[..read]);
    }
    Some(text)
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    body.len() >= header(head, "content-length").map_or(0, |length| length.parse().unwrap())
}

/// A header of a request as it came.
fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = request.lines().skip(1).take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn client() -> Client {
    client_with(Duration::from_secs(20))
}

fn client_with(connect_timeout: Duration) -> Client {
    // Fails only where another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new(&Settings { user_agent: "operator-under-test/1.2.3".to_owned(), connect_timeout }).unwrap()
}

fn get(url: Url) -> Request {
    Request { method: Method::GET, url, headers: vec![], body: None, timeout: Duration::from_secs(20) }
}

fn post(url: Url) -> Request {
    Request { method: Method::POST, body: Some(json!({"name": "one"})), ..get(url) }
}

async fn send(client: &Client, request: &Request, credentials: &Credentials) -> SendReport {
    static BUDGET: LazyLock<Budget> = LazyLock::new(|| {
        let many = NonZeroU32::new(1000).unwrap();
        Budget::new(Limits { per_second: many, burst: many, creating_at_once: NonZeroUsize::MIN })
    });
    client.send(request, credentials, BUDGET.admit(Priority::User).await).await
}

async fn ask(request: &Request) -> SendOutcome {
    send(&client(), request, &Credentials::None).await.outcome
}

fn answered(outcome: SendOutcome) -> Response {
    match outcome {
        SendOutcome::Answered(answer) => answer,
        SendOutcome::NotSent(reason) | SendOutcome::Unknown(reason) => panic!("not answered: {reason}"),
    }
}

fn assert_not_sent(name: &str, outcome: SendOutcome) {
    assert!(matches!(outcome, SendOutcome::NotSent(_)), "{name}: {outcome:?}");
}

fn assert_unknown(name: &str, outcome: SendOutcome) {
    assert!(matches!(outcome, SendOutcome::Unknown(_)), "{name}: {outcome:?}");
}

fn all_kinds() -> [(&'static str, Credentials); 6] {
    let oauth1 = |method| {
        Credentials::OAuth1(Keys {
            method,
            consumer_key: "hidden-consumer".into(),
            consumer_secret: "hidden-consumer-secret".into(),
            token: "hidden-token".into(),
            token_secret: "hidden-token-secret".into(),
        })
    };
    [
        ("hmac", oauth1(SignatureMethod::HmacSha512)),
        ("plaintext", oauth1(SignatureMethod::Plaintext)),
        ("bearer", Credentials::Bearer("hidden-bearer".into())),
        ("header", Credentials::Header { name: "X-Api-Key".to_owned(), value: "hidden-value".into() }),
        ("basic", Credentials::Basic { user: "hidden-user".to_owned(), password: "hidden-password".into() }),
        ("none", Credentials::None),
    ]
}

#[tokio::test]
async fn what_never_had_a_connection_was_not_sent() {
    let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_not_sent("refused port", ask(&post(format!("http://{refusing}/").parse().unwrap())).await);
    assert_not_sent("unknown name", ask(&post("http://no-such-host.invalid/".parse().unwrap())).await);
}

#[tokio::test]
async fn what_failed_before_tls_stood_was_not_sent() {
    for (name, steps) in [
        ("not TLS", vec![Step::Write(answer("400 Bad Request", "", b"this is plain HTTP"))]),
        ("closed", vec![]),
        ("reset", vec![Step::Reset]),
        ("silent", vec![Step::Hang]),
    ] {
        let server = Server::start(steps).await;
        let request = post(format!("https://{}/", server.address).parse().unwrap());
        let reply = send(&client_with(Duration::from_millis(500)), &request, &Credentials::None).await;
        assert_not_sent(name, reply.outcome);
    }
}

#[tokio::test]
async fn what_cannot_be_written_was_not_sent() {
    let server = Server::answering(answer("200 OK", "", b"{}")).await;
    let in_the_address = format!("http://user:password@{}/", server.address).parse().unwrap();
    assert_not_sent("a password in the address", ask(&post(in_the_address)).await);
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert_not_sent(
        "a header without a name",
        ask(&Request { headers: header("", "x"), ..post(server.url("/")) }).await,
    );
    assert_not_sent(
        "a header of two lines",
        ask(&Request { headers: header("a", "x\r\nb: y"), ..post(server.url("/")) }).await,
    );
    for credentials in [
        Credentials::Bearer("two\nlines".into()),
        Credentials::Header { name: "no name".to_owned(), value: "x".into() },
        Credentials::Header { name: "x".to_owned(), value: "two\r\nlines".into() },
    ] {
        assert_not_sent("credentials", send(&client(), &post(server.url("/")), &credentials).await.outcome);
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn whatever_breaks_after_the_connection_stood_may_have_had_its_effect() {
    let half = || Step::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":".to_vec());
    let chunk =
        || Step::Write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n".to_vec());
    let zipped = || Step::Write(answer("200 OK", "content-encoding: gzip\r\n", b"not gzip at all"));
    for (name, steps) in [
        ("closed at once", vec![]),
        ("reset at once", vec![Step::Reset]),
        ("read, then closed", vec![Step::Read]),
        ("read, then reset", vec![Step::Read, Step::Reset]),
        ("half a status line", vec![Step::Read, Step::Write(b"HTTP/1.1 2".to_vec())]),
        ("not HTTP", vec![Step::Read, Step::Write(b"+OK ready\r\n\r\n".to_vec())]),
        ("half a body", vec![Step::Read, half()]),
        ("half a body, then reset", vec![Step::Read, half(), Step::Reset]),
        ("a last chunk missing", vec![Step::Read, chunk()]),
        ("wrong compression", vec![Step::Read, zipped()]),
    ] {
        let server = Server::start(steps).await;
        assert_unknown(name, ask(&post(server.url("/"))).await);
        assert!(server.requests().len() <= 1, "{name}: sent again");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_within_the_requests_timeout() {
    let half = Step::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":".to_vec());
    for (name, steps) in [
        ("before reading", vec![Step::Hang]),
        ("before answering", vec![Step::Read, Step::Hang]),
        ("within the body", vec![Step::Read, half, Step::Hang]),
    ] {
        let server = Server::start(steps).await;
        assert_unknown(
            name,
            ask(&Request { timeout: Duration::from_millis(300), ..post(server.url("/")) }).await,
        );
    }
}

#[tokio::test]
async fn any_whole_answer_is_brought_back_as_it_is() {
    let html = b"<html><h1>502 Bad Gateway</h1></html>".as_slice();
    for (status, headers, body, is_json) in [
        ("200 OK", "content-type: application/json\r\n", br#"{"id": 1}"#.as_slice(), true),
        ("200 OK", "content-type: text/plain\r\n", br#"[{"labelled": "as text"}]"#.as_slice(), true),
        ("204 No Content", "", b"".as_slice(), false),
        ("302 Found", "location: http://127.0.0.1:1/elsewhere\r\n", b"".as_slice(), false),
        ("401 Unauthorized", "", br#"{"id": 2001}"#.as_slice(), true),
        ("429 Too Many Requests", "retry-after: 7\r\n", br#"{"code": "slow down"}"#.as_slice(), true),
        ("502 Bad Gateway", "content-type: text/html\r\n", html, false),
        ("503 Service Unavailable", "content-type: application/json\r\n", html, false),
    ] {
        let server = Server::answering(answer(status, headers, body)).await;
        let answer = answered(ask(&get(server.url("/"))).await);
        assert!(status.starts_with(answer.status.as_str()), "{status}: {}", answer.status);
        assert_eq!(answer.body.text.as_bytes(), body, "{status}");
        assert_eq!(answer.body.json.is_some(), is_json, "{status}");
        assert_eq!(server.requests().len(), 1, "{status}: sent again");
    }
}

#[tokio::test]
async fn of_an_answers_headers_only_the_telling_ones_are_kept() {
    let headers =
        "retry-after: 7\r\nx-request-id: r1\r\nGateway-Id: g1\r\nset-cookie: session=hidden\r\nserver: x\r\n";
    let server = Server::answering(answer("429 Too Many Requests", headers, b"")).await;
    let answer = answered(ask(&get(server.url("/"))).await);
    assert_eq!(answer.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(answer.header("x-request-id"), Some("r1"));
    assert_eq!(answer.header("gateway-id"), Some("g1"));
    assert_eq!(answer.headers.len(), 3, "{:?}", answer.headers);
}

#[tokio::test]
async fn a_body_is_unpacked_and_one_without_end_is_not_read_to_its_end() {
    let gzip = |body: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(body).unwrap();
        answer("200 OK", "content-encoding: gzip\r\n", &packed.finish().unwrap())
    };
    let nearly = vec![b' '; clever_operator::cloud::client::MAX_BODY_LEN - 4];
    let server = Server::answering(gzip(&[&nearly, b"true".as_slice()].concat())).await;
    assert_eq!(answered(ask(&get(server.url("/"))).await).body.json, Some(json!(true)));

    let larger = vec![b' '; clever_operator::cloud::client::MAX_BODY_LEN + 1];
    assert_unknown("a gzip bomb", ask(&get(Server::answering(gzip(&larger)).await.url("/"))).await);
    assert_unknown(
        "a flood",
        ask(&get(Server::answering(answer("200 OK", "", &larger)).await.url("/"))).await,
    );
}

#[tokio::test]
async fn connections_are_kept_and_nothing_is_sent_twice_when_one_breaks() {
    let ok = Step::Write(answer("200 OK", "", b"{}"));
    let server = Server::start(vec![Step::Read, ok, Step::Read]).await;
    let client = client();
    answered(send(&client, &post(server.url("/first")), &Credentials::None).await.outcome);
    let second = send(&client, &post(server.url("/second")), &Credentials::None).await;
    assert_unknown("the kept connection broke under the second request", second.outcome);
    let sent: Vec<_> =
        server.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    assert_eq!(sent, ["POST /first HTTP/1.1", "POST /second HTTP/1.1"]);
}

#[tokio::test]
async fn every_request_says_who_sends_it_and_which_it_is() {
    let server = Server::answering(answer("200 OK", "", b"{}")).await;
    let headers = [("X-Request-Id", "not this"), ("Authorization", "not this"), ("X-Other", "this")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let request = Request { headers, ..post(server.url("/a?b=c")) };
    let reply = send(&client(), &request, &Credentials::Bearer("token".into())).await;
    let sent = server.requests().remove(0);
    assert!(sent.starts_with("POST /a?b=c HTTP/1.1\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n{\"name\":\"one\"}"), "{sent}");
    for (name, value) in [
        ("user-agent", "operator-under-test/1.2.3"),
        ("x-request-id", reply.request_id.as_str()),
        ("authorization", "Bearer token"),
        ("content-type", "application/json"),
        ("x-other", "this"),
    ] {
        assert_eq!(header(&sent, name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn credentials_stand_where_their_scheme_wants_them() {
    for (kind, name, start) in [
        ("hmac", "authorization", Some("OAuth ")),
        ("plaintext", "authorization", Some("OAuth ")),
        ("bearer", "authorization", Some("Bearer hidden-bearer")),
        ("header", "x-api-key", Some("hidden-value")),
        ("basic", "authorization", Some("Basic aGlkZGVuLXVzZXI6aGlkZGVuLXBhc3N3b3Jk")),
        ("none", "authorization", None),
    ] {
        let credentials = all_kinds().into_iter().find(|(name, _)| *name == kind).unwrap().1;
        let server = Server::answering(answer("200 OK", "", b"{}")).await;
        answered(send(&client(), &get(server.url("/")), &credentials).await.outcome);
        let sent = server.requests().remove(0);
        let value = header(&sent, name);
        assert_eq!(
            value.map(|value| value.starts_with(start.unwrap_or("?"))),
            start.map(|_| true),
            "{kind}: {value:?}"
        );
    }
}

/// The signature is made over the URL as we hold it; here it is made again over the address as the server saw
/// it.
#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    let (_, credentials) = all_kinds().into_iter().next().unwrap();
    let Credentials::OAuth1(keys) = &credentials else { panic!("the first kind signs") };
    for path in
        ["/a%2Fb/%7E~/c d/é?x=1&x=%2B+&y='\"<>|&z", "/?a=%C3%A9&a=é&b=^`{}", "/{x}/%7By%7D?%", "/a/../b/./c"]
    {
        let server = Server::answering(answer("200 OK", "", b"{}")).await;
        answered(send(&client(), &get(server.url(path)), &credentials).await.outcome);
        let sent = server.requests().remove(0);
        let target = sent.split(' ').nth(1).unwrap();
        let seen: Url = format!("http://{}{target}", header(&sent, "host").unwrap()).parse().unwrap();
        assert!(seen.as_str().ends_with(target), "{target} is read as {seen}");
        let given = header(&sent, "authorization").unwrap();
        assert_eq!(authorization(keys, "GET", &seen, &stamp_of(given)), given, "{path}");
    }
}

fn stamp_of(header: &str) -> Stamp {
    let value = |name: &str| {
        header.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    };
    Stamp { nonce: Some(value("oauth_nonce")), timestamp: Some(value("oauth_timestamp").parse().unwrap()) }
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    let log = Captured::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish()
        .try_init()
        .unwrap();
    let secret_answer =
        answer("200 OK", "set-cookie: hidden-cookie\r\n", br#"{"password": "hidden-answer"}"#);
    let broken =
        vec![Step::Read, Step::Write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhidden-half".to_vec())];
    for steps in [vec![Step::Read, Step::Write(secret_answer)], broken, vec![]] {
        let server = Server::start(steps).await;
        for (kind, credentials) in all_kinds() {
            let headers = vec![("X-Other".to_owned(), "hidden-header".to_owned())];
            let body = Some(json!({"secret": "hidden-body"}));
            let request = Request { headers, body, ..post(server.url("/visible-path?q=hidden-query")) };
            let reply = send(&client(), &request, &credentials).await;
            tracing::trace!(?request, ?credentials, ?reply, kind, "what a careless caller might log");
            assert!(log.text().contains(&reply.request_id), "{kind}: the log names no request");
        }
    }
    let text = log.text();
    // The capture must see what the libraries below say, and what `log` rather than `tracing` carries, or it
    // proves nothing.
    for expected in ["hyper_util::client", "reqwest::connect", "/visible-path", "cloud request", "oauth1#"] {
        assert!(text.contains(expected), "nothing of `{expected}` in the log");
    }
    let encoded = ["aGlkZGVu", "hidden"];
    let leaks: Vec<_> =
        text.lines().filter(|line| encoded.iter().any(|secret| line.contains(secret))).collect();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Everything that was logged in this process.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
