//! A `NewSessionTicket` in, what resumes the session out (RFC 8446, sections 4.6.1 and 2.2).
//!
//! # Limits
//!
//! Tickets of up to [`IDENTITY`] bytes. No early data.

use core::{cell::RefCell, fmt};

use zeroize::Zeroize;

use super::{
    schedule::{HASH, Secret, Transcript, expand},
    wire::{Reader, Writer, extensions},
};

/// The longest ticket of a server that is kept, in bytes: OpenSSL's have about 200 to 240, rustls's and Go's
/// fewer.
const IDENTITY: usize = 256;
/// Seven days, the longest that a server may say (section 4.6.1).
const LIFETIME_MAX: u32 = 604_800;
const EARLY_DATA: u16 = 42;
/// Of the bytes of a [`Ticket`]: it changes with their meaning.
const LAYOUT: u16 = 0x5401;
/// Of the hash at the end.
const CHECK: usize = 8;

/// What a ticket is bound to, hashed: see [`Terms::binding`](super::Terms::binding).
pub type Binding = [u8; 16];

/// What resumes a session with the server that it came from.
///
/// It is [`BYTES`](Self::BYTES) bytes, which may be kept over a restart. **They are a secret in the clear**:
/// anybody who reads them, out of a flash chip for example, can be that server to this device until the
/// ticket ends, and can read the sessions that are resumed by it if they were recorded.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket([u8; Self::BYTES]);

/// A ticket's parts.
pub(super) struct Parts<'t> {
    secret: &'t Secret,
    identity: &'t [u8],
    age_add: u32,
    /// Of its arrival, in seconds since 1970.
    came: u64,
    /// From then on it is not to be used.
    ends: u64,
    binding: &'t Binding,
}

impl Ticket {
    /// How many bytes it is.
    pub const BYTES: usize = 2 + size_of::<Binding>() + 8 + 8 + 4 + HASH + 2 + IDENTITY + CHECK;

    /// From the body of a `NewSessionTicket`, at this time, of a server whose certificates end then. `None`
    /// within: it is well-formed, and not to be kept.
    pub(super) fn read(
        body: &[u8],
        master: &Secret,
        now: u64,
        ends: u64,
        binding: &Binding,
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
        if ends <= now || identity.0.len() > IDENTITY {
            return Some(None);
        }
        let secret = &expand(master, b"resumption", nonce.0);
        Some(Some(Self::new(&Parts { secret, identity: identity.0, age_add, came: now, ends, binding })))
    }

    fn new(parts: &Parts<'_>) -> Self {
        let mut bytes = [0; Self::BYTES];
        let mut writer = Writer::new(&mut bytes);
        writer.u16(LAYOUT);
        writer.bytes(parts.binding);
        writer.bytes(&parts.came.to_be_bytes());
        writer.bytes(&parts.ends.to_be_bytes());
        writer.bytes(&parts.age_add.to_be_bytes());
        writer.bytes(parts.secret);
        writer.u16(parts.identity.len() as u16);
        writer.bytes(parts.identity);
        let check = check(&bytes);
        if let Some(place) = bytes.last_chunk_mut() {
            *place = check;
        }
        Self(bytes)
    }

    /// The bytes of a ticket, to be kept where nobody else can read them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// A ticket from its bytes. `None`: they are not those of a ticket, or damaged, or of another version of
    /// this crate that keeps them otherwise. Whether it is for this server, and has not ended, is looked at
    /// when it is used.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let is_whole = bytes.last_chunk() == Some(&check(bytes)) && Parts::of(bytes).is_some();
        is_whole.then(|| Self(*bytes))
    }

    /// What it is bound to: it is used only with [`Terms`](super::Terms) of the same binding.
    #[must_use]
    pub fn binding(&self) -> &Binding {
        const NONE: &Binding = &[0; _];
        Parts::of(&self.0).map_or(NONE, |parts| parts.binding)
    }
}

/// Of all bytes but the last.
#[inline(never)]
fn check(bytes: &[u8; Ticket::BYTES]) -> [u8; CHECK] {
    let (content, _) = bytes.split_last_chunk::<CHECK>().unwrap_or((&[], &[0; CHECK]));
    let mut hash = Transcript::new();
    hash.update(content);
    hash.hash().first_chunk().copied().unwrap_or_default()
}

