//! The server of the settings: how to connect to it, and when that makes sense.
//!
//! The key goes over TLS to a server that proves to be the one of the base URL, or in the clear if that URL
//! begins with `http://`.

use core::{
    future::{Future, pending},
    ops::Range,
    pin::{Pin, pin},
};

use defmt::{error, info, warn};
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_time::Timer;
use embedded_storage_async::nor_flash::NorFlash;
use static_cell::ConstStaticCell;
use taskgroup::session::Config;
use taskgroup_embassy::{Connector, Tcp, Tls};
use taskgroup_tls::{Client, Dates, Random, Roots};

use crate::{
    lamp::{self, Light},
    program, time,
};

/// The settings of the build; see `build.rs`.
pub(crate) const BASE_URL: &str = match option_env!("PARALLEL_BASE_URL") {
    Some(url) => url,
    None => "https://api.parallel.ai",
};
const KEY: &str = env!("PARALLEL_API_KEY");
/// The authorities to trust: those of Mozilla's browser, or those of the file `TASKGROUP_CA_FILE`.
const ROOTS: Roots<'static> = include!(concat!(env!("OUT_DIR"), "/roots.rs"));

/// Seconds to rest after a failure that may pass.
const REST: u64 = 60;

/// How long opening a connection may take: an RP2040 computes for up to two seconds in a handshake.
const CONNECT: core::time::Duration = core::time::Duration::from_secs(60);

/// The receive buffer of the socket: two packets at once.
const RECEIVE: usize = 4096;
/// The send buffers of the socket and of TLS: a whole request.
const SEND: usize = 1024;

/// The sockets that the network needs: DHCP, DNS, the time, and the server.
pub const SOCKETS: usize = 4;

/// Runs the program of the settings, forever. What it has done is stored in `sectors`, a range of bytes of
/// `flash`.
pub async fn run<F: NorFlash>(
    network: Stack<'_>,
    mut random: impl Random,
    flash: F,
    sectors: Range<u32>,
) -> ! {
    static RECORD_RECEIVED: ConstStaticCell<[u8; taskgroup_tls::RECEIVE]> =
        ConstStaticCell::new([0; taskgroup_tls::RECEIVE]);
    static RECORD_SENT: ConstStaticCell<[u8; SEND]> = ConstStaticCell::new([0; SEND]);
    static RECEIVED: ConstStaticCell<[u8; RECEIVE]> = ConstStaticCell::new([0; RECEIVE]);
    static SENT: ConstStaticCell<[u8; SEND]> = ConstStaticCell::new([0; SEND]);

    let Ok(config) = Config::new(KEY).with_base_url(BASE_URL) else {
        error!("{}: not a base URL", BASE_URL);
        stop().await
    };
    let config = config.with_attempts(None).with_connect_timeout(CONNECT).with_seed(random.next_u64());
    // Plaintext, if the base URL begins with `http://`.
    let tcp = Tcp::new(network, RECEIVED.take(), SENT.take()).allow_plaintext();
    let dates = Dates::CheckedBy(&time::unix_seconds);
    let tls = Client::new(ROOTS, dates, random, RECORD_RECEIVED.take(), RECORD_SENT.take());
    let server = Server { config, network, connector: Tls::new(tcp, tls) };
    let told_the_time = pin!(async {
        match config.tls() {
            true => time::keep(network).await,
            false => pending().await,
        }
    });
    match select(pin!(program::run(&server, flash, sectors)), told_the_time).await {
        Either::First(never) | Either::Second(never) => never,
    }
}

/// The server of the settings, by way of this network.
pub(crate) struct Server<'n, C> {
    pub(crate) config: Config<'static>,
    pub(crate) network: Stack<'n>,
    pub(crate) connector: C,
}

impl<C: Connector> Server<'_, C> {
    /// Waits until there is a network and, for TLS, the time.
    pub(crate) async fn reachable(&self) {
        if !self.network.is_config_up() {
            lamp::set(Light::Joining);
            self.network.wait_config_up().await;
        }
        lamp::set(Light::Asking);
        if self.config.tls() {
            time::wait_known().await;
        }
    }

    /// What this gives; `None` when there is no network any more. Tries without one would only make the next
    /// wait longer when there is one again.
    pub(crate) async fn unless_lost<F: Future>(&self, step: Pin<&mut F>) -> Option<F::Output> {
        match select(step, self.network.wait_config_down()).await {
            Either::First(output) => Some(output),
            Either::Second(()) => {
                warn!("the network is lost");
                None
            }
        }
    }
}

/// After a failure that may pass.
pub(crate) async fn rest() {
    lamp::set(Light::Failed);
    info!("tries again in {} s", REST);
    Timer::after_secs(REST).await;
}

/// A program that cannot keep what it has done does nothing.
pub(crate) async fn stop() -> ! {
    lamp::set(Light::Failed);
    pending().await
}
