//! A network in, seconds since 1970 out, by SNTP (RFC 4330): without the time no certificate can be checked.
//!
//! # Limits
//!
//! The answer is not authenticated. An attacker between the board and the time server can set this clock,
//! though not earlier than `EARLIEST`. While that lasts, a certificate that has expired since is accepted,
//! and a valid one is refused. An attacker who never had a certificate for the server cannot impersonate it
//! that way.

use core::net::SocketAddr;

use defmt::{Debug2Format, info, warn};
use embassy_futures::select::{Either, select};
use embassy_net::{
    Stack,
    dns::DnsQueryType,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, watch::Watch};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use sntpc::{NtpContext, NtpTimestampGenerator};
use sntpc_net_embassy::UdpSocketWrapper;

/// The time server: a name that resolves to one of many servers each time, or `NTP_SERVER`.
const SERVER: &str = match option_env!("NTP_SERVER") {
    Some(server) => server,
    None => "pool.ntp.org",
};
const PORT: u16 = 123;

/// When this was written: 2026-11-25 00:00 UTC. A server that says it is earlier is wrong.
const EARLIEST: u64 = 1_795_564_800;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long resolving its name may take: a dead name server costs 10 to 15 s.
const RESOLVE: Duration = Duration::from_secs(60);

/// How long to rest after a server did not answer. It doubles up to the longest rest, because volunteers run
/// the servers of the pool.
const REST: Duration = Duration::from_secs(4);
const REST_MAX: Duration = Duration::from_secs(1024);

/// How long an answer is used: a crystal is off by a few seconds a day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes of an SNTP packet without its optional fields.
const PACKET: usize = 48;

/// When the board was started, in seconds since 1970.
static STARTED: Watch<CriticalSectionRawMutex, u64, 1> = Watch::new();

/// Seconds since 1970-01-01 00:00 UTC. `None` before the first answer of a time server.
pub fn unix_seconds() -> Option<u64> {
    STARTED.try_get().map(|started| started + Instant::now().as_secs())
}

/// Waits for the first answer, if there has been none.
pub(crate) async fn wait_known() {
    defmt::unwrap!(STARTED.receiver()).get().await;
}

/// Asks for the time until there is an answer, and then every day.
pub(crate) async fn keep(network: Stack<'_>) -> ! {
    let mut rest = REST;
    loop {
        network.wait_config_up().await;
        match ask(network).await {
            Some(seconds) => {
                info!("it is {} seconds after 1970, says {}", seconds, SERVER);
                STARTED.sender().send(seconds - Instant::now().as_secs());
                rest = REST;
                Timer::after(DAY).await;
            }
            None => {
                warn!("{} does not know what time it is; asks again in {} s", SERVER, rest.as_secs());
                rest = match select(Timer::after(rest), network.wait_config_down()).await {
                    Either::First(()) => (rest * 2).min(REST_MAX),
                    // That the server did not answer says nothing of the next network.
                    Either::Second(()) => REST,
                };
            }
        }
    }
}

/// Asks one server, once.
async fn ask(network: Stack<'_>) -> Option<u64> {
    let addresses = with_timeout(RESOLVE, network.dns_query(SERVER, DnsQueryType::A)).await.ok()?.ok()?;
    let (mut receive, mut send) = ([0; PACKET], [0; PACKET]);
    let (mut received, mut sent) = ([PacketMetadata::EMPTY], [PacketMetadata::EMPTY]);
    let mut socket = UdpSocket::new(network, &mut received, &mut receive, &mut sent, &mut send);
    socket.bind(0).ok()?;
    let server = SocketAddr::new((*addresses.first()?).into(), PORT);
    let socket = UdpSocketWrapper::new(socket);
    match with_timeout(PATIENCE, sntpc::get_time(server, &socket, NtpContext::new(Uptime))).await.ok()? {
        Ok(answer) => Some(answer.sec()).filter(|seconds| *seconds >= EARLIEST),
        Err(why) => {
            warn!("{}: {}", SERVER, Debug2Format(&why));
            None
        }
    }
}

/// A value that the server repeats in its answer to this question. It need not be the time.
#[derive(Clone, Copy)]
struct Uptime;

impl NtpTimestampGenerator for Uptime {
    fn init(&mut self) {}

    fn timestamp_sec(&self) -> u64 {
        Instant::now().as_secs()
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        (Instant::now().as_micros() % 1_000_000) as u32
    }
}
