//! Shows the runs of the group of the settings, in the order in which they were added: each once, as a line
//! of the log, when it has ended; across failures and losses of power, forever.
//!
//! The server sends the runs as they are now. The first one that has not ended is waited for, since the
//! cursor is a place in the order of the runs: one that it has passed does not come again. So the board asks
//! again from there, every minute or when the button is pressed.
//!
//! The cursor is stored in flash every 5 seconds, and whenever the connection ends. After a loss of power,
//! the runs that were shown since then are shown again, and none is lost.

use core::{future::pending, ops::Range, pin::pin};

use defmt::{Display2Format, error, info, warn};
use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Instant, Timer};
use embedded_storage_async::nor_flash::NorFlash;
use taskgroup::{
    api::{self, Id, Status},
    json::Content,
    record,
    session::{Action, Event, Outcome},
    text::Text,
};
use taskgroup_embassy::{Clock, Connector, Step, Stream};
use taskgroup_flash::Cursor;

use crate::{
    button::{self, MINUTES},
    lamp::{self, Light},
    server::{self, BASE_URL, Server},
};

/// The setting of the build; see `build.rs`.
const GROUP: &str = env!("TASKGROUP_ID");

/// How often the cursor is stored, if it has moved: the flash then lasts for years of events without a pause.
const KEEP: Duration = Duration::from_secs(5);

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
        /// Why it failed.
        pub error: Text<160> = "/run/error/message",
    }
}

/// Shows the group's runs, forever. The cursor is stored in `sectors`, a range of bytes of `flash`.
pub(crate) async fn run<F: NorFlash>(
    server: &Server<'_, impl Connector>,
    flash: F,
    sectors: Range<u32>,
) -> ! {
    let mut cursor = match Cursor::load(flash, sectors, GROUP).await {
        Ok(cursor) => cursor,
        Err(why) => {
            error!("no cursor can be kept: {}", Display2Format(&why));
            server::stop().await
        }
    };
    loop {
        server.reachable().await;
        match show_new(server, &mut cursor).await {
            Ended::AllShown => lamp::set(Light::Shown),
            Ended::Unfinished => lamp::set(Light::Coming),
            Ended::NetworkLost => continue,
            Ended::Failed => {
                server::rest().await;
                continue;
            }
        }
        info!("asks again in {} min, or at the button", MINUTES);
        button::wait().await;
    }
}

/// How an answer has ended.
enum Ended {
    /// All runs have ended and were shown.
    AllShown,
    /// A run has not ended, and none after it was shown.
    Unfinished,
    /// There is no network any more.
    NetworkLost,
    /// Something that may pass.
    Failed,
}

/// Shows the runs after the cursor.
async fn show_new<F: NorFlash>(server: &Server<'_, impl Connector>, cursor: &mut Cursor<'_, F>) -> Ended {
    let after = cursor.id().unwrap_or_default();
    info!("runs of {} at {}, after event \"{}\"", GROUP, BASE_URL, after);
    let request = api::runs(GROUP).include_output(true).last_event_id(after);
    let mut stream = Stream::new(server.config, request, Run::default(), &server.connector, Clock);
    let mut kept = Instant::now();
    let mut is_reading = false;
    let ended = loop {
        if kept.elapsed() >= KEEP {
            keep(cursor, stream.cursor()).await;
            kept = Instant::now();
        }
        // A step that reads may be given up, and the next one continues it. A handshake would start again.
        let pause = async {
            match is_reading {
                true => Timer::at(kept + KEEP).await,
                false => pending().await,
            }
        };
        let step = match server.unless_lost(pin!(select(stream.step(), pause))).await {
            Some(Either::First(step)) => step,
            Some(Either::Second(())) => continue,
            None => break Ended::NetworkLost,
        };
        match step {
            Step::Event => {
                lamp::set(Light::Coming);
                match stream.event() {
                    Some(Event::Record(run)) if !has_ended(run.status) => {
                        info!("waits for {}, which is {}", run.run_id, run.status.as_str());
                        break Ended::Unfinished;
                    }
                    Some(event) => tell(event),
                    None => {}
                }
                if let Some(name) = stream.mismatch() {
                    warn!("member {} did not fit: it {}", Display2Format(&name), Display2Format(&name.why()));
                }
            }
            Step::Action(action) => {
                is_reading = matches!(action, Action::Receive { .. });
                match action {
                    Action::Connect { .. } => lamp::set(Light::Asking),
                    Action::Close => keep(cursor, stream.cursor()).await,
                    Action::Sleep { cause, .. } => {
                        lamp::set(Light::Asking);
                        warn!("{}; tries again", Display2Format(&cause));
                    }
                    Action::Stop(outcome) => {
                        info!("{}", Display2Format(&outcome));
                        if let Some(error) = stream.error() {
                            warn!("the server said: {}", Display2Format(error));
                        }
                        break if outcome == Outcome::Done { Ended::AllShown } else { Ended::Failed };
                    }
                    _ => {}
                }
            }
        }
    };
    keep(cursor, stream.cursor()).await;
    if matches!(ended, Ended::Unfinished) {
        // To the stream, the run that has not ended counts as handled from here on.
        stream.close().await;
    }
    ended
}

fn has_ended(status: Status) -> bool {
    !matches!(status, Status::Queued | Status::ActionRequired | Status::Running | Status::Cancelling)
}

fn tell(event: Event<'_, Run>) {
    match event {
        Event::Record(run) => {
            let content = run.content.as_text().or(run.content.as_json()).unwrap_or(&run.error);
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
