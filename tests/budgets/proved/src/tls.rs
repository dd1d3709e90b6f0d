//! Calls everything that the TLS machine has, with bytes that the compiler knows nothing of.

use core::str;

use pki_types::{DnsName, Ipv4Addr, ServerName};
use rand_core::{CryptoRng, Error, RngCore};
use taskgroup_tls::{
    CipherSuite, Roots,
    machine::{Aes128Gcm, HEADER, Machine, OneTicket, Step, Terms, Ticket, Tickets},
};

use crate::program::out;

/// Random numbers and an AES engine, as far as the compiler knows.
struct Given<'i>(&'i [u8]);

impl RngCore for Given<'_> {
    fn next_u32(&mut self) -> u32 {
        0
    }

    fn next_u64(&mut self) -> u64 {
        0
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(self.0).for_each(|(to, from)| *to = *from);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Given<'_> {}

impl Aes128Gcm for Given<'_> {
    fn seal(&self, key: &[u8; 16], _: &[u8; 12], _: &[u8], content: &mut [u8]) -> Option<[u8; 16]> {
        content.iter_mut().zip(self.0).for_each(|(to, from)| *to ^= *from);
        Some(*key)
    }

    fn open(&self, key: &[u8; 16], _: &[u8; 12], _: &[u8], content: &mut [u8], tag: &[u8; 16]) -> bool {
        content.iter_mut().zip(self.0).for_each(|(to, from)| *to ^= *from);
        key == tag
    }
}

pub(crate) fn run(input: &[u8]) {
    let Some((&[suites, now, length], rest)) = input.split_first_chunk() else { return };
    let Some((ticket, mut rest)) = rest.split_first_chunk() else { return };
    let (text, given) = (str::from_utf8(rest).unwrap_or_default(), Given(rest));
    let roots = [rest];
    let roots = if now == 0 { Roots::Anchors(&[]) } else { Roots::Certificates(&roots) };
    let now = (now > 1).then_some(now.into());
    let name = match DnsName::try_from(text) {
        Ok(name) => ServerName::from(name),
        Err(_) => ServerName::from(Ipv4Addr::from([suites; 4])),
    };
    let terms = Terms::for_server(roots, name, now);
    let terms = match suites {
        0 => terms.with_suites(&[CipherSuite::Aes128Gcm, CipherSuite::ChaCha20Poly1305]),
        _ => terms,
    };
    let tickets = OneTicket::new();
    Ticket::from_bytes(ticket).into_iter().for_each(|ticket| tickets.keep(ticket));
    let (mut receive, mut send) = ([0; 4352], [0; 512]);
    let mut machine = if suites == 1 { Machine::new() } else { Machine::with_aes(&given) };
    let ticket = tickets.take(terms.binding());
    out(machine.start(&terms, ticket.as_ref(), &mut Given(rest), &mut receive, &mut send));
    out(&send);
    let mut is_open = false;
    while !rest.is_empty() {
        let Ok(place) = machine.wants(&mut receive) else { break };
        let length = place.len().min(rest.len());
        let Some((now, later)) = rest.split_at_checked(length) else { break };
        place.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
        rest = later;
        if machine.received(length).is_err() {
            break;
        }
        let step = match is_open {
            false => machine.handshake(&terms, &mut Given(rest), &mut receive, &mut send),
            true => machine.advance(now.first().copied().map(u64::from), &tickets, &mut receive),
        };
        is_open |= matches!(step, Ok(Step::Open(_)));
        out((&receive, &send));
        out(step);
        if let Err(error) = step {
            out(machine.alert(Some(error), &mut send));
        }
    }
    if machine.owes_update() {
        out(machine.update(&mut send));
    }
    out((machine.is_resumed(), machine.content_max()));
    out(machine.seal(&mut send, usize::from(length).saturating_add(HEADER)));
    out(machine.alert(None, &mut send));
    out(&send);
    tickets.take(terms.binding()).iter().for_each(|ticket| out(ticket.as_bytes()));
    tickets.forget();
}
