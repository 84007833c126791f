//! Users of a namespace as Kubernetes makes them: a service account bound to each of its roles `view`, `edit`
//! and `admin`, in that namespace alone.

use control_plane::Kubectl;
use serde_json::{Value, json};

use super::{Cluster, PLANE, eventually};

/// The roles of Kubernetes. The account that is bound to one has the same name.
const ROLES: [&str; 3] = ["view", "edit", "admin"];
const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
/// Resources that no user role may name, with any verb.
const SUBRESOURCES: [&str; 2] = ["status", "finalizers"];
/// A namespace in which nobody has given them anything.
const ELSEWHERE: &str = "kube-public";

/// The three users of a namespace.
pub struct Users {
    namespace: String,
    cluster: Cluster,
}

/// A question to the API server's authorizer.
#[derive(Clone, Copy)]
struct Access<'a> {
    user: &'a str,
    verb: &'a str,
    /// Group and plural.
    kind: &'a (String, String),
    subresource: &'a str,
    namespace: &'a str,
}

impl Users {
    /// Creates the namespace with its accounts and their bindings.
    pub async fn of(namespace: &str) -> Self {
        let mut objects =
            vec![json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } })];
        for role in ROLES {
            let metadata = json!({ "name": role, "namespace": namespace });
            objects.push(json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }));
            objects.push(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
                "subjects": [{ "kind": "ServiceAccount", "name": role, "namespace": namespace }],
            }));
        }
        PLANE.kubectl().apply(&super::rights::text(&objects)).unwrap();
        Self { namespace: namespace.to_owned(), cluster: Cluster::connect().await }
    }

    /// kubectl with the token of the user who is bound to this role.
    pub fn kubectl(&self, role: &str) -> Kubectl {
        PLANE.kubectl_as(&self.namespace, role).unwrap()
    }

    /// The API server, with the token of the user who is bound to this role.
    pub async fn client(&self, role: &str) -> Cluster {
        Cluster::connect_as(&self.namespace, role).await
    }

    /// Waits until each of them may do what the role says with resources of these kinds, and checks that they
    /// may do nothing else.
    pub async fn until_they_may_use(&self, kinds: &[(String, String)]) {
        for access in self.questions(kinds, &self.namespace, &[""]).filter(|access| access.is_due()) {
            eventually(&access.to_string(), async || self.is_allowed(access).await.then_some(())).await;
        }
        self.may_do_no_more_than_is_due(kinds).await;
    }

    /// Waits until none of them may do anything with resources of these kinds.
    pub async fn until_they_may_not_use(&self, kinds: &[(String, String)]) {
        for access in self.questions(kinds, &self.namespace, &[""]) {
            eventually(&format!("not {access}"), async || (!self.is_allowed(access).await).then_some(()))
                .await;
        }
    }

    /// Tries it with their own tokens, on a resource that is there.
    pub async fn meet_what_their_roles_say(&self, (collection, name): (&str, &str)) {
        let path = format!("{}/{name}", collection.replace("NAMESPACE", &self.namespace));
        let label = json!({ "metadata": { "labels": { "edited": "yes" } } });
        for role in ROLES {
            let client = self.client(role).await;
            assert!(client.get(&path).await.is_some(), "`{role}` may not read {path}");
            let edited = client.merge(&path, &label).await;
            assert_eq!(edited.is_ok(), role != "view", "`{role}`: {edited:?}");
            let elsewhere = format!("{}/theirs", collection.replace("NAMESPACE", ELSEWHERE));
            let mut refused = vec![client.apply(&elsewhere, &json!({})).await];
            refused.extend(edited.err().map(Err));
            for subresource in SUBRESOURCES {
                refused.push(client.merge(&format!("{path}/{subresource}"), &json!({ "status": {} })).await);
            }
            assert!(
                refused.iter().all(|said| said.as_ref().is_err_and(|said| said.contains("forbidden"))),
                "`{role}`: {refused:#?}"
            );
        }
    }

    async fn may_do_no_more_than_is_due(&self, kinds: &[(String, String)]) {
        let whole = self.questions(kinds, &self.namespace, &[""]).filter(|access| !access.is_due());
        let parts = self.questions(kinds, &self.namespace, &SUBRESOURCES);
        let elsewhere = self.questions(kinds, ELSEWHERE, &["", "status"]);
        let mut allowed = Vec::new();
        for access in whole.chain(parts).chain(elsewhere) {
            if self.is_allowed(access).await {
                allowed.push(access.to_string());
            }
        }
        assert_eq!(allowed, [""; 0], "more is allowed than the roles are for");
    }

    /// Every verb of every user for these kinds and subresources, of which "" is the resource itself.
    fn questions<'a>(
        &self,
        kinds: &'a [(String, String)],
        namespace: &'a str,
        subresources: &'a [&'a str],
    ) -> impl Iterator<Item = Access<'a>> {
        let users =
            ROLES.into_iter().flat_map(|user| READ.into_iter().chain(WRITE).map(move |verb| (user, verb)));
        let of_kind = move |(user, verb)| {
            kinds.iter().map(move |kind| Access { user, verb, kind, subresource: "", namespace })
        };
        users
            .flat_map(of_kind)
            .flat_map(|access| subresources.iter().map(move |subresource| Access { subresource, ..access }))
    }

    async fn is_allowed(
        &self,
        Access { user, verb, kind: (group, plural), subresource, namespace }: Access<'_>,
    ) -> bool {
        let attributes = json!({ "namespace": namespace, "verb": verb, "group": group, "resource": plural, "subresource": subresource });
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": { "user": format!("system:serviceaccount:{}:{user}", self.namespace), "resourceAttributes": attributes },
        });
        let answer =
            self.cluster.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", &review).await.unwrap();
        answer["status"]["allowed"] == true
    }
}

impl Access<'_> {
    /// Returns true when the user role covers this request for a resource in the namespace of the user.
    fn is_due(&self) -> bool {
        READ.contains(&self.verb) || self.user != "view"
    }
}

impl std::fmt::Display for Access<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, verb, kind: (group, plural), subresource, namespace } = self;
        write!(f, "`{user}` may {verb} {plural}.{group}/{subresource} in {namespace}")
    }
}

/// Group and plural of the kinds that these definitions define.
pub fn kinds_of(definitions: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    definitions
        .iter()
        .map(|crd| (text(&crd["spec"]["group"]), text(&crd["spec"]["names"]["plural"])))
        .collect()
}
