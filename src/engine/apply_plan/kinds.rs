//! Controllers of the kinds of a plan, which hold the resources that the cluster has already.

use std::sync::Arc;
use std::time::Duration;

use interpreter::catalog::Addon;

use crate::cluster::watch::{Scope, watch_kind};
use crate::cluster::{Failure, Kind, object};
use crate::config::OperatorSettings;
use crate::engine::context::Engine;
use crate::engine::kind::controller::{Controller, ResourceCache};
use crate::engine::kind::spec::{ControllerSpec, kind_of};

/// Timeout for listing the resources of one kind.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);

/// The controllers made so far.
pub(super) struct KindCache<'a> {
    engine: &'a Arc<Engine>,
    settings: &'a OperatorSettings,
    /// The namespaces of the manifests, which are listed if the whole scope of the operator may not be.
    namespaces: Vec<String>,
    controllers: Vec<Arc<Controller>>,
    /// Kinds that may not be listed in the whole scope, each with the error.
    unlisted: Vec<(Kind, Failure)>,
    /// Kinds that were not listed in the namespaces of the manifests either.
    unread: Vec<Kind>,
}

impl<'a> KindCache<'a> {
    /// Starts without controllers.
    pub(super) fn new(
        engine: &'a Arc<Engine>,
        settings: &'a OperatorSettings,
        namespaces: Vec<String>,
    ) -> Self {
        Self {
            engine,
            settings,
            namespaces,
            controllers: Vec::new(),
            unlisted: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Returns what was not read: resources that may hold an add-on which a plan creates or takes over.
    pub(super) fn not_checked(&self) -> Vec<String> {
        self.unlisted_line().into_iter().chain(self.unread_line()).collect()
    }

    fn unlisted_line(&self) -> Option<String> {
        let (_, failure) = self.unlisted.first()?;
        let kinds: Vec<_> = self.unlisted.iter().map(|(kind, _)| kind.to_string()).collect();
        let (kinds, namespaces) = (kinds.join(", "), self.namespaces.join(", "));
        Some(format!(
            "whether resources outside of the namespaces of the manifests ({namespaces}) hold an add-on of the plan, because these kinds cannot be listed there: {kinds}. The first error: {failure}"
        ))
    }

    fn unread_line(&self) -> Option<String> {
        let kinds: Vec<_> = self.unread.iter().map(Kind::to_string).collect();
        (!kinds.is_empty()).then(|| {
            format!(
                "whether another resource holds an add-on of the plan, because these kinds could not be listed within {} s: {}",
                LIST_TIMEOUT.as_secs(),
                kinds.join(", ")
            )
        })
    }

    /// Returns the controller of a kind, with the resources that the caller may list.
    pub(super) async fn controller(&mut self, addon: &Arc<Addon>) -> Arc<Controller> {
        let kind = kind_of(addon);
        if let Some(known) = self.controllers.iter().find(|known| known.kind == kind) {
            return known.clone();
        }
        let controller = self.listed(addon).await;
        self.engine.controllers.register(&controller);
        self.controllers.push(controller.clone());
        controller
    }

    async fn listed(&mut self, addon: &Arc<Addon>) -> Arc<Controller> {
        let (kind, engine) = (kind_of(addon), self.engine);
        let own = Scope::Namespaces(self.namespaces.clone());
        let mut scope = engine.bounds.scope.clone();
        let mut listed = object::list_all(&engine.cluster, &kind, &scope).await;
        if let Err(failure) = listed {
            self.unlisted.push((kind.clone(), failure));
            scope = own;
            listed = object::list_all(&engine.cluster, &kind, &scope).await;
        }
        let (watch, changes) = watch_kind(&engine.cluster, &kind, &scope);
        let spec = ControllerSpec { addon: addon.clone(), kind_removed: false, built_in: true };
        let mut controller = Controller::new(&spec, watch, self.settings, ResourceCache::default());
        // These waits protect writes, and a plan has none: what a list shows is believed at once.
        let timing = &mut controller.managed.timing;
        (timing.request, timing.list_lag) = (Duration::ZERO, Duration::ZERO);
        let controller = Arc::new(controller);
        let is_listed = match listed {
            Ok(Some(_)) => tokio::select! {
                () = controller.follow(changes) => false,
                ready = tokio::time::timeout(LIST_TIMEOUT, controller.ready()) => ready.is_ok(),
            },
            // The API server does not serve the kind, so it has no resources.
            Ok(None) => true,
            Err(_) => false,
        };
        if !is_listed {
            self.unread.push(kind);
        }
        controller
    }
}