impl<'t> Parts<'t> {
    /// `None`: it is not a ticket of this layout.
    pub(super) fn of(bytes: &'t [u8; Ticket::BYTES]) -> Option<Self> {
        let mut rest = Reader(bytes);
        if rest.u16()? != LAYOUT {
            return None;
        }
        let binding = rest.array()?;
        let (came, ends) = (u64::from_be_bytes(*rest.array()?), u64::from_be_bytes(*rest.array()?));
        let (age_add, secret) = (rest.u32()?, rest.array()?);
        let length = usize::from(rest.u16()?);
        let identity = rest.take(IDENTITY)?.get(..length).filter(|identity| !identity.is_empty())?;
        Some(Self { secret, identity, age_add, came, ends, binding })
    }

    pub(super) fn secret(&self) -> &Secret {
        self.secret
    }

    pub(super) fn identity(&self) -> &[u8] {
        self.identity
    }

    /// When the certificates end, or the ticket.
    pub(super) fn ends(&self) -> u64 {
        self.ends
    }

    /// Its age in milliseconds, obfuscated (section 4.2.11.1). `None`: it is for another server, too old, or
    /// from the future.
    pub(super) fn age(&self, now: u64, binding: &Binding) -> Option<u32> {
        let seconds = now.checked_sub(self.came)?;
        let is_good = binding == self.binding && now < self.ends && seconds <= LIFETIME_MAX.into();
        // Seven days have fewer than 2^32 milliseconds.
        let age = u32::try_from(seconds.checked_mul(1000)?).ok()?;
        is_good.then_some(age.wrapping_add(self.age_add))
    }
}

impl Drop for Ticket {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Shows nothing of it.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

/// Where tickets are kept from one connection to the next.
///
/// A ticket is worth what the handshake that it came from was worth, and is used once: a ticket that is taken
/// is out of the store before anything is sent, so that nothing that goes wrong with it is met twice. Keep it
/// where nobody else can read it: see [`Ticket`].
///
/// ```
/// use core::cell::RefCell;
///
/// use taskgroup_tls::machine::{Binding, Ticket, Tickets};
///
/// /// One ticket in flash, which is a file of fixed length here.
/// struct Flash(RefCell<[u8; Ticket::BYTES]>);
///
/// impl Tickets for Flash {
///     fn take(&self, _: &Binding) -> Option<Ticket> {
///         let ticket = Ticket::from_bytes(&self.0.borrow());
///         self.forget();
///         ticket
///     }
///
///     fn keep(&self, ticket: Ticket) {
///         *self.0.borrow_mut() = *ticket.as_bytes();
///     }
///
///     fn forget(&self) {
///         *self.0.borrow_mut() = [0xFF; Ticket::BYTES];
///     }
/// }
/// ```
pub trait Tickets {
    /// Takes a ticket out of the store, one of this binding where there are several. One of another binding
    /// is not used, and so lost.
    fn take(&self, binding: &Binding) -> Option<Ticket>;

    /// Keeps a ticket, in the place of an older one if need be. Servers often send two at once: each may be
    /// used, the last is enough. Where it cannot be kept, nothing is lost but time.
    fn keep(&self, ticket: Ticket);

    /// Forgets all tickets: the next handshake is a full one.
    fn forget(&self);
}

/// One ticket, in RAM: the last that came.
#[derive(Debug, Default)]
pub struct OneTicket(RefCell<Option<Ticket>>);

impl OneTicket {
    /// A store without a ticket.
    #[must_use]
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }
}

impl Tickets for OneTicket {
    fn take(&self, _: &Binding) -> Option<Ticket> {
        self.0.try_borrow_mut().ok()?.take()
    }

    fn keep(&self, ticket: Ticket) {
        if let Ok(mut kept) = self.0.try_borrow_mut() {
            *kept = Some(ticket);
        }
    }

    fn forget(&self) {
        if let Ok(mut kept) = self.0.try_borrow_mut() {
            *kept = None;
        }
    }
}

/// No ticket is kept: every handshake is a full one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTickets;

impl Tickets for NoTickets {
    fn take(&self, _: &Binding) -> Option<Ticket> {
        None
    }

    fn keep(&self, _: Ticket) {}

    fn forget(&self) {}
}
