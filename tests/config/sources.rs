//! Where configuration may stand, each place and each pair of places: what is alone holds, what is later
//! wins, credentials that differ are refused with both places named. The places are written out here, so that
//! a change of their order is seen.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clever_operator::config::{self, ApiSettings, Document, KnownKeys, SearchPaths};
use secrecy::ExposeSecret;

/// The folders, the least important first.
const FOLDERS: [&str; 9] = [
    "usr/share/clever-kubernetes-operator",
    "usr/share/clever-operator",
    "etc/clever-kubernetes-operator",
    "etc/clever-operator",
    "home/.config/clever-kubernetes-operator",
    "home/.config/clever-operator",
    "home/.local/share/clever-kubernetes-operator",
    "home/.local/share/clever-operator",
    "here",
];
const FORMATS: [&str; 3] = ["toml", "yaml", "json"];
const CREDENTIALS: [&str; 4] = ["token", "secret", "consumerKey", "consumerSecret"];

/// What one source says: keys below `api`, and their values.
type Says<'a> = &'a [(&'a str, &'a str)];

#[test]
fn each_place_alone_is_read_in_each_format_and_spelling() {
    for place in sources() {
        for [organisation, key] in [["organisation", "consumerKey"], ["organisation", "consumer-key"]] {
            let all = [(organisation, "orga_1"), (key, "k"), ("endpoint", "https://api.example.com/v2")];
            let says =
                if place == "environment" { all.map(|(name, value)| (camel(name), value)) } else { all };
            let api = resolve("alone", &[(&place, &says)]).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(api.organisation.as_deref(), Some("orga_1"), "{place}");
            assert_eq!(api.endpoint.as_deref(), Some("https://api.example.com/v2"), "{place}");
            assert_eq!(api.credentials["consumerKey"].expose_secret(), "k", "{place}");
        }
    }
}

#[test]
fn of_each_two_places_the_later_one_wins_and_the_earlier_fills_up() {
    each_pair(|earlier, later| {
        let says: [(&str, Says); 2] = [
            (earlier, &[("organisation", "orga_earlier"), ("endpoint", "https://earlier.example.com")]),
            (later, &[("organisation", "orga_later")]),
        ];
        let api = resolve("order", &says).unwrap();
        assert_eq!(api.organisation.as_deref(), Some("orga_later"), "{earlier} and {later}");
        assert_eq!(api.endpoint.as_deref(), Some("https://earlier.example.com"), "{earlier} and {later}");
    });
}

#[test]
fn of_each_two_places_differing_credentials_are_refused_and_both_named() {
    let names = std::cell::RefCell::new(CREDENTIALS.iter().cycle());
    each_pair(|earlier, later| {
        let name = names.borrow_mut().next().unwrap();
        let error = resolve("differ", &[(earlier, &[(name, "S3CRET-1")]), (later, &[(name, "S3CRET-2")])])
            .unwrap_err();
        let (at, before) = (named(later, name), named(earlier, name));
        let expected = format!("{at}: `api.{name}` differs from the one in {before}\n");
        assert!(error.contains(&expected), "{expected}{error}");
        assert!(!error.contains("S3CRET"), "{error}");
    });
}

#[test]
fn of_each_two_places_equal_credentials_are_fine_and_parts_are_put_together() {
    each_pair(|earlier, later| {
        let first: Says = &[("token", "t"), ("consumerKey", "k")];
        let second: Says = &[("token", "t"), ("secret", "s"), ("consumerSecret", "c")];
        let api = resolve("together", &[(earlier, first), (later, second)])
            .unwrap_or_else(|error| panic!("{error}"));
        let values: Vec<_> = CREDENTIALS.iter().map(|name| api.credentials[*name].expose_secret()).collect();
        assert_eq!(values, ["t", "s", "k", "c"], "{earlier} and {later}");
    });
}

#[test]
fn a_credential_is_the_same_in_either_spelling() {
    let says: [(&str, Says); 2] =
        [("etc/clever-operator/config.toml", &[("consumer-key", "1")]), ("Secret", &[("consumerKey", "2")])];
    let error = resolve("spelling", &says).unwrap_err();
    assert!(
        error.contains(
            "Secret system/clever-operator-configuration:2: `api.consumerKey` differs from the one in"
        ),
        "{error}"
    );
}

#[test]
fn without_a_home_the_places_there_are_left_out() {
    let root = scratch("homeless");
    let places = |home: Option<&str>| {
        SearchPaths::of(&|name| (name == "HOME").then_some(home).flatten().map(str::to_owned))
    };
    assert_eq!(places(None), places(Some("")));
    assert_eq!(places(None).files().len(), 5 * FORMATS.len());
    assert!(
        places(None).files().iter().all(|path| path.is_absolute() || path.starts_with(".")),
        "nothing hangs on a missing home"
    );
    assert_eq!(
        SearchPaths { home: Some("home".into()), root, here: ".".into() }.files().len(),
        9 * FORMATS.len()
    );
}

