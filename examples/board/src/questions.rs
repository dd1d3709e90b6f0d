//! Asks the question of the settings when the button is pressed, or every few minutes, and shows the answer
//! as a line of the log: across failures and losses of power, forever.
//!
//! Each question is a group with one run. Creating the group, adding the run, waiting for its end and
//! fetching the answer take one connection, thus one TLS handshake, unless that connection breaks. What has
//! been done so far is stored in flash before the next step, so a board that loses its power continues where
//! it was: it asks nothing twice, and shows an answer twice only if the power fails just after it was shown.

use core::{ops::Range, pin::pin};

use defmt::{Display2Format, error, info, warn};
use embedded_storage_async::nor_flash::NorFlash;
use taskgroup::{
    api::body::RunInput,
    follow::{Event, Follow, State},
    json::Content,
    record,
    session::{Action, Outcome},
    text::Text,
};
use taskgroup_embassy::{Clock, Connector, Following, Step};
use taskgroup_flash::Kept;

use crate::{
    button,
    lamp::{self, Light},
    server::{self, BASE_URL, Server},
};

/// The settings of the build; see `build.rs`.
const QUESTION: &str = env!("QUESTION");
const PROCESSOR: &str = match option_env!("PROCESSOR") {
    Some(processor) => processor,
    None => "base",
};

/// Bytes for the ids of runs that have ended and whose answers were not shown: there is one at a time.
const HELD: usize = 256;

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
pub(crate) async fn run<F: NorFlash>(
    server: &Server<'_, impl Connector>,
    flash: F,
    sectors: Range<u32>,
) -> ! {
    let mut kept = match Kept::load(flash, sectors).await {
        Ok(kept) => kept,
        Err(why) => {
            error!("nothing can be kept: {}", Display2Format(&why));
            server::stop().await
        }
    };
    match kept.bytes().and_then(State::read) {
        Some(state) => info!("continues with the question in group \"{}\"", state.taskgroup_id()),
        None => {
            server.network.wait_config_up().await;
            lamp::set(Light::Ready);
            wait_for_question(&mut kept).await;
        }
    }
    loop {
        server.reachable().await;
        let state = kept.bytes().and_then(State::read).unwrap_or_default();
        match ask(server, &mut kept, &state).await {
            Ended::Answered => lamp::set(Light::Shown),
            Ended::Refused => lamp::set(Light::Failed),
            Ended::NetworkLost => continue,
            Ended::Failed => {
                server::rest().await;
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

/// Waits until a question is to be asked.
async fn wait_for_question<F: NorFlash>(kept: &mut Kept<F>) {
    info!("waits for the button");
    button::wait().await;
    // From now on a loss of power does not stop it.
    let mut bytes = [0; State::SIZE];
    let length = State::default().write(&mut bytes);
    store(kept, &bytes[..length]).await;
}

/// Asks the question, or continues with it, until its answer was shown.
async fn ask<F: NorFlash>(server: &Server<'_, impl Connector>, kept: &mut Kept<F>, state: &State) -> Ended {
    info!("\"{}\" at {}", QUESTION, BASE_URL);
    let inputs = [RunInput::new(PROCESSOR, QUESTION)];
    let follow = Follow::<Given, HELD>::new(server.config).with_inputs(&inputs).with_state(state);
    let mut following = Following::over(follow, &server.connector, Clock);
    loop {
        let Some(step) = server.unless_lost(pin!(following.step())).await else {
            return Ended::NetworkLost;
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
            lamp::set(Light::Coming);
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
