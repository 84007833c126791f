//! The only writes to the cloud: create, delete, change. Each sends one request, and only a leader's may create or change.

use interpreter::exchange;
use interpreter::plan::{Change, Heard, Ids, Plan};

use super::ask::{Question, Turn};
use super::cloud_reads::kept;
use super::pass::Pass;
use crate::cloud::Lane;

impl Pass<'_> {
    /// Creates the add-on, with a ticket that was paid for before the intent.
    pub(super) async fn create(&mut self, plan: &Plan) -> Heard {
        let turn = self.turn();
        self.send_creation(plan, turn).await.unwrap_or_else(|heard| heard)
    }

    async fn send_creation(&mut self, plan: &Plan, turn: Turn) -> Result<Heard, Heard> {
        self.must_lead()?;
        let access = self.access(&plan.at)?;
        let context = self.context(plan, None);
        let controller = self.controller.clone();
        let (request, item) = &controller.addon.create;
        let question = Question { addon: &controller.addon, operation: "create", writes: true, request, context: &context };
        let answer = access.ask(question, turn).await?;
        match exchange::created(&controller.addon.api.identity, item.as_ref(), &answer) {
            // A success that cannot be read: something was made, and nobody knows what it is called.
            Err(why) => Err(Heard::Ambiguous(why.to_string())),
            Ok(made) => {
                self.dossier.facts.listed = Some(made.raw);
                Ok(Heard::Created(made.ids))
            }
        }
    }

    /// Deletes an add-on by its ids.
    pub(super) async fn delete(&mut self, plan: &Plan, ids: &Ids) -> Heard {
        let sent = async {
            let access = self.access(&plan.at)?;
            let context = self.context(plan, Some(ids));
            let addon = &self.controller.addon;
            let question = Question { addon, operation: "delete", writes: true, request: &addon.delete, context: &context };
            access.ask(question, Turn::Queue(Lane::User)).await
        };
        sent.await.map_or_else(|heard| heard, |_| Heard::Done)
    }

    /// Sends a change.
    pub(super) async fn change(&mut self, plan: &Plan, change: &Change) -> Heard {
        self.send_change(plan, change).await.unwrap_or_else(|heard| heard)
    }

    async fn send_change(&mut self, plan: &Plan, change: &Change) -> Result<Heard, Heard> {
        self.must_lead()?;
        let access = self.access(&plan.at)?;
        let ids = self.recorded();
        let context = self.context(plan, ids.as_ref());
        let controller = self.controller.clone();
        let Some(shape) = controller.addon.changes.get(&change.name) else { return Err(Heard::NotFound) };
        let question =
            Question { addon: &controller.addon, operation: &change.name, writes: true, request: &shape.request, context: &context };
        let answer = access.ask(question, Turn::Queue(Lane::User)).await?;
        self.forget_facts();
        Ok(if shape.keep.is_empty() { Heard::Done } else { Heard::Changed(kept(shape, &answer)) })
    }
}
