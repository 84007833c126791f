//! What people write as configuration, and what they are told: a folder for each case below `cases`.
//!
//! `environment` has the variables and `clouds` the APIs, each with the credentials it needs of the operator
//! (else one with four). `config.*` is the file that is named; without it,
//! `usr`, `etc`, `home` and `here` are the places, and `ConfigMap` and `Secret` the objects of the cluster.
//! Below `namespace-cases`, `config` is the text of a Secret in a namespace. `expected` is
//! rewritten with `UPDATE_EXPECTED=1 cargo test --test config`. Secrets are shown there by their length.
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clever_operator::config::{self, ApiSettings, Config, ConfigError, Document, KnownKeys, SearchPaths};
use interpreter::catalog::{AuthScheme, Scheme, SignatureMethod, Source, load_over};
use secrecy::ExposeSecret;

#[test]
fn every_case_is_answered_as_expected() {
    check("tests/config/cases", answer);
}

#[test]
fn every_case_of_a_namespace_is_answered_as_expected() {
    check("tests/config/namespace-cases", answer_to_a_namespace);
}

fn check(folder: &str, answer: fn(&Path) -> String) {
    harness::cases::check(cases(folder), |case| {
        let actual = answer(case);
        assert!(!actual.contains("S3CRET"), "{} shows a secret:\n{actual}", case.display());
        actual
    });
}

#[test]
fn settings_are_printed_without_their_secrets() {
    let vocabulary = KnownKeys::default().with_api("cloud", &["token"]);
    let config =
        config::resolve(&[], &|name| name.ends_with("_API_TOKEN").then(|| "S3CRET".into()), &vocabulary)
            .unwrap();
    assert!(!format!("{config:?}").contains("S3CRET"));
    assert_eq!(config.apis["cloud"].credentials["token"].expose_secret(), "S3CRET");
}

#[test]
fn an_api_that_is_added_has_a_section_of_its_own_and_takes_nothing_from_the_one_that_is_built_in() {
    let source = |path: &str| Source { path: path.into(), text: fs::read_to_string(path).unwrap() };
    let built_in = [source("catalog/apis/clever-cloud.yaml"), source("catalog/addons/kv.yaml")];
    let added = [source("tests/catalog_updates/catalog/shop.yaml")];
    let catalog = load_over(&built_in, &added).catalog;
    let text = "[api]\ntoken = \"ours\"\n[apis.shop]\nkey = \"theirs\"\ncolour = \"red\"\n[apis.clever-cloud-eu]\ntoken = \"later\"\n";
    let document = [Document::of_object("ConfigMap", "system", text).unwrap()];
    let config = config::resolve(&document, &|_| None, &KnownKeys::of(&catalog).lenient()).unwrap();
    assert_eq!(config.apis["clever-cloud"].credentials["token"].expose_secret(), "ours");
    assert_eq!(config.apis["shop"].credentials["key"].expose_secret(), "theirs");
    let strict = config::resolve(&document, &|_| None, &KnownKeys::of(&catalog)).unwrap_err().to_string();
    assert!(
        strict.contains("`apis.shop.colour` is unknown")
            && strict.contains("`apis.clever-cloud-eu.token` is unknown"),
        "{strict}"
    );

    // A namespace that says what nobody understands of an added API is served nothing for that one, and all
    // else; what is in no catalog could be a slip of the hand, and then the operator's own credentials must
    // not take its place.
    assert!(config::namespace("Secret", text, &catalog).is_err());
    let (understood, _) = text.split_once("[apis.clever-cloud-eu]").unwrap();
    let complete = understood
        .replace("\"ours\"", "\"ours\"\nsecret = \"s\"\nconsumerKey = \"c\"\nconsumerSecret = \"d\"");
    let own = config::namespace("Secret", &complete, &catalog).unwrap();
    assert_eq!(own.unknown.keys().collect::<Vec<_>>(), ["shop"]);
    assert!(own.apis.contains_key("clever-cloud"));
}

