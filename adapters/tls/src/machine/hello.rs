//! What a client offers in, a `ClientHello` out; a `ServerHello` in, what was agreed on out (RFC 8446,
//! section 4.1).
//!
//! An answer is held against what was offered: a suite, a group, a ticket or an extension that was not is an
//! error.

use super::{
    exchange::GROUPS,
    protection::CipherSuite,
    schedule::HASH,
    ticket::Parts,
    wire::{Reader, Writer, extensions},
};

pub(super) const CLIENT_HELLO: u8 = 1;
const LEGACY_VERSION: u16 = 0x0303;
const TLS13: u16 = 0x0304;
/// Extension types (section 4.2).
pub(super) const SERVER_NAME: u16 = 0;
pub(super) const MAX_FRAGMENT_LENGTH: u16 = 1;
pub(super) const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
pub(super) const ALPN: u16 = 16;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;
const COOKIE: u16 = 44;
const PSK_KEY_EXCHANGE_MODES: u16 = 45;
const KEY_SHARE: u16 = 51;
/// `psk_dhe_ke` (section 4.2.9).
const PSK_DHE_KE: u8 = 1;

/// What is offered by ALPN.
pub(super) const PROTOCOL: &[u8] = b"http/1.1";

/// The random of a HelloRetryRequest (section 4.1.3).
pub(super) const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2,
    0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// The cipher suites that were chosen, as far as there is something that computes them.
#[derive(Clone, Copy)]
pub(super) struct Suites<'o> {
    pub(super) chosen: &'o [CipherSuite],
    pub(super) has_aes: bool,
}

impl Suites<'_> {
    fn iter(&self) -> impl Iterator<Item = CipherSuite> {
        let has_aes = self.has_aes;
        self.chosen.iter().copied().filter(move |suite| has_aes || *suite != CipherSuite::Aes128Gcm)
    }
}

/// What a client offers.
pub(super) struct Offer<'o> {
    pub(super) random: &'o [u8; 32],
    pub(super) suites: Suites<'o>,
    /// A DNS name, not an address.
    pub(super) name: Option<&'o str>,
    /// The code of `max_fragment_length` (RFC 6066, section 4).
    pub(super) fragment: Option<u8>,
    pub(super) group: u16,
    pub(super) share: &'o [u8],
    /// Out of a HelloRetryRequest.
    pub(super) cookie: Option<&'o [u8]>,
    /// A ticket, and its age in milliseconds, obfuscated.
    pub(super) ticket: Option<(&'o Parts<'o>, u32)>,
}

impl Offer<'_> {
    /// Writes the message. Where there is a ticket, its binder is left out, which takes this many bytes more
    /// as come out.
    pub(super) fn write(&self, out: &mut Writer<'_>) -> usize {
        let binders = if self.ticket.is_some() { 2 + 1 + HASH } else { 0 };
        out.u8(CLIENT_HELLO);
        let message = out.begin(3);
        out.u16(LEGACY_VERSION);
        out.bytes(self.random);
        // No session id: RFC 8446, appendix D.4, makes compatibility mode optional.
        out.u8(0);
        let suites = out.begin(2);
        self.suites.iter().for_each(|suite| out.u16(suite.code()));
        out.end(suites);
        out.bytes(&[1, 0]);

        let all = out.begin(2);
        extension(out, SUPPORTED_VERSIONS, |out| {
            out.u8(2);
            out.u16(TLS13);
        });
        if let Some(name) = self.name {
            extension(out, SERVER_NAME, |out| {
                let list = out.begin(2);
                out.u8(0);
                let host = out.begin(2);
                out.bytes(name.as_bytes());
                out.end(host);
                out.end(list);
            });
        }
        if let Some(code) = self.fragment {
            extension(out, MAX_FRAGMENT_LENGTH, |out| out.u8(code));
        }
        extension(out, SUPPORTED_GROUPS, |out| numbers(out, GROUPS));
        extension(out, SIGNATURE_ALGORITHMS, |out| numbers(out, crate::signature::SCHEMES));
        extension(out, ALPN, |out| {
            let list = out.begin(2);
            let protocol = out.begin(1);
            out.bytes(PROTOCOL);
            out.end(protocol);
            out.end(list);
        });
        extension(out, PSK_KEY_EXCHANGE_MODES, |out| out.bytes(&[1, PSK_DHE_KE]));
        extension(out, KEY_SHARE, |out| {
            let list = out.begin(2);
            out.u16(self.group);
            let share = out.begin(2);
            out.bytes(self.share);
            out.end(share);
            out.end(list);
        });
        if let Some(cookie) = self.cookie {
            extension(out, COOKIE, |out| {
                let vector = out.begin(2);
                out.bytes(cookie);
                out.end(vector);
            });
        }
        // It has to be the last (section 4.2.11).
        if let Some((ticket, age)) = self.ticket {
            out.u16(PRE_SHARED_KEY);
            let content = out.begin(2);
            let identities = out.begin(2);
            let identity = out.begin(2);
            out.bytes(ticket.identity());
            out.end(identity);
            out.bytes(&age.to_be_bytes());
            out.end(identities);
            out.end_with(content, binders);
        }
        out.end_with(all, binders);
        out.end_with(message, binders);
        binders
    }
}

