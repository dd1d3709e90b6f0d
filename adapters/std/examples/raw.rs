//! A loop without `Stream`: a session, a connector and a clock; events go to stdout.
//!
//! `cargo run -p taskgroup-std --example raw -- TASKGROUP_ID`, with `PARALLEL_API_KEY` and, for another
//! server than the public service, `PARALLEL_BASE_URL` in the environment.

use std::{env, error::Error};

use taskgroup::{
    api::{self, Brief, StreamEvent},
    session::{Action, Config, Failure, Outcome, Session},
};
use taskgroup_std::{Clock, Connector, Security};

fn main() -> Result<(), Box<dyn Error>> {
    let group = env::args().nth(1).ok_or("which group?")?;
    let key = env::var("PARALLEL_API_KEY")?;
    let url = env::var("PARALLEL_BASE_URL").unwrap_or("https://api.parallel.ai".into());
    let config = Config::new(&key).with_base_url(&url)?;
    let (clock, mut buffer) = (Clock::new(), [0; 4096]);
    let mut tcp = Connector::new(&config, &Security::platform(), clock);
    let mut session = Session::<StreamEvent<Brief>>::new(config, api::runs(&group));
    let outcome = loop {
        match session.poll(clock.now()) {
            Action::Connect { until } => match tcp.open(until) {
                Ok(()) => session.connected(clock.now()),
                Err(why) => session.failed(clock.now(), why),
            },
            Action::Send { until } => {
                let filled = session.fill(&mut buffer);
                if tcp.write_all(&buffer[..filled], until).is_err() {
                    session.failed(clock.now(), Failure::Broken);
                }
            }
            Action::Receive { until } => match tcp.read(&mut buffer, until) {
                Ok(None) => {} // the deadline: poll knows what it means
                Ok(Some(0)) => session.closed(clock.now()),
                Err(why) => session.failed(clock.now(), why),
                Ok(Some(read)) => {
                    let mut input = &buffer[..read];
                    while let Some(event) = session.feed(&mut input, clock.now()) {
                        println!("{event:?}");
                    }
                }
            },
            Action::Close => tcp.close(),
            Action::Sleep { until, .. } => clock.sleep(until),
            Action::Stop(outcome) => break outcome,
        }
    };
    if outcome == Outcome::Done { Ok(()) } else { Err(outcome.into()) }
}
