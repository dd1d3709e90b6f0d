//! Roots, a name, a time and cipher suites in, what a connection is held to and what its tickets are bound to
//! out.

use pki_types::{IpAddr, ServerName, UnixTime};

use crate::{
    Error, Roots,
    certificate::Trust,
    machine::{hello::PROTOCOL, protection::CipherSuite, schedule::Transcript, ticket::Binding},
};

/// What a connection is held to: by whom, and when, the server must be vouched for, and what is offered.
#[derive(Clone, Debug)]
pub struct Terms<'t> {
    pub(super) trust: Trust<'t>,
    /// What is offered, and nothing else is accepted: the preferred one first.
    pub(super) suites: &'t [CipherSuite],
    binding: Binding,
}

impl<'t> Terms<'t> {
    /// A server of this `name`, a DNS name or an IP address, that one of the `roots` vouches for at this
    /// time, in seconds since 1970-01-01 00:00 UTC. Without a time the certificates may have ended, and no
    /// ticket is used: see [`Dates::Ignored`](crate::Dates::Ignored).
    ///
    /// # Errors
    ///
    /// [`Error::ServerName`].
    #[inline(never)]
    pub fn new(roots: Roots<'t>, name: &'t str, now: Option<u64>) -> Result<Self, Error> {
        let name = ServerName::try_from(name).map_err(|_| Error::ServerName)?;
        Ok(Self::for_server(roots, name, now))
    }

    /// The same for a name that is one.
    #[must_use]
    pub fn for_server(roots: Roots<'t>, name: ServerName<'t>, now: Option<u64>) -> Self {
        let now = now.map(|seconds| UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds)));
        let binding = binding(&name, roots);
        Self { trust: Trust { roots, name, now }, suites: CipherSuite::ALL, binding }
    }

    /// Offers these cipher suites, the preferred one first, and accepts no other; those that nothing computes
    /// are left out. Without this call all that are built in are offered, `TLS_CHACHA20_POLY1305_SHA256`
    /// first.
    #[must_use]
    pub fn with_suites(self, suites: &'t [CipherSuite]) -> Self {
        Self { suites, ..self }
    }

    /// What a ticket of such a connection is bound to, and by what it is found: the name, the roots, what is
    /// offered by ALPN, and the hash of the cipher suite, all hashed.
    #[must_use]
    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    pub(super) fn now(&self) -> Option<u64> {
        self.trust.now.map(|now| now.as_secs())
    }

    pub(super) fn dns_name(&self) -> Option<&str> {
        match &self.trust.name {
            ServerName::DnsName(name) => Some(name.as_ref()),
            _ => None,
        }
    }
}

/// What a ticket is bound to. Of a root in DER only the length and the last bytes, part of its signature,
/// count, which differ for every certificate; so a hundred of them cost what one of them would in full.
#[inline(never)]
fn binding(name: &ServerName<'_>, roots: Roots<'_>) -> Binding {
    // The tickets of both suites are made with SHA-256 (section 4.6.1).
    let mut hash = Transcript::new();
    hash.update(b"SHA-256");
    add(&mut hash, PROTOCOL);
    match roots {
        Roots::Certificates(roots) => roots.iter().for_each(|root| add(&mut hash, root)),
        Roots::Anchors(anchors) => {
            for anchor in anchors {
                let constraints = anchor.name_constraints.as_deref().unwrap_or_default();
                for part in [&anchor.subject, &*anchor.subject_public_key_info, constraints] {
                    add(&mut hash, part);
                }
                // Few have some, and their end does not say what precedes it.
                hash.update(constraints);
            }
        }
    }
    // First what it is: the name `t.co` has the bytes of an address.
    match name {
        // Names have no case.
        ServerName::DnsName(name) => {
            hash.update(&[0]);
            name.as_ref().bytes().for_each(|byte| hash.update(&[byte.to_ascii_lowercase()]));
        }
        ServerName::IpAddress(IpAddr::V4(address)) => {
            hash.update(&[4]);
            hash.update(address.as_ref());
        }
        ServerName::IpAddress(IpAddr::V6(address)) => {
            hash.update(&[6]);
            hash.update(address.as_ref());
        }
        _ => {}
    }
    hash.hash().first_chunk().copied().unwrap_or_default()
}

/// Its length and its end.
fn add(hash: &mut Transcript, part: &[u8]) {
    const END: usize = 32;
    hash.update(&(part.len() as u64).to_be_bytes());
    hash.update(part.last_chunk::<END>().map_or(part, |end| end));
}
