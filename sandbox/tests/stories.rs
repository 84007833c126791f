//! Responses of the sandbox: `cases/examples` has the shapes of recorded responses, `cases/stories` has the
//! rules.

#![allow(missing_docs)]

mod support;

#[tokio::test]
async fn responses_have_the_recorded_shapes() {
    support::run_stories("examples").await;
}

#[tokio::test]
async fn the_rules_hold() {
    support::run_stories("stories").await;
}
