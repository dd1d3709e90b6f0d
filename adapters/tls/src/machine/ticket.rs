//! A `NewSessionTicket` in, what resumes the session out (RFC 8446, sections 4.6.1 and 2.2).
//!
//! # Limits
//!
//! Tickets of up to [`TICKET`] bytes. No early data.

use heapless::Vec;
use pki_types::{IpAddr, ServerName};
use sha2::{Digest, Sha256};

use super::{
    schedule::{Secret, expand},
    wire::{Reader, extensions},
};

/// The longest ticket that is kept, in bytes: OpenSSL's have about 200 to 240, rustls's and Go's fewer.
pub(super) const TICKET: usize = 256;
/// Seven days, the longest that a server may say (section 4.6.1).
const LIFETIME_MAX: u32 = 604_800;
const EARLY_DATA: u16 = 42;

/// What resumes a session with the server that it came from.
#[derive(Clone)]
pub(crate) struct Ticket {
    secret: Secret,
    identity: Vec<u8, TICKET>,
    age_add: u32,
    /// Of its arrival, in seconds since 1970.
    came: u64,
    /// From then on it is not to be used.
    ends: u64,
    /// Of the name that the server was authenticated by.
    name: u128,
}

impl Ticket {
    /// From the body of a `NewSessionTicket`, at this time, of a server whose certificates end then. `None`
    /// within: it is well-formed, and not to be kept.
    pub(super) fn read(
        body: &[u8],
        master: &Secret,
        now: u64,
        ends: u64,
        name: u128,
    ) -> Option<Option<Self>> {
        let mut rest = Reader(body);
        let (lifetime, age_add) = (rest.u32()?, rest.u32()?);
        let (nonce, identity) = (rest.vector8()?, rest.vector16()?);
        let block = rest.vector16()?;
        rest.end()?;
        extensions(block, |kind, mut content| {
            if kind == EARLY_DATA {
                content.u32()?;
                content.end()?;
            }
            // Others are to be ignored.
            Some(())
        })?;
        if identity.is_empty() {
            return None;
        }
        let ends = ends.min(now.saturating_add(lifetime.min(LIFETIME_MAX).into()));
        let Ok(identity) = Vec::from_slice(identity.0) else { return Some(None) };
        let secret = expand(master, b"resumption", nonce.0);
        Some((ends > now).then_some(Self { secret, identity, age_add, came: now, ends, name }))
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(super) fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// When the certificates end, or the ticket.
    pub(super) fn ends(&self) -> u64 {
        self.ends
    }

    /// Its age in milliseconds, obfuscated (section 4.2.11.1). `None`: it is for another server, too old, or
    /// from the future.
    pub(super) fn age(&self, now: u64, name: u128) -> Option<u32> {
        let seconds = now.checked_sub(self.came)?;
        let is_good = name == self.name && now < self.ends;
        // Seven days have fewer than 2^32 milliseconds.
        let age = u32::try_from(seconds.checked_mul(1000)?).ok()?;
        is_good.then_some(age.wrapping_add(self.age_add))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.secret = [0; _];
    }
}

/// What a ticket is bound to.
pub(super) fn hash_of(name: &ServerName<'_>) -> u128 {
    let mut hash = Sha256::new();
    match name {
        ServerName::DnsName(name) => {
            name.as_ref().bytes().for_each(|byte| hash.update([byte.to_ascii_lowercase()]))
        }
        ServerName::IpAddress(IpAddr::V4(address)) => hash.update(address.as_ref()),
        ServerName::IpAddress(IpAddr::V6(address)) => hash.update(address.as_ref()),
        _ => {}
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().map_or(0, |front| u128::from_be_bytes(*front))
}

/// The last second of a certificate in DER (RFC 5280, section 4.1.2.5), since 1970. `None`: it cannot be
/// read.
pub(super) fn not_after(certificate: &[u8]) -> Option<u64> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xA0;
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        (_, rest) = element(rest, VERSION)?;
    }
    // The serial number, the signature's algorithm, the issuer.
    for tag in [2, SEQUENCE, SEQUENCE] {
        (_, rest) = element(rest, tag)?;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let (_, rest) = any_element(validity)?;
    let ((tag, time), _) = any_element(rest)?;
    seconds(tag, time)
}

fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let ((found, content), rest) = any_element(der)?;
    (found == tag).then_some((content, rest))
}

/// Tag and content.
type Element<'d> = (u8, &'d [u8]);

/// The first element, and what follows it.
fn any_element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let mut reader = Reader(der);
    let (tag, first) = (reader.u8()?, reader.u8()?);
    let length = match first {
        0..=0x7F => first.into(),
        0x81 => reader.u8()?.into(),
        0x82 => reader.u16()?.into(),
        _ => return None,
    };
    let content = reader.take(length)?;
    Some(((tag, content), reader.0))
}

/// A UTCTime or GeneralizedTime.
fn seconds(tag: u8, time: &[u8]) -> Option<u64> {
    let (year, rest) = match tag {
        0x17 => {
            let year = two_digits(time, 0)?;
            (if year < 50 { year.checked_add(2000)? } else { year.checked_add(1900)? }, time.get(2..)?)
        }
        0x18 => (two_digits(time, 0)?.checked_mul(100)?.checked_add(two_digits(time, 2)?)?, time.get(4..)?),
        _ => return None,
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|place| two_digits(rest, place));
    let (month, day) = (month?, day?);
    // Days from civil, by years that begin in March.
    let from_march = year.checked_sub(u64::from(month <= 2))?;
    let month = if month > 2 { month.checked_sub(3)? } else { month.checked_add(9)? };
    let day_of_year = month.checked_mul(153)?.checked_add(2)? / 5;
    let leap_days = (from_march / 4).checked_sub(from_march / 100)?.checked_add(from_march / 400)?;
    let days =
        from_march.checked_mul(365)?.checked_add(leap_days)?.checked_add(day_of_year)?.checked_add(day)?;
    // 1970-01-01 is day 719,469 of this count.
    let days = days.checked_sub(719_469)?;
    days.checked_mul(24)?
        .checked_add(hour?)?
        .checked_mul(60)?
        .checked_add(minute?)?
        .checked_mul(60)?
        .checked_add(second?)
}

fn two_digits(text: &[u8], place: usize) -> Option<u64> {
    let [tens, ones] = text.get(place..)?.first_chunk()?;
    let digit = |byte: u8| byte.checked_sub(b'0').filter(|digit| *digit < 10).map(u64::from);
    digit(*tens)?.checked_mul(10)?.checked_add(digit(*ones)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (tag, time, expected) in [
            (0x17, &b"700101000000Z"[..], Some(0)),
            (0x17, b"491231235959Z", Some(2_524_607_999)),
            (0x17, b"000229120000Z", Some(951_825_600)),
            (0x18, b"20500101000000Z", Some(2_524_608_000)),
            (0x18, b"99991231235959Z", Some(253_402_300_799)),
            (0x18, b"19691231235959Z", None),
            (0x17, b"7001", None),
            (0x04, b"700101000000Z", None),
        ] {
            assert_eq!(seconds(tag, time), expected, "{time:?}");
        }
    }
}
