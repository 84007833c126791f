//! Nothing is known by name: another cloud with other products, mechanically renamed, is served by the same
//! binary.
//!
//! The catalog, the examples, and what the sandbox is and sells are copied through one table of names; so are
//! the conversations that are expected. What stays is the sandbox's own: names of JSON members and of query
//! parameters.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use futures::future::join_all;
use regex::Regex;

use super::lives::{file, played};
use harness::cloud::Files;
use harness::world::{Making, World, copy, folder};
use harness::{Settings, block_on, same};

/// Names and what they become, in this order; `\b` is the edge of a word.
const NAMES: &[(&str, &str)] = &[
    // The cloud: its API group and hosts, the words of its errors, and its paths.
    (r"clever-cloud", "orchard"),
    (r"\bclever\b", "orchard"),
    (r"/v2\b", "/w2"),
    (r"/v4\b", "/w4"),
    (r"/organisations\b", "/estates"),
    (r"/addons\b", "/holdings"),
    (r"/addonproviders\b", "/growers"),
    (r"/addon-providers\b", "/fields"),
    (r"/env\b", "/harvest"),
    (r"/migrations\b", "/moves"),
    // Ids.
    (r"\baddon_", "plot_"),
    (r"<addon-", "<plot-"),
    (r"\bconfig_", "almanac_"),
    (r"<config-", "<almanac-"),
    // Kinds, products, and what they give.
    (r"PostgreSql", "Granary"),
    (r"postgresql", "granary"),
    (r"POSTGRESQL_ADDON", "GRANARY_STORE"),
    (r"ConfigProvider", "Almanac"),
    (r"configprovider", "almanac"),
    (r"config-provider", "almanac-keeper"),
    (r"Keycloak", "Gatehouse"),
    (r"keycloak", "gatehouse"),
    (r"CC_KEYCLOAK", "GATE"),
    (r"\bKV\b", "Larder"),
    (r"\bKV_", "LARDER_"),
    (r"\bkvs\b", "larders"),
    (r"\bkv(_|\b)", "larder$1"),
    // Plans and regions.
    (r"\bxxs_sml\b", "seedling"),
    (r"\bbase\b", "sapling"),
    (r"\bstd\b", "shrub"),
    (r"\bpar\b", "north"),
];

#[test]
fn a_cloud_under_other_names_is_served_by_the_same_binary() {
    block_on(async {
        let world = renamed_world().await;
        let _operator = world.operator("operator", &Settings::frequent_polls()).await;
        join_all(["PostgreSql", "ConfigProvider", "Keycloak", "KV"].map(|kind| lives(&world, kind))).await;
    });
}

async fn lives(world: &Arc<World>, kind: &str) {
    let played = played(world, &renamed(kind)).await;
    let expected = renamed(&fs::read_to_string(Path::new("tests").join(file(kind))).unwrap());
    same(&expected, &played.conversation, &format!("what {} becomes under other names", file(kind)));
}

async fn renamed_world() -> Arc<World> {
    let folder = folder("renamed");
    let [catalog, examples, sandbox] = ["catalog", "examples", "sandbox/data"].map(|from| {
        let to = folder.join(from);
        copy(Path::new(from), &to, &renamed);
        to
    });
    let files =
        Files { service: Some(sandbox.join("service.json")), offers: Some(sandbox.join("offers.json")) };
    let making = Making {
        group: "api.orchard.com".into(),
        catalog: Some(catalog),
        examples: Some(examples),
        files,
        ..Making::default()
    };
    World::new("renamed", making).await
}

fn renamed(text: &str) -> String {
    let rename = |text: String, (from, to): &(&str, &str)| {
        Regex::new(from).unwrap().replace_all(&text, *to).into_owned()
    };
    NAMES.iter().fold(text.to_owned(), rename)
}
