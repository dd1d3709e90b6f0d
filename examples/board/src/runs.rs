//! Shows the runs of a group, forever: each as a line of the log, across failures and losses of power.
//!
//! An event that was shown is not asked for again: the cursor is stored in flash every 5 seconds, and
//! whenever the connection ends. After a loss of power, the events since then are shown again.
//!
//! The key goes over TLS to a server that proves to be the one of the base URL, or in the clear if that URL
//! begins with `http://`.

use core::{future::pending, ops::Range};

use defmt::{Display2Format, error, info, warn};
use embassy_futures::select::{Either, Either3, select, select3};
use embassy_net::Stack;
use embassy_time::{Duration, Instant, Timer};
use embedded_storage_async::nor_flash::NorFlash;
use static_cell::ConstStaticCell;
use taskgroup::{
    api::{self, Id, Status},
    json::Content,
    record,
    session::{Action, Config, Event, Outcome},
};
use taskgroup_embassy::{Clock, Connector, Step, Stream, Tcp, Tls};
use taskgroup_flash::Cursor;
use taskgroup_tls::{Client, Dates, Random, Roots};

use crate::{
    lamp::{self, State},
    time,
};

/// The settings of the build; see `build.rs`.
const BASE_URL: &str = match option_env!("PARALLEL_BASE_URL") {
    Some(url) => url,
    None => "https://api.parallel.ai",
};
const KEY: &str = env!("PARALLEL_API_KEY");
const GROUP: &str = env!("TASKGROUP_ID");

/// How long to rest before asking what is new.
const REST: Duration = Duration::from_secs(60);

/// How often the cursor is stored, if it has moved: the flash then lasts for years of events without a pause.
const KEEP: Duration = Duration::from_secs(5);

/// How long opening a connection may take: an RP2040 computes some seconds for a handshake.
const CONNECT: core::time::Duration = core::time::Duration::from_secs(60);

/// The receive buffer of the socket: two packets at once.
const RECEIVE: usize = 4096;
/// The send buffers of the socket and of TLS: a whole request.
const SEND: usize = 1024;

/// The sockets that the network needs: DHCP, DNS, the time, and the stream.
pub const SOCKETS: usize = 4;

/// The authorities to trust: those of Mozilla's browser, or those of the file `TASKGROUP_CA_FILE`.
const ROOTS: Roots<'static> = include!(concat!(env!("OUT_DIR"), "/roots.rs"));

record! {
    /// The members of a run that are shown.
    #[derive(Debug)]
    pub struct Run {
        /// `trun_` and 32 hexadecimal digits.
        pub run_id: Id = "/run/run_id",
        /// Its status.
        pub status: Status = "/run/status",
        /// The beginning of its output.
        pub content: Content<160> = "/output/content",
    }
}

/// Shows the group's runs, forever. The cursor is stored in `sectors`, a range of bytes of `flash`.
pub async fn show<F: NorFlash>(
    network: Stack<'_>,
    mut random: impl Random,
    flash: F,
    sectors: Range<u32>,
) -> ! {
    static RECORD_RECEIVED: ConstStaticCell<[u8; taskgroup_tls::RECEIVE]> =
        ConstStaticCell::new([0; taskgroup_tls::RECEIVE]);
    static RECORD_SENT: ConstStaticCell<[u8; SEND]> = ConstStaticCell::new([0; SEND]);

    let Ok(config) = Config::new(KEY).with_base_url(BASE_URL) else {
        lamp::set(State::Failed);
        error!("{}: not a base URL", BASE_URL);
        loop {
            Timer::after(REST).await;
        }
    };
    let config = config.with_attempts(None).with_connect_timeout(CONNECT).with_seed(random.next_u64());
    let (mut receive, mut send) = ([0; RECEIVE], [0; SEND]);
    // Plaintext, if the base URL begins with `http://`.
    let tcp = Tcp::new(network, &mut receive, &mut send).allow_plaintext();
    let dates = Dates::CheckedBy(&time::unix_seconds);
    let tls = Client::new(ROOTS, dates, random, RECORD_RECEIVED.take(), RECORD_SENT.take());
    let shown = show_again_and_again(config, network, Tls::new(tcp, tls), flash, sectors);
    let told_the_time = async {
        match config.tls() {
            true => time::keep(network).await,
            false => pending().await,
        }
    };
    match select(shown, told_the_time).await {
        Either::First(never) | Either::Second(never) => never,
    }
}

