//! The form with TLS: time and random numbers are the host's.

use rand_core::{CryptoRng, Error, RngCore, impls};
use semihosting::experimental::{random, time::SystemTime};
use taskgroup_embassy::{Tcp, Tls};
use taskgroup_tls::{Client, Dates, RECEIVE, Roots};

/// Takes the request in one record.
const SEND: usize = 1024;

pub(crate) type Connector<'m> = Tls<'m, Host>;

/// A record of each direction.
pub(crate) struct Memory {
    receive: [u8; RECEIVE],
    send: [u8; SEND],
}

impl Memory {
    pub(crate) const fn new() -> Self {
        Self { receive: [0; RECEIVE], send: [0; SEND] }
    }
}

/// A connector that trusts these authorities, or those that are built in.
pub(crate) fn connector<'m>(
    tcp: Tcp<'m>,
    authorities: Option<&'m [&'m [u8]]>,
    memory: &'m mut Memory,
) -> Connector<'m> {
    let roots = authorities.map_or(built_in(), Roots::Certificates);
    Tls::new(tcp, Client::new(roots, Dates::CheckedBy(&now), Host, &mut memory.receive, &mut memory.send))
}

fn built_in() -> Roots<'static> {
    #[cfg(feature = "public-roots")]
    return Roots::mozilla();
    #[cfg(not(feature = "public-roots"))]
    return Roots::Anchors(&[]);
}

/// Seconds since 1970.
fn now() -> Option<u64> {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// The host's random numbers.
pub(crate) struct Host;

impl CryptoRng for Host {}

impl RngCore for Host {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        assert!(random::fill_bytes(bytes).is_ok(), "the host has no random numbers");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
