//! The only writes to the cloud: create, delete, change. Each sends one request, and only a leader's may create or change.

use interpreter::exchange;
use interpreter::plan::{Change, Heard, Ids, Plan};
use interpreter::reconcile::kept;

use crate::cloud::{CreationPermit, Lane};
use crate::engine::cloud_api::client::{Question, Turn};
use crate::engine::reconcile::reconciliation::Pass;

impl Pass<'_> {
    /// Creates the add-on, with a ticket that was paid for before the intent.
    pub(crate) async fn create(&mut self, plan: &Plan) -> Heard {
        let paid = self.permit.as_mut().and_then(CreationPermit::prepaid);
        let Some(ticket) = paid else { return Heard::Unsent("the attempt has no permit any more, and must not wait for one".into()) };
        self.send_creation(plan, Turn::Paid(ticket)).await.unwrap_or_else(|heard| heard)
    }

    async fn send_creation(&mut self, plan: &Plan, turn: Turn) -> Result<Heard, Heard> {
        let access = self.access(&plan.at)?;
        let context = self.context(&plan.at, None);
        let controller = self.controller.clone();
        let (request, item) = &controller.addon.create;
        let question = Question { addon: &controller.addon, operation: "create", writes: true, request, context: &context };
        self.must_lead()?;
        let answer = access.ask(question, turn).await?;
        match exchange::created(&controller.addon.api.identity, item.as_ref(), &answer) {
            // A success that cannot be read: something was made, and nobody knows what it is called.
            Err(why) => Err(Heard::Ambiguous(why.to_string())),
            Ok(made) => {
                self.dossier.facts.made(&made.ids, made.raw);
                Ok(Heard::Created(made.ids))
            }
        }
    }

    /// Deletes an add-on by its ids.
    pub(crate) async fn delete(&mut self, plan: &Plan, ids: &Ids) -> Heard {
        let sent = async {
            let access = self.access(&plan.at)?;
            let context = self.context(&plan.at, Some(ids));
            let addon = &self.controller.addon;
            let question = Question { addon, operation: "delete", writes: true, request: &addon.delete, context: &context };
            access.ask(question, Turn::Queue(Lane::User)).await
        };
        sent.await.map_or_else(|heard| heard, |_| Heard::Done)
    }

    /// Sends a change.
    pub(crate) async fn change(&mut self, plan: &Plan, change: &Change) -> Heard {
        let heard = self.send_change(plan, change).await.unwrap_or_else(|heard| heard);
        if !matches!(heard, Heard::Unsent(_) | Heard::Throttled { .. } | Heard::Rejected { .. }) {
            self.forget_facts();
        }
        heard
    }

    async fn send_change(&mut self, plan: &Plan, change: &Change) -> Result<Heard, Heard> {
        let controller = self.controller.clone();
        let Some(shape) = controller.addon.changes.get(&change.name) else { return Err(Heard::NotFound) };
        let turn = match self.change_ticket.take() {
            Some(ticket) => Turn::Paid(ticket),
            None if shape.repeatable => Turn::Queue(Lane::User),
            None => return Err(Heard::Unsent("the attempt has no ticket any more, and must not wait for one".into())),
        };
        let access = self.access(&plan.at)?;
        let ids = self.recorded();
        let context = self.context(&plan.at, ids.as_ref());
        let question =
            Question { addon: &controller.addon, operation: &change.name, writes: true, request: &shape.request, context: &context };
        self.must_lead()?;
        let answer = access.ask(question, turn).await?;
        if shape.keep.is_empty() {
            return Ok(Heard::Done);
        }
        // A success without the id of what goes on: it goes on, and nobody knows under which name.
        let ambiguous = || Heard::Ambiguous(format!("the answer to `{}` lacks an id", change.name));
        kept(shape, &answer).map(Heard::Changed).ok_or_else(ambiguous)
    }
}