fn extension(out: &mut Writer<'_>, kind: u16, write: impl FnOnce(&mut Writer<'_>)) {
    out.u16(kind);
    let content = out.begin(2);
    write(out);
    out.end(content);
}

fn numbers(out: &mut Writer<'_>, numbers: &[u16]) {
    let list = out.begin(2);
    numbers.iter().for_each(|number| out.u16(*number));
    out.end(list);
}

/// What a server answers.
#[derive(Debug, PartialEq)]
pub(super) enum Answer<'a> {
    Hello {
        suite: CipherSuite,
        group: u16,
        share: &'a [u8],
        resumed: bool,
    },
    /// HelloRetryRequest: a share for this group, and this cookie back.
    Retry {
        suite: CipherSuite,
        group: Option<u16>,
        cookie: Option<&'a [u8]>,
    },
}

/// What was offered, as far as answers are held against it.
#[derive(Clone, Copy)]
pub(super) struct Offered<'o> {
    pub(super) suites: Suites<'o>,
    /// Of the share that was sent.
    pub(super) group: u16,
    pub(super) ticket: bool,
    /// After a HelloRetryRequest, the suite that it named: there is no second one, and no other suite.
    pub(super) retried: Option<CipherSuite>,
}

impl Offered<'_> {
    /// Reads the body of a `ServerHello`. `None`: it is malformed, or something in it was not offered.
    pub(super) fn read<'a>(&self, body: &'a [u8]) -> Option<Answer<'a>> {
        let mut rest = Reader(body);
        let (version, random) = (rest.u16()?, rest.array::<32>()?);
        let session = rest.vector8()?;
        let code = rest.u16()?;
        let suite = self.suites.iter().find(|suite| suite.code() == code)?;
        let compression = rest.u8()?;
        let block = rest.vector16()?;
        rest.end()?;
        let suite_is_right = self.retried.is_none_or(|retried| retried == suite);
        if version != LEGACY_VERSION || !session.is_empty() || compression != 0 || !suite_is_right {
            return None;
        }
        let is_retry = *random == RETRY;
        let (mut selected, mut group, mut share, mut resumed, mut cookie) = (None, None, None, false, None);
        extensions(block, |kind, mut content| {
            match kind {
                SUPPORTED_VERSIONS => selected = Some(content.u16()?),
                KEY_SHARE if is_retry => group = Some(content.u16()?),
                KEY_SHARE => {
                    group = Some(content.u16()?);
                    share = Some(content.vector16()?.0);
                }
                PRE_SHARED_KEY if self.ticket && !is_retry => {
                    resumed = content.u16()? == 0;
                    resumed.then_some(())?;
                }
                // It has at least a byte (section 4.2.2).
                COOKIE if is_retry => {
                    cookie = Some(content.vector16()?.0).filter(|cookie| !cookie.is_empty())
                }
                _ => return None,
            }
            content.end()
        })?;
        if selected != Some(TLS13) {
            return None;
        }
        if is_retry {
            // It has to change something (section 4.1.4).
            let group_is_new = group.is_none_or(|group| group != self.group && GROUPS.contains(&group));
            let changes = group.is_some() || cookie.is_some();
            let is_first = self.retried.is_none();
            return (is_first && group_is_new && changes).then_some(Answer::Retry { suite, group, cookie });
        }
        let group = group.filter(|group| *group == self.group)?;
        Some(Answer::Hello { suite, group, share: share?, resumed })
    }
}
