//! Where the server is, with which key to ask, and how patient to be.

use core::{fmt, num::NonZeroU32, time::Duration};

use super::{
    Misuse,
    url::{self, Url},
};
use crate::{http, time::Millis};

/// A base URL that cannot be used, see [`Config::with_base_url`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidUrl;

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the base URL must be http://HOST[:PORT][/PATH] or https://HOST[:PORT][/PATH]")
    }
}

impl core::error::Error for InvalidUrl {}

/// What a session needs to know besides its request. It is `Copy`, and borrows the key and the other texts.
///
/// ```
/// use taskgroup::session::Config;
///
/// let config = Config::for_server("api.example.org", "s3cret").with_attempts(None).with_seed(7);
/// assert_eq!((config.host(), config.port(), config.tls()), ("api.example.org", 443, true));
/// assert!(!format!("{config:?}").contains("s3cret"));
/// ```
///
/// Durations are stored in milliseconds, up to 49 days; a longer one counts as that.
#[derive(Clone, Copy)]
pub struct Config<'c> {
    pub(super) host: &'c str,
    pub(super) base_path: &'c str,
    pub(super) key: &'c str,
    pub(super) user_agent: &'c str,
    pub(super) beta: &'c str,
    pub(super) idle: Millis,
    pub(super) connect: Millis,
    pub(super) floor: Millis,
    pub(super) ceiling: Millis,
    pub(super) retry_after_ceiling: Millis,
    pub(super) attempts: Option<NonZeroU32>,
    pub(super) seed: u32,
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) keep_alive: bool,
    pub(super) end_check: bool,
    pub(super) version: u8,
}

impl<'c> Config<'c> {
    /// A server by its name or address, over TLS on port 443, with this key. Timeouts and waits have the
    /// default that each `with_…` below names. The key may be empty if the
    /// [endpoint](super::Endpoint::with_key) sends none.
    #[must_use]
    pub const fn for_server(host: &'c str, key: &'c str) -> Self {
        Self {
            host,
            base_path: "",
            key,
            user_agent: concat!("taskgroup/", env!("CARGO_PKG_VERSION")),
            beta: "",
            idle: Millis(90_000),
            connect: Millis(10_000),
            floor: Millis(500),
            ceiling: Millis(30_000),
            retry_after_ceiling: Millis(300_000),
            attempts: NonZeroU32::new(10),
            seed: 0,
            port: 443,
            tls: true,
            keep_alive: false,
            end_check: true,
            version: 0,
        }
    }

