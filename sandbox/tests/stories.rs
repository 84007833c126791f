//! What the cloud answers, told as stories: `cases/examples` holds the shapes of recorded answers, `cases/stories` the rules.

#![allow(missing_docs)]

mod support;

#[tokio::test]
async fn answers_have_the_recorded_shapes() {
    support::tell("examples").await;
}

#[tokio::test]
async fn the_rules_hold() {
    support::tell("stories").await;
}