async fn show_again_and_again<F: NorFlash>(
    config: Config<'_>,
    network: Stack<'_>,
    connector: impl Connector,
    mut flash: F,
    sectors: Range<u32>,
) -> ! {
    loop {
        if !network.is_config_up() {
            lamp::set(State::Joining);
            network.wait_config_up().await;
        }
        lamp::set(State::Asking);
        if config.tls() {
            time::wait_known().await;
        }
        match Cursor::load(&mut flash, sectors.clone(), GROUP).await {
            Ok(mut cursor) => show_new(config, network, &connector, &mut cursor).await,
            Err(why) => {
                lamp::set(State::Failed);
                error!("no cursor can be kept: {}", Display2Format(&why));
            }
        }
        // When there is no network, it continues as soon as there is one.
        if network.is_config_up() {
            Timer::after(REST).await;
        }
    }
}

/// Shows the runs after the cursor, until the answer has ended or there is no network any more.
async fn show_new<F: NorFlash>(
    config: Config<'_>,
    network: Stack<'_>,
    connector: &impl Connector,
    cursor: &mut Cursor<'_, F>,
) {
    let after = cursor.id().unwrap_or_default();
    info!("runs of {} at {}, after event \"{}\"", GROUP, BASE_URL, after);
    let request = api::runs(GROUP).include_output(true).last_event_id(after);
    let mut stream = Stream::new(config, request, Run::default(), connector, Clock);
    let mut kept = Instant::now();
    let mut is_reading = false;
    loop {
        // A step that reads may be given up, and the next one continues it. A handshake would start again.
        let pause = async {
            match is_reading {
                true => Timer::after(KEEP).await,
                false => pending().await,
            }
        };
        let step = match select3(stream.step(), pause, network.wait_config_down()).await {
            Either3::First(step) => Some(step),
            Either3::Second(()) => None,
            // Tries without a network would only make the session wait longer when there is one again.
            Either3::Third(()) => {
                warn!("the network is lost");
                return keep(cursor, stream.cursor()).await;
            }
        };
        let is_pause = matches!(step, None | Some(Step::Action(Action::Close | Action::Stop(_))));
        if is_pause || kept.elapsed() >= KEEP {
            keep(cursor, stream.cursor()).await;
            kept = Instant::now();
        }
        match step {
            None => {}
            Some(Step::Event) => {
                lamp::set(State::Streaming);
                if let Some(event) = stream.event() {
                    tell(event);
                }
                if let Some(name) = stream.mismatch() {
                    warn!("member {} did not fit: it {}", Display2Format(&name), Display2Format(&name.why()));
                }
            }
            Some(Step::Action(action)) => {
                is_reading = matches!(action, Action::Receive { .. });
                match action {
                    Action::Connect { .. } => lamp::set(State::Asking),
                    Action::Sleep { cause, .. } => {
                        lamp::set(State::Asking);
                        warn!("{}; tries again", Display2Format(&cause));
                    }
                    Action::Stop(outcome) => {
                        lamp::set(if outcome == Outcome::Done { State::Done } else { State::Failed });
                        info!("{}; asks again in {} s", Display2Format(&outcome), REST.as_secs());
                        if let Some(error) = stream.error() {
                            warn!("the server said: {}", Display2Format(error));
                        }
                        return;
                    }
                    _ => {}
                }
            }
        }
    }
}

fn tell(event: Event<'_, Run>) {
    match event {
        Event::Record(run) => {
            let content = run.content.as_text().or(run.content.as_json()).unwrap_or_default();
            info!("{} {} {}", run.run_id, run.status.as_str(), content);
        }
        Event::Skipped(why) => warn!("{}", why),
        Event::Opened { resumed } => info!("connected, resumed: {}", resumed),
    }
}

/// If the cursor cannot be stored no event is lost: they come again.
async fn keep<F: NorFlash>(cursor: &mut Cursor<'_, F>, id: Option<&str>) {
    if let Some(id) = id
        && let Err(why) = cursor.store(id).await
    {
        error!("the cursor cannot be stored: {}", Display2Format(&why));
    }
}
