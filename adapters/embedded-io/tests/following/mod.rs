//! A group that is followed over real sockets, from its inputs to its answers.

use std::{collections::BTreeMap, time::Duration};

use taskgroup::{
    api::{Brief, RunResult, Status, body::RunInput},
    follow::{Event, Follow},
    session::{Action, Outcome},
};
use taskgroup_embedded_io::{Following, Nal, Step};
use taskgroup_sandbox::{After, Cut, Faults, Options, Sandbox};

use super::{
    glance,
    network::{Host, HostClock, config, run},
};

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

fn input(number: usize) -> Option<RunInput<'static>> {
    (number < 12).then(|| RunInput::new("base", "Who founded it?"))
}

/// Follows to the end, and drops each future as soon as it waits if asked to: the answers by the number of
/// the input.
fn followed(sandbox: &Sandbox, drops: bool) -> BTreeMap<u32, Status> {
    run(async {
        let (url, mut buffer) = (sandbox.base_url(), [0; 700]);
        let network = Nal::new(Host, &mut buffer).cancel_safe();
        let follow = Follow::<RunResult<Brief>, 1024>::new(config(sandbox, &url))
            .with_inputs(&input)
            .with_timeout(Duration::from_secs(1));
        let mut following = Following::over(follow, &network, HostClock::new());
        let (mut answers, mut is_connecting) = (BTreeMap::new(), false);
        loop {
            // If `connect` is dropped, this connector starts again: it gets its time.
            let waits = !drops || is_connecting;
            let step = if waits { Some(following.step().await) } else { glance(following.step()).await };
            is_connecting = matches!(step, Some(Step::Action(Action::Connect { .. })));
            match step {
                Some(Step::Action(Action::Stop(outcome))) => {
                    assert_eq!((outcome, following.outcome()), (Outcome::Done, Some(Outcome::Done)));
                    break;
                }
                Some(Step::Event) => {
                    if let Some(Event::Answer(answer)) = following.event() {
                        assert_eq!(answer.record.run.run_id, answer.run_id);
                        let number = answer.input.expect("it is numbered");
                        assert!(answers.insert(number, answer.status).is_none(), "{number} comes twice");
                    }
                    following.handled();
                }
                _ => {}
            }
        }
        assert_eq!((following.state().added(), following.state().answered()), (12, 12));
        answers
    })
}

#[test]
fn each_input_has_its_answer_over_one_connection() {
    for drops in [false, true] {
        let sandbox = sandbox(Faults::default());
        assert_eq!(followed(&sandbox, drops).len(), 12);
        assert_eq!(sandbox.stats().connections, 1, "futures are dropped: {drops}");
    }
}

#[test]
fn each_input_has_its_answer_whatever_breaks() {
    let cut = Cut::after(After::RandomBytes { least: 0, most: 6_000 }).times(20);
    for cut in [cut, cut.reset()] {
        let sandbox = sandbox(Faults { cut: Some(cut), ..Faults::default() });
        assert_eq!(followed(&sandbox, false).len(), 12);
        assert_eq!(
            sandbox
                .requests()
                .iter()
                .filter(|request| request.contains("POST") && request.contains("/runs"))
                .count(),
            1
        );
    }
}
