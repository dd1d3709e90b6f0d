//! A network of embassy-net in, connections to servers that Mbed TLS has authenticated out.

use core::cell::{RefCell, RefMut};

use heapless::CString;
use log::error;
use mbedtls_rs::{
    Certificate, ClientSessionConfig, Session, SessionConfig, SessionError, TlsReference,
    sys::{MBEDTLS_ERR_SSL_BAD_CERTIFICATE, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED},
};
use taskgroup::{
    session::{Config, Failure},
    time::Instant,
};
use taskgroup_embassy::{Connection, Connector, Tcp};
use taskgroup_embedded_io::Buffered;

/// Bytes of a server's name and its NUL: DNS allows 253 bytes.
const NAME: usize = 254;

/// The errors of Mbed TLS for a server that is not authenticated.
const WRONG: [i32; 2] = [MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, MBEDTLS_ERR_SSL_BAD_CERTIFICATE];

/// Opens connections over TLS 1.2 or 1.3.
pub(crate) struct MbedTls<'d, 'm> {
    tcp: Tcp<'d>,
    library: TlsReference<'m>,
    session: SessionConfig<'m>,
    /// Lent to the connection, which is read through it.
    buffer: RefCell<&'m mut [u8]>,
}

impl<'d, 'm> MbedTls<'d, 'm> {
    /// Trusts the servers that these authorities vouch for. Any size of the buffer works, from 1 byte on.
    pub(crate) fn new(
        tcp: Tcp<'d>,
        library: TlsReference<'m>,
        authorities: Certificate<'m>,
        buffer: &'m mut [u8],
    ) -> Self {
        let mut session = ClientSessionConfig::new();
        session.ca_chain = Some(authorities);
        session.alpn_protocols = Some(&[c"http/1.1"]);
        Self { tcp, library, session: SessionConfig::Client(session), buffer: RefCell::new(buffer) }
    }
}

impl<'d> Connector for MbedTls<'d, '_> {
    type Connection<'n>
        = Buffered<Session<'n, Connection<'n, 'd>>, RefMut<'n, [u8]>>
    where
        Self: 'n;

    /// Dropping a read may lose half a record.
    fn cancel_safe(&self) -> bool {
        false
    }

    async fn resolve(&self, config: &Config<'_>) -> Result<(), Failure> {
        self.tcp.look_up(config).await
    }

    async fn connect<'n>(
        &'n self,
        config: &Config<'_>,
        until: Instant,
    ) -> Result<Self::Connection<'n>, Failure> {
        if !config.tls() {
            error!("plaintext to {}: it is not spoken here", config.host());
            return Err(Failure::Refused);
        }
        let mut name = CString::<NAME>::new();
        name.extend_from_bytes(config.host().as_bytes()).map_err(|_| Failure::Refused)?;
        // Opened before the buffer is borrowed: there is one connection at a time, so the buffer is free
        // then.
        let tcp = self.tcp.open(config, until).await?;
        let buffer = RefMut::map(self.buffer.borrow_mut(), |buffer| &mut **buffer);
        let mut session = Session::new(self.library, tcp, &self.session).map_err(failure)?;
        session.set_server_name(&name).map_err(failure)?;
        // Nothing of the request is written before this has authenticated the server.
        session.connect().await.map_err(|error| {
            let found = session.tls_verification_details();
            error!("TLS with {}: {error}, certificates: {found:#x}", config.host());
            failure(error)
        })?;
        Ok(Buffered::new(session, buffer))
    }
}

/// Whether another try could succeed. Not when the certificates are wrong; when they cannot be read, the
/// reason may be a lack of memory.
fn failure(error: SessionError) -> Failure {
    match error {
        SessionError::MbedTls(error) if WRONG.contains(&error.code()) => Failure::Refused,
        _ => Failure::Unreachable,
    }
}
