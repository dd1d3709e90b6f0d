//! Whom to trust in, connections to authenticated servers out.

use core::{cell::RefCell, fmt, marker::PhantomData, time::Duration};

use embedded_io_async::{Read, Write};
use embedded_tls::{
    CryptoProvider, CryptoRngCore, TlsCipherSuite, TlsConfig, TlsConnection, TlsContext, TlsError,
    TlsVerifier,
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

/// Bytes for receiving that every server can do with: the longest record there is, 16,640. Servers
/// fill their records as they like, and few would heed a wish for shorter ones.
pub const RECEIVE: usize = CIPHERTEXT_MAX as usize;
/// The least for receiving, in bytes. It serves for a server of one's own whose records are known to be
/// short, its certificates included.
pub const RECEIVE_MIN: usize = 1024;
/// The least for sending, in bytes: a `ClientHello` with the longest name. What is sent leaves in records
/// of 133 bytes less than the buffer has, and of 16,384 at most.
pub const SEND_MIN: usize = 512;
/// More is not used: embedded-tls, which keeps 128 bytes of it free, would make records larger than there may be.
const SEND_MAX: usize = PLAINTEXT_MAX as usize + HEADER + 128;

/// What is offered, and read into no answer: a server that speaks nothing else refuses.
const PROTOCOLS: &[&[u8]] = &[b"http/1.1"];

/// Whether certificates must be in their time.
#[derive(Clone, Copy)]
pub enum Dates<'d> {
    /// By this clock: seconds since 1970-01-01 00:00 UTC; `None` while it is not known, and then there is no
    /// connection. It is asked once for each.
    CheckedBy(&'d dyn Fn() -> Option<u64>),
    /// All else is checked, and that there was a moment at which all of them were in their time. A
    /// key that was stolen years ago, from a server that has long had another, is then as good as a new one.
    Ignored,
}

/// Opens connections, one at a time: it lends them the memory that it has. `S` is the cipher suite that it offers.
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
    /// `random` must be unpredictable: whoever can guess it reads everything. `receive` holds one record
    /// of the server, [`RECEIVE`] bytes; `send` one of the client, at least [`SEND_MIN`].
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
    /// Offers another cipher suite: `with_suite::<Aes128GcmSha256>()`. The one that is not offered is not linked.
    #[must_use]
    pub fn with_suite<O: Suite>(self) -> Client<'m, R, O> {
        let Self { roots, dates, random, memory, progress, suite: _ } = self;
        Client { roots, dates, random, memory, progress, suite: PhantomData }
    }

    /// Shakes hands with the server at the other end of `transport`, and authenticates it by `name`: a
    /// DNS name, or an IP address. A DNS name is told to the server, too.
    ///
    /// Nothing of what the application sends has been written before it returns. It waits for the server as
    /// long as the transport does: set a deadline. Dropped while it waits, it closes the transport; the next
    /// try begins anew.
    ///
    /// # Errors
    ///
    /// Any [`Error`]; the transport is dropped.
    #[allow(
        clippy::await_holding_refcell_ref,
        reason = "the borrow is the lock: whoever finds it taken fails"
    )]
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
        let longest = send.len().min(SEND_MAX);
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

/// Whom embedded-tls asks.
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

/// What embedded-tls has found wrong in a handshake.
fn handshake(error: TlsError, is_encrypted: bool) -> Error {
    match error {
        TlsError::Io(kind) => Error::Transport(kind),
        TlsError::IoError => Error::Cut,
        TlsError::HandshakeAborted(_, description) => Error::Alert { description: Some(description as u8) },
        TlsError::CryptoError => Error::Tampered,
        TlsError::InvalidSignature => Error::Finished,
        TlsError::InvalidHandshake => Error::OutOfTurn,
        TlsError::Unimplemented | TlsError::InvalidSignatureScheme => Error::Unsupported,
        // So are alerts called then.
        TlsError::InvalidRecord if is_encrypted => Error::BrokenOff,
        _ if is_encrypted => Error::Malformed,
        _ => Error::ServerHello,
    }
}