    /// The name or address to connect to; an IPv6 address without brackets.
    #[must_use]
    pub const fn host(&self) -> &'c str {
        self.host
    }

    /// The TCP port to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection must be TLS, with the server authenticated as [`host`](Self::host).
    #[must_use]
    pub const fn tls(&self) -> bool {
        self.tls
    }

    /// Whether an orderly end is checked, see [`with_end_check`](Self::with_end_check).
    #[must_use]
    pub const fn end_check(&self) -> bool {
        self.end_check
    }

    /// Whether a connection is kept, see [`with_keep_alive`](Self::with_keep_alive).
    #[must_use]
    pub const fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the host is this machine, by its name or address: `localhost` and all names below it (RFC 6761
    /// §6.3), 127.0.0.0/8, `::1`, and the former as `::ffff:127.0.0.1`. To any other host the adapters send
    /// the key over TLS only, unless the program explicitly allows plaintext.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        url::is_loopback(self.host)
    }

    /// Another server: a host name or address without brackets, a port, and whether to use TLS.
    #[must_use]
    pub const fn with_server(mut self, host: &'c str, port: u16, tls: bool) -> Self {
        self.host = host;
        self.port = port;
        self.tls = tls;
        self
    }

    /// The path before that of the endpoint, such as `/proxy`. Empty by default.
    #[must_use]
    pub const fn with_base_path(mut self, path: &'c str) -> Self {
        self.base_path = path;
        self
    }

    /// Another server by its URL: `http://HOST[:PORT][/PATH]` or `https://…`.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] for anything else: other schemes, user names, queries, fragments.
    pub fn with_base_url(self, url: &'c str) -> Result<Self, InvalidUrl> {
        let Url { tls, host, port, path } = Url::parse(url).ok_or(InvalidUrl)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if !url::is_path(path) {
            return Err(InvalidUrl);
        }
        Ok(self.with_server(host, port, tls).with_base_path(path))
    }

    /// Which of an endpoint's [versions](super::Endpoint::with_versions) to use, counted from 0, the default.
    #[must_use]
    pub const fn with_nth_version(mut self, nth: u8) -> Self {
        self.version = nth;
        self
    }

    /// The value of the header `user-agent`.
    #[must_use]
    pub const fn with_user_agent(mut self, user_agent: &'c str) -> Self {
        self.user_agent = user_agent;
        self
    }

    /// The names of the API's beta features to switch on, separated by commas, for endpoints that have
    /// [a header for them](super::Endpoint::with_beta_header).
    #[must_use]
    pub const fn with_beta(mut self, features: &'c str) -> Self {
        self.beta = features;
        self
    }

    /// Whether to keep the connection when a session has stopped, for [another request](super::Session::ask):
    /// it saves a TLS handshake, for example. No by default.
    ///
    /// Servers close an unused connection after a while, often 5 to 75 s.
    #[must_use]
    pub const fn with_keep_alive(mut self, keep_alive: bool) -> Self {
        self.keep_alive = keep_alive;
        self
    }

    /// Whether to check the end of a stream that is [checked](super::End::Checked), such as
    /// [`runs`](crate::api::runs): after an orderly end the session asks once more from the last event on,
    /// and is done only if that brings nothing new. Yes by default.
    ///
    /// An orderly end shows only what the last hop believes: behind a proxy, or in a framework that ends an
    /// answer whose handler failed, a cut looks like an end. The check is strong evidence, not proof: a
    /// server that keeps failing may answer it with nothing at all. It costs one more request, over the same
    /// connection if the server leaves it open.
    ///
    /// Without it, the last chunk or the length of the body counts as the end; an end of the connection alone
    /// is checked all the same. Switch it off for a server that ignores the cursor, and thus sends everything
    /// twice, if nothing on the way could cut a stream.
    #[must_use]
    pub const fn with_end_check(mut self, check: bool) -> Self {
        self.end_check = check;
        self
    }

    /// How long the server may be silent, and how long the head of an answer may take in all. 90 s by
    /// default.
    ///
    /// Only this ends a stream whose server has failed and left the connection open. That happens behind
    /// daphne, for example, and in Node.js after `Readable.pipe(response)` or if a program handles
    /// `uncaughtException`.
    #[must_use]
    pub const fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = Millis::from(timeout);
        self
    }

    /// How long opening a connection may take, including TLS. 10 s by default.
    #[must_use]
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect = Millis::from(timeout);
        self
    }

    /// The shortest and the longest wait before the session tries again after a failure. 0.5 s and 30 s by
    /// default; a ceiling below the floor counts as the floor.
    #[must_use]
    pub const fn with_backoff(mut self, floor: Duration, ceiling: Duration) -> Self {
        self.floor = Millis::from(floor);
        let ceiling = Millis::from(ceiling);
        self.ceiling = if ceiling.0 < self.floor.0 { self.floor } else { ceiling };
        self
    }

    /// The longest wait that a server may ask for with `retry-after-ms` or `retry-after`; a longer one counts
    /// as this. 300 s by default.
    #[must_use]
    pub const fn with_retry_after_ceiling(mut self, ceiling: Duration) -> Self {
        self.retry_after_ceiling = Millis::from(ceiling);
        self
    }

    /// The number of tries in a row without anything new, including the first, after which the session gives
    /// up. 10 by default; with `None` it never does; 0 counts as 1.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: Option<u32>) -> Self {
        self.attempts = match attempts {
            Some(0) => Some(NonZeroU32::MIN),
            Some(attempts) => NonZeroU32::new(attempts),
            None => None,
        };
        self
    }

    /// Seeds the jitter of the waits. Give each device another number, so that a fleet does not come back all
    /// at once.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = seed.to_le_bytes();
        self.seed = u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h]);
        self
    }
}

impl Config<'_> {
    /// The shortest wait before another try.
    pub(crate) const fn floor(&self) -> Millis {
        self.floor
    }

    /// For the jitter of waits.
    pub(crate) const fn seed(&self) -> u32 {
        self.seed
    }

    /// What cannot be sent, the key in this header; without one, no key is.
    pub(super) fn check(&self, key_header: &str) -> Result<(), Misuse> {
        if !http::is_host(self.host) {
            Err(Misuse::Host)
        } else if !(self.base_path.is_empty() || self.base_path.starts_with('/'))
            || !url::is_path(self.base_path)
        {
            Err(Misuse::BasePath)
        } else if !key_header.is_empty() && (self.key.is_empty() || !http::is_field_value(self.key)) {
            Err(Misuse::Key)
        } else if !http::is_field_value(self.user_agent) || !http::is_field_value(self.beta) {
            Err(Misuse::Header)
        } else {
            Ok(())
        }
    }
}

/// Shows the key as `***`.
impl fmt::Debug for Config<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("keep_alive", &self.keep_alive)
            .field("end_check", &self.end_check)
            .field("base_path", &self.base_path)
            .field("version", &self.version)
            .field("key", &format_args!("***"))
            .field("user_agent", &self.user_agent)
            .field("beta", &self.beta)
            .field("idle_timeout", &self.idle.duration())
            .field("connect_timeout", &self.connect.duration())
            .field("backoff", &(self.floor.duration(), self.ceiling.duration()))
            .field("retry_after_ceiling", &self.retry_after_ceiling.duration())
            .field("attempts", &self.attempts)
            .field("seed", &self.seed)
            .finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Config<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Config {{ host: {=str}, port: {=u16}, tls: {=bool}, base_path: {=str}, version: {=u8}, key: ***, attempts: {} }}",
            self.host,
            self.port,
            self.tls,
            self.base_path,
            self.version,
            self.attempts
        );
    }
}