#[test]
fn what_is_there_and_is_no_file_is_refused_and_a_place_that_cannot_be_is_not() {
    let root = scratch("odd");
    let folder = |name: &str| {
        let folder = root.join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    fs::create_dir_all(folder(FOLDERS[3]).join("config.toml")).unwrap();
    fs::write(folder(FOLDERS[2]).join("config.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    std::os::unix::fs::symlink("config.json", folder(FOLDERS[1]).join("config.json")).unwrap();
    // Not there: a link to nothing, and a file where a folder would be.
    std::os::unix::fs::symlink("nothing", folder(FOLDERS[8]).join("config.toml")).unwrap();
    fs::write(folder("home").join(".config"), "").unwrap();
    let error = read(&root).unwrap_err();
    let lines: Vec<_> = error
        .lines()
        .filter(|line| !line.starts_with("  help: "))
        .map(|line| line.split(" (os error").next().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "the configuration is invalid",
            "usr/share/clever-operator/config.json: cannot be read: Too many levels of symbolic links",
            "etc/clever-kubernetes-operator/config.yaml: cannot be read: stream did not contain valid UTF-8",
            "etc/clever-operator/config.toml: cannot be read: Is a directory",
        ],
        "{error}"
    );
}

fn each_pair(check: impl Fn(&str, &str)) {
    let sources = sources();
    for (at, earlier) in sources.iter().enumerate() {
        sources[at + 1..].iter().for_each(|later| check(earlier, later));
    }
}

/// Everything that may say something, the least important first.
fn sources() -> Vec<String> {
    let files = FOLDERS.iter().flat_map(|folder| FORMATS.map(|format| format!("{folder}/config.{format}")));
    let all: Vec<_> = ["environment".to_owned()]
        .into_iter()
        .chain(files)
        .chain(["ConfigMap", "Secret"].map(str::to_owned))
        .collect();
    assert_eq!(all.len(), 30);
    all
}

/// What a problem calls the place where a source says something as its first word.
fn named(source: &str, key: &str) -> String {
    match source {
        "environment" => format!("CLEVER_OPERATOR_API_{}", shouted(key)),
        "ConfigMap" | "Secret" => format!("{source} system/clever-operator-configuration:2"),
        file if file.ends_with("json") => format!("{file}:1"),
        file => format!("{file}:2"),
    }
}

fn resolve(test: &str, sources: &[(&str, Says)]) -> Result<ApiSettings, String> {
    let root = scratch(test);
    let (mut variables, mut objects) = (BTreeMap::new(), Vec::new());
    for (source, says) in sources {
        match *source {
            "environment" => variables
                .extend(says.iter().map(|(key, value)| (named("environment", key), (*value).to_owned()))),
            "ConfigMap" | "Secret" => {
                objects.push(Document::of_object(source, "system", &text("toml", says)).unwrap())
            }
            file => {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, text(file.rsplit('.').next().unwrap(), says)).unwrap();
            }
        }
    }
    let documents = read(&root)?.into_iter().chain(objects).collect::<Vec<_>>();
    let vocabulary = KnownKeys::default().with_api("cloud", &CREDENTIALS);
    let config = config::resolve(&documents, &|name| variables.get(name).cloned(), &vocabulary);
    config.map(|config| config.apis["cloud"].clone()).map_err(|error| shortened(&error.to_string(), &root))
}

fn read(root: &Path) -> Result<Vec<Document>, String> {
    let places =
        SearchPaths { root: root.to_owned(), home: Some(root.join("home")), here: root.join("here") };
    config::documents(config::search(None, &places)).map_err(|error| shortened(&error.to_string(), root))
}

fn shortened(text: &str, root: &Path) -> String {
    text.replace(&format!("{}/", root.display()), "")
}

fn text(format: &str, says: Says) -> String {
    let lines = |line: &dyn Fn(&str, &str) -> String, between| {
        says.iter().map(|(key, value)| line(key, value)).collect::<Vec<_>>().join(between)
    };
    match format {
        "toml" => format!("[api]\n{}\n", lines(&|key, value| format!("{key} = \"{value}\""), "\n")),
        "yaml" => format!("api:\n{}\n", lines(&|key, value| format!("  {key}: \"{value}\""), "\n")),
        "json" => {
            format!("{{ \"api\": {{ {} }} }}\n", lines(&|key, value| format!("\"{key}\": \"{value}\""), ", "))
        }
        other => panic!("{other}"),
    }
}

fn camel(key: &str) -> &str {
    if key == "consumer-key" { "consumerKey" } else { key }
}

fn shouted(key: &str) -> String {
    key.chars()
        .map(
            |letter| {
                if letter.is_uppercase() { format!("_{letter}") } else { letter.to_uppercase().to_string() }
            },
        )
        .collect()
}

/// An empty folder of this test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config_places").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
