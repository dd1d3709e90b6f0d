//! Asks the question of the settings when the button is pressed, or every few minutes, and shows the answer
//! as a line of the log: across failures and losses of power, forever.
//!
//! Each question is a group with one run. Creating the group, adding the run, waiting for its end and
//! fetching the answer take one connection, thus one TLS handshake, unless that connection breaks. What has
//! been done so far is stored in flash before the next step, so a board that loses its power continues where
//! it was: it asks nothing twice, and shows an answer twice only if the power fails just after it was shown.
//!
//! The key goes over TLS to a server that proves to be the one of the base URL, or in the clear if that URL
//! begins with `http://`.

use core::{future::pending, ops::Range};

use defmt::{Display2Format, error, info, warn};
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_time::{Duration, Timer};
use embedded_storage_async::nor_flash::NorFlash;
use static_cell::ConstStaticCell;
use taskgroup::{
    api::body::RunInput,
    follow::{Event, Follow, State},
    json::Content,
    record,
    session::{Action, Config, Outcome},
    text::Text,
};
use taskgroup_embassy::{Clock, Connector, Following, Step, Tcp, Tls};
use taskgroup_flash::Kept;
use taskgroup_tls::{Client, Dates, Random, Roots};

use crate::{
    button,
    lamp::{self, Light},
    time,
};

/// The settings of the build; see `build.rs`.
const BASE_URL: &str = match option_env!("PARALLEL_BASE_URL") {
    Some(url) => url,
    None => "https://api.parallel.ai",
};
const KEY: &str = env!("PARALLEL_API_KEY");
const QUESTION: &str = env!("QUESTION");
const PROCESSOR: &str = match option_env!("PROCESSOR") {
    Some(processor) => processor,
    None => "base",
};
/// How often to ask without the button; 0: never.
const MINUTES: u64 = include!(concat!(env!("OUT_DIR"), "/minutes.rs"));

/// How long to rest after a failure that may pass.
const REST: Duration = Duration::from_secs(60);

/// How long opening a connection may take: an RP2040 computes some seconds for a handshake.
const CONNECT: core::time::Duration = core::time::Duration::from_secs(60);

/// The receive buffer of the socket: two packets at once.
const RECEIVE: usize = 4096;
/// The send buffers of the socket and of TLS: a whole request.
const SEND: usize = 1024;

/// Bytes for the ids of runs that have ended and whose answers were not shown: there is one at a time.
const HELD: usize = 256;

/// The sockets that the network needs: DHCP, DNS, the time, and the question.
pub const SOCKETS: usize = 4;

/// The authorities to trust: those of Mozilla's browser, or those of the file `TASKGROUP_CA_FILE`.
const ROOTS: Roots<'static> = include!(concat!(env!("OUT_DIR"), "/roots.rs"));

/// What is stored when no question is on its way.
const NOTHING: &[u8] = &[];

record! {
    /// The members of a result that are shown.
    #[derive(Debug)]
    pub struct Given {
        /// The beginning of the output.
        pub content: Content<160> = "/output/content",
        /// Why the run failed.
        pub error: Text<160> = "/run/error/message",
    }
}

/// Asks whenever it is to be asked, forever. What has been done is stored in `sectors`, a range of bytes of
/// `flash`.
pub async fn answer<F: NorFlash>(
    network: Stack<'_>,
    mut random: impl Random,
    flash: F,
    sectors: Range<u32>,
) -> ! {
    static RECORD_RECEIVED: ConstStaticCell<[u8; taskgroup_tls::RECEIVE]> =
        ConstStaticCell::new([0; taskgroup_tls::RECEIVE]);
    static RECORD_SENT: ConstStaticCell<[u8; SEND]> = ConstStaticCell::new([0; SEND]);

    let Ok(config) = Config::new(KEY).with_base_url(BASE_URL) else {
        error!("{}: not a base URL", BASE_URL);
        stop().await
    };
    let config = config.with_attempts(None).with_connect_timeout(CONNECT).with_seed(random.next_u64());
    let (mut receive, mut send) = ([0; RECEIVE], [0; SEND]);
    // Plaintext, if the base URL begins with `http://`.
    let tcp = Tcp::new(network, &mut receive, &mut send).allow_plaintext();
    let dates = Dates::CheckedBy(&time::unix_seconds);
    let tls = Client::new(ROOTS, dates, random, RECORD_RECEIVED.take(), RECORD_SENT.take());
    let answered = answer_all(config, network, Tls::new(tcp, tls), flash, sectors);
    let told_the_time = async {
        match config.tls() {
            true => time::keep(network).await,
            false => pending().await,
        }
    };
    match select(answered, told_the_time).await {
        Either::First(never) | Either::Second(never) => never,
    }
}