#[test]
fn a_namespace_may_name_what_stands_beside_it_or_else_beside_the_star() {
    let tenants = |text: &str| {
        let document = Document::of_object("ConfigMap", "system", text).unwrap();
        config::resolve(&[document], &|_| None, &KnownKeys::default()).unwrap().operator.tenants
    };
    let text =
        "[operator.tenants]\n\"team-a\" = [\"orga_a\", \"orga_b\"]\n\"none\" = []\n\"platform\" = [\"*\"]\n";
    let (off, limited, rest) =
        (tenants(""), tenants(text), tenants(&format!("{text}\"*\" = [\"orga_all\"]\n")));
    for (tenants, namespace, organisation, may) in [
        (&off, "team-a", "orga_a", true),
        (&limited, "team-a", "orga_a", true),
        (&limited, "team-a", "orga_b", true),
        (&limited, "team-a", "orga_c", false),
        (&limited, "team-a", "*", false),
        (&limited, "team-b", "orga_a", false),
        (&limited, "none", "orga_a", false),
        (&limited, "platform", "orga_c", true),
        (&rest, "team-b", "orga_all", true),
        (&rest, "team-a", "orga_all", false),
        (&rest, "none", "orga_all", false),
    ] {
        assert_eq!(tenants.may(namespace, organisation), may, "{namespace} {organisation} {tenants:?}");
    }
}

#[test]
fn an_endpoint_loses_the_ending_that_the_documentation_writes_and_nothing_else() {
    let endings = ["/v2".to_owned(), "/v2/".to_owned()];
    let bare =
        |text| config::endpoint(text, &endings).map(|url| url.to_string()).map_err(|error| error.to_string());
    for (written, read) in [
        ("https://api.example.com", "https://api.example.com/"),
        ("https://api.example.com/v2", "https://api.example.com/"),
        ("https://api.example.com/v2/", "https://api.example.com/"),
        (" https://gateway.example.com/cloud/v2 ", "https://gateway.example.com/cloud"),
        ("https://api.example.com/v20", "https://api.example.com/v20"),
        ("http://127.0.0.1:8080/v2", "http://127.0.0.1:8080/"),
        ("http://127.255.0.1", "http://127.255.0.1/"),
        ("http://2130706433:80", "http://127.0.0.1/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
        ("HTTP://LOCALHOST", "http://localhost/"),
    ] {
        assert_eq!(bare(written).as_deref(), Ok(read), "{written}");
    }
    for refused in [
        "api.example.com",
        "ftp://api.example.com",
        "https://user:pass@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com#x",
        "http://api.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://localhost.",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@api.example.com",
        "http://[::2]",
    ] {
        assert!(bare(refused).is_err(), "{refused}");
    }
}

#[test]
fn each_host_is_shown_only_what_its_own_scheme_needs() {
    let scheme = |hosts: &[&str], needs: &str| AuthScheme {
        help: None,
        scheme: Scheme::Bearer { token: needs.into() },
        endpoint: None,
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    };
    let schemes = [scheme(&[], "token"), scheme(&["databases"], "databaseToken")];
    let vocabulary = KnownKeys::default().with_api("cloud", &["token", "databaseToken"]);
    let settings = |names: &[&str]| {
        let written =
            |name: &str| names.iter().any(|known| name.ends_with(known)).then(|| "S3CRET".to_owned());
        config::resolve(&[], &written, &vocabulary).unwrap().apis["cloud"].clone()
    };
    let both = settings(&["_API_TOKEN", "_API_DATABASE_TOKEN"]);
    for (host, needs) in [("", "token"), ("anywhere", "token"), ("databases", "databaseToken")] {
        let values = config::credentials(&both, &schemes, host).unwrap().values;
        assert_eq!(values.keys().collect::<Vec<_>>(), [needs], "{host}");
    }
    let missing =
        config::credentials(&settings(&["_API_TOKEN"]), &schemes, "databases").unwrap_err().to_string();
    assert!(missing.contains("set CLEVER_OPERATOR_API_DATABASE_TOKEN"), "{missing}");
}

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 9, "the cases are gone");
    cases
}

