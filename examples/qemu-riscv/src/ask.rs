//! Questions in, a line for each of their answers out: a group is created, a run for each question is added,
//! the group is followed to its end, and what each run gave is fetched. All of that goes over one connection,
//! unless it breaks.
//!
//! # Limits
//!
//! What has been asked is forgotten when the image ends. Firmware that keeps the state in flash, as that of
//! `examples/board` does, continues after a loss of power.

use core::{cell::RefCell, time::Duration};

use taskgroup::{
    api::body::RunInput,
    follow::{Event, Follow},
    session::{Action, Config},
};
use taskgroup_embassy::{Clock, Following, Step};

use crate::{
    arguments::{Arguments, Usage},
    client::{DONE, SKIPPED, UNWRITTEN, announce, ended},
    connector::Connector,
    console::say,
    line::{Content, Printer, given},
};

/// Bytes of the ids of runs that have ended and whose answers are not out: those of ten runs.
const HELD: usize = 512;

/// Asks the questions that the arguments have.
pub(crate) async fn ask(
    config: Config<'static>,
    connector: &Connector<'_>,
    arguments: &'static Arguments,
) -> Result<i32, Usage> {
    let (questions, tls) = (arguments.words.list(), config.tls());
    if questions.is_empty() {
        return Err(Usage("QUESTION", "is missing"));
    }
    let inputs = |number: usize| Some(RunInput::new(arguments.processor, *questions.get(number)?));
    let content = RefCell::new(Content::default());
    let follow = Follow::<_, HELD>::with_record(config, given(&content)).with_inputs(&inputs);
    let follow = match arguments.timeout {
        Some(seconds) => follow.with_timeout(Duration::from_secs(seconds.into())),
        None => follow,
    };
    let mut following = Following::over(follow, connector, Clock);
    let (mut printer, mut skipped) = (Printer::new(), 0_u64);
    let outcome = loop {
        match following.step().await {
            Step::Event => match following.event() {
                Some(Event::Group(state)) => say!("asks in group {}", state.taskgroup_id()),
                Some(Event::Answer(answer)) => {
                    if printer.print_answer(&answer, &content.borrow()).is_err() {
                        return Ok(UNWRITTEN);
                    }
                }
                Some(Event::Skipped(why)) => {
                    skipped += 1;
                    say!("skipped: {}", why.0);
                }
                _ => {}
            },
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(action) => announce(&following, action),
        }
    };
    let code = ended(&following, outcome, tls);
    Ok(if code == DONE && skipped > 0 { SKIPPED } else { code })
}
