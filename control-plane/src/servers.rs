//! Builds the command lines of the three servers.

use std::path::PathBuf;

use anyhow::Result;

use crate::ports;
use crate::process::ProcessSpec;
use crate::programs::Programs;
use crate::temp_dir::TempDir;

/// The files of a control plane and the ports of its servers.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) authority: PathBuf,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) audit_log: PathBuf,
    pub(crate) audit_policy: PathBuf,
    pub(crate) tokens: PathBuf,
    pub(crate) api_server_port: u16,
    certificates: PathBuf,
    signing_key: PathBuf,
    store: PathBuf,
    etcd_client_port: u16,
    etcd_peer_port: u16,
}

impl Layout {
    pub(crate) fn new(folder: &TempDir) -> Result<Self> {
        let [api_server_port, etcd_client_port, etcd_peer_port] = ports::free()?;
        let certificates = folder.join("certificates");
        Ok(Layout {
            authority: certificates.join("apiserver.crt"),
            // The API server creates this key before it reads the key that signs service account tokens.
            signing_key: certificates.join("apiserver.key"),
            certificates,
            kubeconfig: folder.join("admin.kubeconfig"),
            audit_log: folder.join("audit.log"),
            audit_policy: folder.join("audit-policy.yaml"),
            tokens: folder.join("tokens.csv"),
            store: folder.join("etcd"),
            api_server_port,
            etcd_client_port,
            etcd_peer_port,
        })
    }

    pub(crate) fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_server_port)
    }
}

pub(crate) fn etcd(programs: &Programs, layout: &Layout) -> ProcessSpec {
    let client = format!("http://127.0.0.1:{}", layout.etcd_client_port);
    let peer = format!("http://127.0.0.1:{}", layout.etcd_peer_port);
    let arguments = vec![
        format!("--data-dir={}", layout.store.display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--log-level=warn".to_owned(),
        // The store is temporary and need not survive a power failure.
        "--unsafe-no-fsync".to_owned(),
    ];
    ProcessSpec { name: "etcd", program: programs.etcd.clone(), arguments }
}

pub(crate) fn kube_apiserver(programs: &Programs, layout: &Layout) -> ProcessSpec {
    let arguments = vec![
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", layout.api_server_port),
        format!("--cert-dir={}", layout.certificates.display()),
        format!("--etcd-servers=http://127.0.0.1:{}", layout.etcd_client_port),
        "--authorization-mode=RBAC".to_owned(),
        format!("--token-auth-file={}", layout.tokens.display()),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", layout.signing_key.display()),
        format!("--service-account-signing-key-file={}", layout.signing_key.display()),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        format!("--audit-policy-file={}", layout.audit_policy.display()),
        format!("--audit-log-path={}", layout.audit_log.display()),
        // The API server responds after writing the event, so that clients find every completed request in
        // the log.
        "--audit-log-mode=blocking-strict".to_owned(),
        "--audit-log-maxsize=0".to_owned(),
    ];
    ProcessSpec { name: "kube-apiserver", program: programs.kube_apiserver.clone(), arguments }
}

pub(crate) fn kube_controller_manager(programs: &Programs, layout: &Layout) -> ProcessSpec {
    const CONTROLLERS: &str = "garbage-collector-controller,namespace-controller,serviceaccount-controller,clusterrole-aggregation-controller";
    let mut arguments = vec![format!("--kubeconfig={}", layout.kubeconfig.display())];
    // The program of a light build has these controllers only, and no options.
    if !programs.kube_controller_manager.ends_with("controllers") {
        arguments.extend([
            format!("--controllers={CONTROLLERS}"),
            "--leader-elect=false".to_owned(),
            // Nothing connects to the controller manager, so it needs no port and no certificate.
            "--secure-port=0".to_owned(),
        ]);
    }
    ProcessSpec {
        name: "kube-controller-manager",
        program: programs.kube_controller_manager.clone(),
        arguments,
    }
}
