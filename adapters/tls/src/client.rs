//! Roots, a clock and buffers in, connections to authenticated servers out.

use core::{cell::RefCell, fmt, marker::PhantomData, time::Duration};

use embedded_io_async::{Read, Write};
use embedded_tls::{
    CryptoProvider, CryptoRngCore, MaxFragmentLength, TlsCipherSuite, TlsConfig, TlsConnection, TlsContext,
    TlsError, TlsVerifier,
};
use pki_types::{ServerName, UnixTime};

use crate::{
    Connection, Error, Roots,
    certificate::Trust,
    lease::{Lent, Memory},
    record::{CIPHERTEXT_MAX, HEADER, PLAINTEXT_MAX, Progress, Records},
    suite::{ChaCha20Poly1305Sha256, Suite},
    verifier::Verifier,
};

/// Bytes for receiving that are enough for every server: the longest record, 16,640.
///
/// With less, from 1,041 bytes on, the server is asked for shorter records by `max_fragment_length` (RFC
/// 6066, section 4): with [`RECEIVE_4K`] for at most 4,096 bytes of content. Servers that use OpenSSL (nginx,
/// haproxy) do as asked; Go (Caddy) and rustls do not, and then a longer record is [`Error::RecordTooLong`].
pub const RECEIVE: usize = CIPHERTEXT_MAX as usize;
/// Bytes for receiving that are enough for a server that does as `max_fragment_length` asks: a record with
/// 4,096 bytes of content, 4,352 in all.
///
/// The server's certificates must fit in one such record, since handshake messages split over records are
/// [`Error::Malformed`]: a chain with ECDSA keys does, one with RSA keys often does not.
pub const RECEIVE_4K: usize = 4096 + 256;
/// The least for receiving, in bytes. It is enough for a server of your own if you know that its records are
/// short, its certificates included.
pub const RECEIVE_MIN: usize = 1024;
/// The least for sending, in bytes: a `ClientHello` with the longest name. Each record that is sent has at
/// most 133 bytes less than the buffer, and at most 16,384.
pub const SEND_MIN: usize = 512;
/// embedded-tls keeps this many bytes of the buffer for sending free.
const FREE: usize = 128;

/// What is offered. The answer is not checked: a server that supports nothing else refuses.
const PROTOCOLS: &[&[u8]] = &[b"http/1.1"];

/// Whether certificates must be valid now.
#[derive(Clone, Copy)]
pub enum Dates<'d> {
    /// By this clock: seconds since 1970-01-01 00:00 UTC; `None` while the time is not known, and then there
    /// is no connection. It is asked once for each connection.
    CheckedBy(&'d dyn Fn() -> Option<u64>),
    /// Everything else is checked, and that there was a moment at which all of them were valid. A key that
    /// was stolen years ago, and that the server has replaced since, is then as good as a new one.
    Ignored,
}

/// Opens connections, one at a time: it lends them the memory that it has. `S` is the cipher suite that it
/// offers.
pub struct Client<'m, R, S = ChaCha20Poly1305Sha256> {
    roots: Roots<'m>,
    dates: Dates<'m>,
    random: RefCell<R>,
    memory: Memory<'m>,
    progress: Progress,
    suite: PhantomData<S>,
}

impl<'m, R: CryptoRngCore> Client<'m, R> {
    /// A client that trusts these `roots`.
    ///
    /// `random` must be unpredictable: anyone who can guess it can read everything. `receive` holds one
    /// record of the server, [`RECEIVE`] bytes; `send` one of the client, at least [`SEND_MIN`].
    #[must_use]
    pub fn new(
        roots: Roots<'m>,
        dates: Dates<'m>,
        random: R,
        receive: &'m mut [u8],
        send: &'m mut [u8],
    ) -> Self {
        Self {
            roots,
            dates,
            random: RefCell::new(random),
            memory: Memory::new(receive, send),
            progress: Progress::default(),
            suite: PhantomData,
        }
    }
}