async fn answer_all<F: NorFlash>(
    config: Config<'_>,
    network: Stack<'_>,
    connector: impl Connector,
    flash: F,
    sectors: Range<u32>,
) -> ! {
    let mut kept = match Kept::load(flash, sectors).await {
        Ok(kept) => kept,
        Err(why) => {
            error!("nothing can be kept: {}", Display2Format(&why));
            stop().await
        }
    };
    match kept.bytes().and_then(State::read) {
        Some(state) => info!("continues with the question in group \"{}\"", state.taskgroup_id()),
        None => {
            network.wait_config_up().await;
            lamp::set(Light::Ready);
            wait_for_question(&mut kept).await;
        }
    }
    loop {
        if !network.is_config_up() {
            lamp::set(Light::Joining);
            network.wait_config_up().await;
        }
        lamp::set(Light::Asking);
        if config.tls() {
            time::wait_known().await;
        }
        let state = kept.bytes().and_then(State::read).unwrap_or_default();
        match ask(config, network, &connector, &mut kept, &state).await {
            Ended::Answered => lamp::set(Light::Answered),
            Ended::Refused => lamp::set(Light::Failed),
            Ended::NetworkLost => continue,
            Ended::Failed => {
                lamp::set(Light::Failed);
                info!("tries again in {} s", REST.as_secs());
                Timer::after(REST).await;
                continue;
            }
        }
        store(&mut kept, NOTHING).await;
        wait_for_question(&mut kept).await;
    }
}

/// How a question has ended, or has not.
enum Ended {
    /// Its answer was shown.
    Answered,
    /// The server does not want it: it would not want it a minute later.
    Refused,
    /// There is no network any more.
    NetworkLost,
    /// Something that may pass.
    Failed,
}

/// Waits for the button, or until it is time.
async fn wait_for_question<F: NorFlash>(kept: &mut Kept<F>) {
    let time = async {
        match MINUTES {
            0 => pending().await,
            minutes => Timer::after_secs(minutes.saturating_mul(60)).await,
        }
    };
    info!("waits for the button");
    button::forget();
    match select(button::pressed(), time).await {
        Either::First(()) => info!("the button was pressed"),
        Either::Second(()) => info!("{} minutes are over", MINUTES),
    }
    // From now on a loss of power does not stop it.
    let mut bytes = [0; State::SIZE];
    let length = State::default().write(&mut bytes);
    store(kept, &bytes[..length]).await;
}

/// Asks the question, or continues with it, until its answer was shown.
async fn ask<F: NorFlash>(
    config: Config<'_>,
    network: Stack<'_>,
    connector: &impl Connector,
    kept: &mut Kept<F>,
    state: &State,
) -> Ended {
    info!("\"{}\" at {}", QUESTION, BASE_URL);
    let inputs = [RunInput::new(PROCESSOR, QUESTION)];
    let follow = Follow::<Given, HELD>::new(config).with_inputs(&inputs).with_state(state);
    let mut following = Following::over(follow, connector, Clock);
    loop {
        // Tries without a network would only make it wait longer when there is one again.
        let step = match select(following.step(), network.wait_config_down()).await {
            Either::First(step) => step,
            Either::Second(()) => {
                warn!("the network is lost");
                return Ended::NetworkLost;
            }
        };
        match step {
            Step::Event => {
                if let Some(event) = following.event() {
                    tell(&event);
                }
                let mut bytes = [0; State::SIZE];
                let length = following.handled().write(&mut bytes);
                store(kept, &bytes[..length]).await;
            }
            Step::Action(Action::Sleep { cause, .. }) => warn!("{}; tries again", Display2Format(&cause)),
            Step::Action(Action::Stop(outcome)) => {
                info!("{}", Display2Format(&outcome));
                if let Some(error) = following.error().filter(|_| outcome != Outcome::Done) {
                    warn!("the server said: {}", Display2Format(error));
                }
                return match outcome {
                    Outcome::Done => Ended::Answered,
                    Outcome::Status(_) | Outcome::Misuse(_) | Outcome::Capacity(_) => Ended::Refused,
                    _ => Ended::Failed,
                };
            }
            Step::Action(_) => {}
        }
    }
}

fn tell(event: &Event<'_, Given>) {
    match event {
        Event::Group(state) => info!("group {}", state.taskgroup_id()),
        Event::Added(_) => {
            lamp::set(Light::Asked);
            info!("asked; waits for the answer");
        }
        Event::Answer(answer) => {
            let content = &answer.record.content;
            let text = content.as_text().or(content.as_json()).unwrap_or(&answer.record.error);
            info!("{} {} {}", answer.run_id, answer.status.as_str(), text);
        }
        Event::Skipped(why) => warn!("{}", why),
        _ => {}
    }
}

/// If it cannot be stored, a loss of power makes the board ask again what it has asked.
async fn store<F: NorFlash>(kept: &mut Kept<F>, bytes: &[u8]) {
    if let Err(why) = kept.store(bytes).await {
        error!("what was done cannot be stored: {}", Display2Format(&why));
    }
}

/// Nothing can be done.
async fn stop() -> ! {
    lamp::set(Light::Failed);
    pending().await
}