fn answer(case: &Path) -> String {
    let clouds = clouds(case);
    let vocabulary = clouds.iter().fold(KnownKeys::default(), |all, (name, needs)| {
        all.with_api(name, &needs.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let environment = environment(case);
    let config = documents(case).and_then(|documents| {
        config::resolve(&documents, &|name| environment.get(name).cloned(), &vocabulary)
    });
    match config {
        Ok(config) => summary(&config, &clouds),
        Err(error) => format!("{error}\n"),
    }
    .replace(&format!("{}/", case.display()), "")
}

fn documents(case: &Path) -> Result<Vec<Document>, ConfigError> {
    let file = ["config.toml", "config.yaml", "config.json"]
        .map(|name| case.join(name))
        .into_iter()
        .find(|path| path.exists());
    let places =
        SearchPaths { root: case.to_owned(), home: Some(case.join("home")), here: case.join("here") };
    let mut documents = config::documents(config::search(file.as_deref(), &places))?;
    for kind in ["ConfigMap", "Secret"] {
        if let Ok(text) = fs::read_to_string(case.join(kind)) {
            documents.push(Document::of_object(kind, "system", &text)?);
        }
    }
    Ok(documents)
}

fn answer_to_a_namespace(case: &Path) -> String {
    let text = fs::read_to_string(case.join("config")).unwrap();
    match config::namespace("Secret team-a/clever-operator", &text, &clever_operator::cli::built_in().catalog)
    {
        Ok(config) => config.apis.iter().map(|(name, api)| one(name, api)).collect(),
        Err(error) => format!("{error}\n"),
    }
}

fn one(name: &str, api: &ApiSettings) -> String {
    let lengths =
        api.credentials.iter().map(|(name, value)| format!(" {name}({})", value.expose_secret().len()));
    format!(
        "{name} from [{}]: endpoint {:?}, {},{}\n",
        api.section,
        api.endpoint,
        api.defaults(),
        lengths.collect::<String>()
    )
}

fn summary(config: &Config, clouds: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for (name, api) in &config.apis {
        writeln!(text, "{name} from [{}]: endpoint {:?}, {}", api.section, api.endpoint, api.defaults())
            .unwrap();
        if clouds[name].is_empty() {
            continue;
        }
        match config::credentials(api, &schemes(&clouds[name]), "") {
            Ok(fit) => {
                let lengths = fit
                    .values
                    .iter()
                    .map(|(name, value)| format!(" {name}({})", value.expose_secret().len()));
                writeln!(text, "  {}:{}", fit.scheme_name(), lengths.collect::<String>()).unwrap();
            }
            Err(missing) => writeln!(text, "{missing}").unwrap(),
        }
    }
    if config.operator != config::OperatorSettings::default() {
        writeln!(text, "{:#?}", config.operator).unwrap();
    }
    text
}

/// All needs together, or the first alone.
fn schemes(needs: &[String]) -> Vec<AuthScheme> {
    let all = match needs {
        [token, secret, consumer_key, consumer_secret] => Scheme::OAuth1 {
            signature: SignatureMethod::HmacSha512,
            token: token.clone(),
            secret: secret.clone(),
            consumer_key: consumer_key.clone(),
            consumer_secret: consumer_secret.clone(),
        },
        [user, password] => Scheme::Basic { user: Some(user.clone()), password: Some(password.clone()) },
        _ => Scheme::Basic { user: None, password: needs.first().cloned() },
    };
    let schemes = [all, Scheme::Bearer { token: needs[0].clone() }];
    schemes.map(|scheme| AuthScheme { scheme, endpoint: None, hosts: Vec::new(), help: None }).into()
}

fn clouds(case: &Path) -> BTreeMap<String, Vec<String>> {
    let usual = "clever-cloud token secret consumerKey consumerSecret";
    let text = fs::read_to_string(case.join("clouds")).unwrap_or(usual.into());
    let mut lines = text.lines().map(|line| line.split_whitespace().map(str::to_owned));
    lines.by_ref().map(|mut words| (words.next().unwrap(), words.collect())).collect()
}

fn environment(case: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(case.join("environment")).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}
