//! The state of things when the operators start.

use interpreter::plan::Step;

use super::cloud::SETTLE;
use super::process::Process;
use super::request::{Request, TIMEOUT};
use super::run::{Due, HORIZON, World};
use super::script::{Fate, Ms, When};

impl World {
    /// The state of things when the operators start.
    pub(crate) fn found(&mut self) {
        self.cluster.apply();
        for _ in 0..self.setup.elders {
            let created = 1_800_000_000_000 - 600_000 + self.setup.cloud_clock;
            let id = self.cloud.create(1, created, 1, 0);
            self.cloud.addons.iter_mut().filter(|addon| addon.id == id).for_each(|addon| addon.elder = true);
        }
        let status = self.setup.status.then(|| "x1".to_owned());
        let finalizer = self.setup.finalizer || self.setup.takeover;
        self.cluster.edit(|object| (object.finalizer, object.status) = (finalizer, status));
        for index in 0..self.setup.processes {
            let mut process = Process::new(index, self.cluster.view(false));
            process.look(0);
            process.frozen_until = index as Ms * self.setup.stagger;
            self.processes.push(process);
            self.push(0, Due::Wake(index, 0));
        }
        for (index, event) in self.events.clone().iter().enumerate() {
            if let When::At(at) = event.when {
                self.push(at, Due::Script(index));
            }
        }
        self.push(HORIZON, Due::Calm);
        if self.setup.takeover {
            self.take_over();
        }
    }

    /// Another operator has just sent its creation, and was stopped.
    fn take_over(&mut self) {
        let fate = Fate { send: 0, effect: if self.setup.brief { TIMEOUT } else { SETTLE }, ..Fate::PLAIN };
        self.requests.push(Request::new(usize::MAX, 0, 1, Step::Create, fate));
        let effect = self.requests[0].fate.effect;
        self.push(effect, Due::Effect(0));
    }
}
