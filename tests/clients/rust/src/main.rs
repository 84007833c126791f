//! Runs one operation of the official Rust SDK, and prints its result as JSON.
//!
//! `official-rust-client URL OPERATION [ARGUMENT…]`, with the credentials in `CLEVER_TOKEN`, `CLEVER_SECRET`,
//! `OAUTH_CONSUMER_KEY` and `OAUTH_CONSUMER_SECRET`.

use std::env;
use std::error::Error;

use clevercloud_sdk::v2::addon::{self, CreateOpts, Opts};
use clevercloud_sdk::v2::{myself, plan};
use clevercloud_sdk::v4::addon_provider::config_provider::addon::environment::{self, Variable};
use clevercloud_sdk::v4::addon_provider::{elasticsearch, mongodb, mysql, postgresql, redis};
use clevercloud_sdk::v4::products::zones;
use clevercloud_sdk::{Client, Credentials, oauth10a::reqwest};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [url, operation @ ..] = words.as_slice() else {
        return Err("no URL".into());
    };
    println!("{}", run(&client(url)?, operation).await?);
    Ok(())
}

fn client(url: &str) -> Outcome<Client> {
    let credentials = Credentials::oauth1(
        env::var("CLEVER_TOKEN")?,
        env::var("CLEVER_SECRET")?,
        env::var("OAUTH_CONSUMER_KEY")?,
        env::var("OAUTH_CONSUMER_SECRET")?,
    );
    let builder = Client::builder().with_endpoint(url.to_owned()).with_credentials(credentials);
    Ok(builder.build(reqwest::Client::builder().no_proxy().build()?))
}

async fn run(client: &Client, operation: &[&str]) -> Outcome<Value> {
    Ok(match *operation {
        ["self"] => json!(myself::get(client).await?.id),
        ["zones"] => json!(zones::list(client).await?),
        ["providers"] => json!(plan::list(client).await?),
        ["create", owner, provider, plan, region, name] => {
            let options = CreateOpts {
                name: name.to_owned(),
                region: region.to_owned(),
                provider_id: provider.to_owned(),
                plan: plan.to_owned(),
                options: Opts::default(),
            };
            json!(addon::create(client, owner, &options).await?)
        }
        ["list", owner] => json!(addon::list(client, owner).await?),
        ["get", owner, id] => json!(addon::get(client, owner, id).await?),
        ["environment", owner, id] => json!(addon::environment(client, owner, id).await?),
        ["delete", owner, id] => json!(addon::delete(client, owner, id).await?),
        ["write-variables", id, name, value] => {
            let variables = vec![Variable::new(name.to_owned(), value.to_owned())];
            json!(environment::put(client, id, &variables).await?)
        }
        ["variables", id] => json!(environment::get(client, id).await?),
        ["versions", provider] => versions(client, provider).await?,
        _ => return Err(format!("no operation {operation:?}").into()),
    })
}

async fn versions(client: &Client, provider: &str) -> Outcome<Value> {
    let provider = match provider {
        "postgresql-addon" => postgresql::get(client).await?.provider_id,
        "mysql-addon" => mysql::get(client).await?.provider_id,
        "mongodb-addon" => mongodb::get(client).await?.provider_id,
        "redis-addon" => redis::get(client).await?.provider_id,
        "es-addon" => elasticsearch::get(client).await?.provider_id,
        _ => return Err(format!("no versions of {provider}").into()),
    };
    Ok(json!(provider.as_str()))
}
