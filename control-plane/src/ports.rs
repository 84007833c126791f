//! Finds free ports on loopback, outside the kernel's range for client connections.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

// Below the ephemeral range of Linux (from 32768), so that client connections cannot take the port of a
// server that restarts.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Returns `N` different ports that are free at this moment.
pub(crate) fn free<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let begin = (RandomState::new().hash_one(std::process::id()) % u64::from(COUNT)) as u16;
    for step in 0..COUNT {
        let port = FIRST + (begin + step) % COUNT;
        held.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
        if held.len() == N {
            break;
        }
    }
    let mut ports = [0; N];
    if held.len() < N {
        bail!("no free port on loopback between {FIRST} and {}", FIRST + COUNT);
    }
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
