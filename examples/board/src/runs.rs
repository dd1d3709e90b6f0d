//! The runs of a group, for ever: each as a line of the log, across breaks and losses of power.
//!
//! An event that was shown is not asked for again: the cursor is kept in the flash every 5 seconds, and whenever the
//! connection ends. After a loss of power, the events since then come again.

use core::ops::Range;

use defmt::{Display2Format, error, info, warn};
use embassy_net::Stack;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_storage_async::nor_flash::NorFlash;
use taskgroup::{
    api::{self, Id, Status},
    json::Content,
    record,
    session::{Action, Config, Event, Outcome},
};
use taskgroup_embassy::{Clock, Step, Stream, Tcp};
use taskgroup_flash::Cursor;

use crate::lamp::{self, State};

/// What is set where the program is built; see `build.rs`.
const BASE_URL: &str = env!("PARALLEL_BASE_URL");
const KEY: &str = env!("PARALLEL_API_KEY");
const GROUP: &str = env!("TASKGROUP_ID");

/// How long to rest before it is asked what is new.
const REST: Duration = Duration::from_secs(60);

/// How often the cursor is kept, if it has moved: the flash then lasts for years of events without a pause.
const KEEP: Duration = Duration::from_secs(5);

/// Of the socket: two packets on their way at once.
const RECEIVE: usize = 4096;
/// Of the socket: a whole request.
const SEND: usize = 512;

record! {
    /// What is shown of a run.
    #[derive(Debug)]
    pub struct Run {
        /// `trun_` and 32 hexadecimal digits.
        pub run_id: Id = "/run/run_id",
        /// Where it stands.
        pub status: Status = "/run/status",
        /// The beginning of its output.
        pub content: Content<160> = "/output/content",
    }
}

/// Shows the group's runs, for ever. The cursor is kept in `sectors`, which are bytes of `flash`.
pub async fn show<F: NorFlash>(network: Stack<'_>, mut flash: F, sectors: Range<u32>, seed: u64) -> ! {
    let (mut receive, mut send) = ([0; RECEIVE], [0; SEND]);
    // The key goes over the network in the clear: TLS is a connector that takes the place of this one.
    let tcp = Tcp::new(network, &mut receive, &mut send).allow_plaintext();
    loop {
        if !network.is_config_up() {
            lamp::set(State::Joining);
            network.wait_config_up().await;
        }
        match Cursor::load(&mut flash, sectors.clone(), GROUP).await {
            Ok(mut cursor) => show_new(&tcp, &mut cursor, seed).await,
            Err(why) => {
                lamp::set(State::Failed);
                error!("no cursor can be kept: {}", Display2Format(&why));
            }
        }
        Timer::after(REST).await;
    }
}

/// Shows the runs after the cursor.
async fn show_new<F: NorFlash>(tcp: &Tcp<'_>, cursor: &mut Cursor<'_, F>, seed: u64) {
    let Ok(config) = Config::new(KEY).with_base_url(BASE_URL) else {
        lamp::set(State::Failed);
        return error!("{}: not a base URL", BASE_URL);
    };
    let after = cursor.id().unwrap_or_default();
    info!("runs of {} at {}, after event \"{}\"", GROUP, BASE_URL, after);
    let request = api::runs(GROUP).include_output(true).last_event_id(after);
    let config = config.with_attempts(None).with_seed(seed);
    let mut stream = Stream::new(config, request, Run::default(), tcp, Clock);
    let mut kept = Instant::now();
    loop {
        // A step may be given up: the next one goes on with it.
        let step = with_timeout(KEEP, stream.step()).await.ok();
        let is_pause = matches!(step, None | Some(Step::Action(Action::Close | Action::Stop(_))));
        if is_pause || kept.elapsed() >= KEEP {
            keep(cursor, stream.cursor()).await;
            kept = Instant::now();
        }
        let Some(step) = step else { continue };
        match step {
            Step::Event => {
                lamp::set(State::Streaming);
                if let Some(event) = stream.event() {
                    tell(event);
                }
            }
            Step::Action(Action::Connect { .. }) => lamp::set(State::Asking),
            Step::Action(Action::Sleep { cause, .. }) => {
                lamp::set(State::Asking);
                warn!("{}; tries again", Display2Format(&cause));
            }
            Step::Action(Action::Stop(outcome)) => {
                lamp::set(if outcome == Outcome::Done { State::Done } else { State::Failed });
                info!("{}; asks again in {} s", Display2Format(&outcome), REST.as_secs());
                if let Some(error) = stream.error() {
                    warn!("the server said: {}", Display2Format(error));
                }
                return;
            }
            Step::Action(_) => {}
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
        Event::Opened { resumed } => info!("connected, goes on: {}", resumed),
    }
}

/// A cursor that is not kept costs no event: they come again.
async fn keep<F: NorFlash>(cursor: &mut Cursor<'_, F>, id: Option<&str>) {
    if let Some(id) = id
        && let Err(why) = cursor.store(id).await
    {
        error!("the cursor is not kept: {}", Display2Format(&why));
    }
}
