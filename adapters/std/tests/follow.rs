//! A group that is followed over real sockets, from its inputs to its answers.

use std::{collections::BTreeMap, time::Duration};

use taskgroup::{
    api::{RunResult, Status, body::RunInput},
    follow::{Event, Follow, State},
    session::{Config, Outcome},
};
use taskgroup_sandbox::{After, Cut, Faults, Options, Sandbox};
use taskgroup_std::{Following, Security, Verbatim, Whole};

fn sandbox(faults: Faults) -> Sandbox {
    let options = Options {
        runs: 0,
        finished: false,
        speed: 2_000.0,
        output_bytes: Some(2_000),
        faults,
        ..Options::default()
    };
    Sandbox::start(options).unwrap()
}

fn config<'c>(sandbox: &'c Sandbox, url: &'c str) -> Config<'c> {
    let config = Config::new(sandbox.key()).with_base_url(url).unwrap();
    config.with_backoff(Duration::from_millis(1), Duration::from_millis(20)).with_attempts(None)
}

fn input(number: usize) -> Option<RunInput<'static>> {
    (number < 40).then(|| RunInput::new("base", "Who founded it?"))
}

#[test]
fn each_input_has_its_answer_over_one_connection() {
    let sandbox = sandbox(Faults::default());
    let url = sandbox.base_url();
    let follow = Follow::<RunResult<Whole>, 4096>::new(config(&sandbox, &url))
        .with_inputs(&input)
        .with_timeout(Duration::from_secs(1));
    let mut following = Following::over(follow, &Security::platform());
    let (mut group, mut answers) = (String::new(), BTreeMap::new());
    while let Some(event) = following.next() {
        match event {
            Event::Group(state) => group = state.taskgroup_id().into(),
            Event::Answer(answer) => {
                assert_eq!(answer.status, answer.record.run.status);
                assert_eq!(answer.record.output.is_some(), answer.status == Status::Completed);
                assert!(
                    answers.insert(answer.input.expect("it is numbered"), answer.run_id.to_owned()).is_none()
                );
            }
            _ => {}
        }
    }
    assert_eq!(following.outcome(), Some(Outcome::Done));
    assert_eq!(answers.len(), 40);
    let query = taskgroup_sandbox::RunsQuery {
        version: taskgroup_sandbox::Version::V1Beta,
        status: None,
        include_input: false,
        include_output: false,
    };
    assert_eq!(sandbox.runs(&group, query).count(), 40, "each was asked once");
    assert_eq!(sandbox.stats().connections, 1);
}

#[test]
fn a_program_that_stops_at_any_event_continues_from_what_it_has_kept_whatever_breaks() {
    let cut = Cut::after(After::RandomBytes { least: 0, most: 9_000 }).times(30);
    let sandbox = sandbox(Faults { cut: Some(cut), ..Faults::default() });
    let url = sandbox.base_url();
    let (mut kept, mut answers) = (State::default(), BTreeMap::new());
    let mut outcome = None;
    for events in (1..).step_by(3) {
        let follow = Follow::<_, 2048>::with_record(config(&sandbox, &url), Verbatim::default())
            .with_inputs(&input)
            .with_state(&kept)
            .with_timeout(Duration::from_secs(1));
        let mut following = Following::over(follow, &Security::platform());
        for _ in 0..events {
            let Some(event) = following.next() else { break };
            if let Event::Answer(answer) = event {
                let json: serde_json::Value =
                    serde_json::from_slice(answer.record.json()).expect("it is whole");
                assert_eq!(json["run"]["run_id"], answer.run_id);
                assert!(answers.insert(answer.input, answer.run_id.to_owned()).is_none(), "{answer:?}");
            }
            kept = following.handled().clone();
        }
        outcome = following.outcome();
        if outcome.is_some() {
            break;
        }
    }
    assert_eq!(outcome, Some(Outcome::Done));
    assert_eq!((answers.len(), kept.answered(), kept.added()), (40, 40, 40));
}