impl<'m, R: CryptoRngCore, S: Suite> Client<'m, R, S> {
    /// Offers another cipher suite: `with_suite::<Aes128GcmSha256>()`. The one that is not offered is not
    /// linked.
    #[must_use]
    pub fn with_suite<O: Suite>(self) -> Client<'m, R, O> {
        let Self { roots, dates, random, memory, progress, suite: _ } = self;
        Client { roots, dates, random, memory, progress, suite: PhantomData }
    }

    /// Performs the handshake with the server at the other end of `transport`, and authenticates it by
    /// `name`: a DNS name or an IP address. A DNS name is sent to the server, too.
    ///
    /// Nothing of the application's data is written before it returns. It waits for the server as long as the
    /// transport does: set a deadline. If it is dropped while it waits, the transport is dropped, and the
    /// next call starts again.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; the transport is dropped.
    #[allow(clippy::await_holding_refcell_ref, reason = "the borrow is the lock: a second caller fails")]
    pub async fn connect<'c, T: Read + Write + 'c>(
        &'c self,
        transport: T,
        name: &str,
    ) -> Result<Connection<'c, T, S>, Error> {
        let now = match self.dates {
            Dates::CheckedBy(clock) => {
                let seconds = clock().ok_or(Error::TimeUnknown)?;
                Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
            }
            Dates::Ignored => None,
        };
        let checked = ServerName::try_from(name).map_err(|_| Error::ServerName)?;
        let mut config = TlsConfig::new().with_alpn(PROTOCOLS);
        if cfg!(feature = "rsa") {
            config = config.enable_rsa_signatures();
        }
        if let ServerName::DnsName(name) = &checked {
            config = config.with_server_name(name.as_ref());
        }
        // It holds for what the client sends, too (RFC 6066, section 4).
        let mut content_max = PLAINTEXT_MAX.into();
        if let Some(length) = max_fragment_length(self.memory.receive_length()) {
            content_max = 256 << length as usize;
            config = config.with_max_fragment_length(length);
        }
        let mut random = self.random.try_borrow_mut().map_err(|_| Error::Busy)?;
        // SAFETY: the connection holds the lease for as long as it lives, and where there is none the
        // buffers are gone before it.
        #[allow(unsafe_code, reason = "the connection keeps its lease")]
        let Lent { receive, send, lease } = unsafe { self.memory.lend() }.ok_or(Error::Busy)?;
        for (buffer, needs) in [(&*receive, RECEIVE_MIN), (&*send, SEND_MIN)] {
            if buffer.len() < needs {
                return Err(Error::BufferTooSmall { needs });
            }
        }
        let longest = send.len().min(content_max + HEADER + FREE);
        let send = send.get_mut(..longest).unwrap_or_default();
        let records = Records::new(transport, &self.progress, receive.len());
        let mut tls = TlsConnection::new(records, receive, send);
        let trust = Trust { roots: self.roots, name: &checked, now };
        let mut parties =
            Parties { random: &mut *random, verifier: Verifier::new(trust), suite: PhantomData::<S::Tls> };
        let opened = tls.open(TlsContext::new(&config, &mut parties)).await;
        let wrong = self.progress.refused().or(parties.verifier.error());
        if let Some(error) = wrong {
            return Err(error);
        }
        opened.map_err(|error| handshake(error, self.progress.is_encrypted()))?;
        if !parties.verifier.authenticated() {
            return Err(Error::Unauthenticated);
        }
        Ok(Connection::new(tls, &self.progress, lease))
    }
}

impl<R, S> fmt::Debug for Client<'_, R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl fmt::Debug for Dates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CheckedBy(_) => "CheckedBy(..)",
            Self::Ignored => "Ignored",
        })
    }
}

/// The most content that fits in a buffer for receiving, with its content type and tag; `None` where all of
/// it fits, or where not even a certificate would.
fn max_fragment_length(receive: usize) -> Option<MaxFragmentLength> {
    const OVERHEAD: usize = 1 + 16;
    match receive.saturating_sub(OVERHEAD) {
        1024..2048 => Some(MaxFragmentLength::Bits10),
        2048..4096 => Some(MaxFragmentLength::Bits11),
        4096.. if receive < RECEIVE => Some(MaxFragmentLength::Bits12),
        _ => None,
    }
}

/// What embedded-tls asks.
struct Parties<'p, R, S> {
    random: &'p mut R,
    verifier: Verifier<'p>,
    suite: PhantomData<S>,
}

impl<R: CryptoRngCore, S: TlsCipherSuite> CryptoProvider for Parties<'_, R, S> {
    type CipherSuite = S;
    /// Of a client, which signs nothing here.
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut *self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<S>, TlsError> {
        Ok(&mut self.verifier)
    }
}

/// What embedded-tls found wrong in a handshake.
fn handshake(error: TlsError, is_encrypted: bool) -> Error {
    match error {
        TlsError::Io(kind) => Error::Transport(kind),
        TlsError::IoError => Error::Cut,
        TlsError::HandshakeAborted(_, description) => Error::Alert { description: Some(description as u8) },
        TlsError::CryptoError => Error::Tampered,
        TlsError::InvalidSignature => Error::Finished,
        TlsError::InvalidHandshake => Error::OutOfTurn,
        TlsError::Unimplemented | TlsError::InvalidSignatureScheme => Error::Unsupported,
        // embedded-tls has this for alerts, too.
        TlsError::InvalidRecord if is_encrypted => Error::BrokenOff,
        _ if is_encrypted => Error::Malformed,
        _ => Error::ServerHello,
    }
}
