//! The wire between an operator and the API server, which can go deaf: what the operator says still arrives,
//! what it is told does not.

use std::fs;
use std::path::PathBuf;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use harness::rights::ACCOUNT;
use harness::{PLANE, World};

/// One wire. It carries TLS without looking into it, so it can hold back everything or nothing.
pub(crate) struct Wire {
    /// A way to the cluster over this wire.
    pub(crate) kubeconfig: PathBuf,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    deaf: bool,
    /// How often calls were cut off.
    cuts: u32,
}

impl Wire {
    /// Lays a wire for the operators of this world.
    pub(crate) async fn lay(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let direct = fs::read_to_string(PLANE.kubeconfig_for(&world.name, ACCOUNT).unwrap()).unwrap();
        assert!(direct.contains(&PLANE.server()), "the kubeconfig names the API server");
        let kubeconfig = world.folder.join("wire.kubeconfig");
        fs::write(&kubeconfig, direct.replace(&PLANE.server(), &address)).unwrap();
        let (state, seen) = watch::channel(State::default());
        tokio::spawn(carry(listener, seen));
        Self { kubeconfig, state }
    }

    /// From now on, nothing the API server says arrives.
    pub(crate) fn go_deaf(&self) {
        self.state.send_modify(|state| state.deaf = true);
    }

    /// What was held back never arrives: its connections end. Others can be heard again.
    pub(crate) fn cut_off(&self) {
        self.state.send_modify(|state| *state = State { deaf: false, cuts: state.cuts + 1 });
    }
}

async fn carry(listener: TcpListener, state: watch::Receiver<State>) {
    let server = PLANE.server();
    let server = server.trim_start_matches("https://").to_owned();
    while let Ok((operator, _)) = listener.accept().await {
        let Ok(api_server) = TcpStream::connect(&server).await else { continue };
        tokio::spawn(connect(operator, api_server, state.clone()));
    }
}

/// Carries one connection until either side ends it, or it is cut.
async fn connect(operator: TcpStream, api_server: TcpStream, state: watch::Receiver<State>) {
    let (from_operator, to_operator) = operator.into_split();
    let (from_server, to_server) = api_server.into_split();
    tokio::select! {
        () = pump(from_operator, to_server, None) => (),
        () = pump(from_server, to_operator, Some(state)) => (),
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: Option<watch::Receiver<State>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if let Some(state) = &mut state {
            let cuts = state.borrow().cuts;
            let heard = state.wait_for(|state| !state.deaf).await.is_ok_and(|state| state.cuts == cuts);
            if !heard {
                return;
            }
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
