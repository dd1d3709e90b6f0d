//! A group is followed from its inputs to its answers, each input asked once and each answer given once,
//! wherever the conversation is cut and wherever the program is killed.

mod follow {
    pub(crate) mod service;
    pub(crate) mod world;
}

use std::time::Duration;

use follow::{
    service::{Ending, Service},
    world::{Fault, World},
};
use proptest::prelude::*;
use taskgroup::{
    api::{
        Status,
        body::{Inputs, RunInput},
    },
    follow::Follow,
    session::{Config, Fault as Peer, Misuse, Outcome},
};

fn inputs(count: usize) -> impl Fn(usize) -> Option<RunInput<'static>> + Sync {
    move |number| (number < count).then(|| RunInput::new("lite", "Who?"))
}

/// Follows a new group with this many inputs to its end.
fn followed(count: usize, world: &mut World) -> Outcome {
    world.follow(&inputs(count), None)
}

#[test]
fn each_input_is_asked_once_and_each_answer_given_once_over_one_connection() {
    for count in [0, 1, 3, 40] {
        let mut world = World::new(Service::new());
        assert_eq!(followed(count, &mut world), Outcome::Done);
        world.check(count);
        assert_eq!(world.connections, 1, "{count} inputs");
        assert_eq!(world.groups_shown, 1);
    }
}

#[test]
fn more_inputs_than_one_request_takes_are_added_by_several() {
    let mut world = World::new(Service { ends_at_once: 800, ..Service::new() });
    assert_eq!(followed(2_500, &mut world), Outcome::Done);
    world.check(2_500);
    assert_eq!(world.service.posts, [1_000, 1_000, 500]);
    assert_eq!(world.added_shown, [1_000, 2_000, 2_500]);
}

#[test]
fn runs_that_have_failed_or_were_cancelled_have_answers_too() {
    let ending =
        |number: usize| [Ending::Completed, Ending::Failed, Ending::Cancelled, Ending::NoResult][number % 4];
    let mut world = World::new(Service { ending, ..Service::new() });
    assert_eq!(followed(24, &mut world), Outcome::Done);
    world.check(24);
    for (number, expected) in
        [Status::Completed, Status::Failed, Status::Cancelled, Status::Completed].iter().enumerate()
    {
        let answer = world.answer(number);
        assert_eq!(answer.status, *expected);
        assert_eq!(answer.output.is_some(), number == 0, "{answer:?}");
    }
    assert_eq!(world.connections, 1);
}

#[test]
fn what_stands_where_a_result_would_is_whole_json_with_the_run_in_it() {
    let ending = |number: usize| if number == 0 { Ending::Completed } else { Ending::Failed };
    let mut world = World::new(Service { ending, ..Service::new() });
    assert_eq!(followed(2, &mut world), Outcome::Done);
    for number in 0..2 {
        let answer = world.answer(number);
        let json: serde_json::Value = serde_json::from_slice(&answer.text).expect("whole");
        assert_eq!(json["run"]["run_id"], answer.run_id.as_str());
        assert_eq!(json["output"].is_null(), number == 1);
    }
}

#[test]
fn a_group_that_exists_is_joined_and_its_answers_are_given() {
    let mut service = Service::new();
    service.create();
    service.add_by_others(5);
    let mut world = World::new(service);
    assert_eq!(world.follow(&inputs(0), Some("tgrp_1")), Outcome::Done);
    assert_eq!(world.answers.len(), 5);
    assert!(world.answers.iter().all(|answer| answer.input.is_none()));
    assert_eq!(world.service.posts, [0; 0]);
}

#[test]
fn inputs_for_a_group_that_has_runs_with_the_same_numbers_are_asked_even_after_a_cut() {
    for cut in [None, Some(Fault::AnswerLost { post: 0 }), Some(Fault::PostLost { post: 0 })] {
        let mut service = Service::new();
        service.create();
        service.add_numbered(6);
        let mut world = World::new(service);
        world.faults.extend(cut);
        assert_eq!(world.follow(&inputs(4), Some("tgrp_1")), Outcome::Done);
        assert_eq!(world.service.runs.len(), 10);
        assert_eq!(world.answers.len(), 10, "{cut:?}");
        assert_eq!(world.groups_shown, 1, "it may be kept before anything is added");
    }
}

#[test]
fn whether_a_post_was_acted_on_is_found_out_before_it_is_repeated() {
    for fault in [
        Fault::PostLost { post: 1 },
        Fault::AnswerLost { post: 1 },
        Fault::Status { post: 1, code: 503, accepted: true },
        Fault::Status { post: 1, code: 503, accepted: false },
        Fault::Status { post: 1, code: 408, accepted: true },
        Fault::Status { post: 1, code: 429, accepted: false },
        Fault::Partial { post: 1, accepted: 400 },
        Fault::Late { post: 1 },
        Fault::NotJson { post: 1 },
    ] {
        let mut world = World::new(Service { ends_at_once: 2_000, ..Service::new() });
        world.faults.push(fault);
        assert_eq!(followed(1_700, &mut world), Outcome::Done, "{fault:?}");
        world.check(1_700);
        let repeated = world.service.posts.iter().sum::<usize>() - 1_700;
        let was_accepted = matches!(
            fault,
            Fault::AnswerLost { .. }
                | Fault::Status { accepted: true, .. }
                | Fault::Late { .. }
                | Fault::NotJson { .. }
        );
        let expected = if was_accepted {
            0
        } else {
            700 - if let Fault::Partial { accepted, .. } = fault { accepted } else { 0 }
        };
        assert!(repeated <= expected, "{fault:?}: {repeated} inputs were sent again");
    }
}

#[test]
fn a_request_that_is_refused_for_good_ends_it_with_the_services_words() {
    let mut world = World::new(Service::new());
    world.faults.push(Fault::Status { post: 0, code: 422, accepted: false });
    assert_eq!(followed(3, &mut world), Outcome::Status(422));
    assert_eq!(world.error, "the service's words");
    assert_eq!(world.service.runs.len(), 0);
}

#[test]
fn a_cut_at_any_byte_of_the_conversation_costs_nothing_and_repeats_nothing() {
    let ending = |number: usize| [Ending::Completed, Ending::Failed][number % 2];
    let service = || Service { ending, ends_at_once: 2, ..Service::new() };
    let mut world = World::new(service());
    assert_eq!(followed(3, &mut world), Outcome::Done);
    let (sent, received) = (world.sent, world.received);
    assert!(sent > 1_000 && received > 2_000, "{sent}, {received}");
    for fault in (0..sent).map(Fault::SentByte).chain((0..received).map(Fault::ReceivedByte)) {
        let mut world = World::new(service());
        world.faults.push(fault);
        assert_eq!(followed(3, &mut world), Outcome::Done, "{fault:?}");
        world.check(3);
    }
}

#[test]
fn a_crash_at_any_call_is_survived_by_what_was_kept() {
    let ending = |number: usize| [Ending::Completed, Ending::Failed][number % 2];
    let service = || Service { ending, ends_at_once: 2, ..Service::new() };
    let mut world = World::new(service());
    assert_eq!(followed(3, &mut world), Outcome::Done);
    let calls = world.calls;
    for call in 0..calls {
        let mut world = World::new(service());
        world.faults.push(Fault::Crash { call });
        assert_eq!(followed(3, &mut world), Outcome::Done, "crash at call {call}");
        world.check(3);
    }
}

#[test]
fn the_stream_is_left_when_the_memory_for_ids_is_used_up() {
    let mut world = World::new(Service { ends_at_once: 100, ..Service::new() });
    let inputs = inputs(60);
    let outcome =
        world.run(|config| Follow::<_, 256>::with_record(config, Default::default()).with_inputs(&inputs));
    assert_eq!(outcome, Outcome::Done);
    world.check(60);
    assert!(world.connections > 3, "{} connections", world.connections);
}

#[test]
fn answers_do_not_wait_longer_than_they_may_for_a_server_that_ignores_the_timeout() {
    let mut world = World::new(Service { ignores_timeout: true, ends_at_once: 1, ..Service::new() });
    let inputs = inputs(3);
    let outcome = world.run(|config| {
        Follow::<_, 1024>::with_record(config, Default::default())
            .with_inputs(&inputs)
            .with_timeout(Duration::from_secs(10))
    });
    assert_eq!(outcome, Outcome::Done);
    world.check(3);
    assert!(world.now < Duration::from_secs(3 * 16), "{:?}", world.now);
}

#[test]
fn runs_that_the_stream_never_shows_are_not_taken_for_answered() {
    let mut world = World::new(Service { hides_last: true, ..Service::new() });
    assert_eq!(followed(3, &mut world), Outcome::Peer(Peer::Unfinished));
    assert_eq!(world.answers.len(), 2);
}

#[test]
fn without_a_group_and_without_inputs_there_is_nothing_to_follow() {
    let mut world = World::new(Service::new());
    let outcome = world.run(|config| Follow::<_, 1024>::with_record(config, Default::default()));
    assert_eq!(outcome, Outcome::Misuse(Misuse::Id));
    assert_eq!(world.connections, 0);
}

#[test]
fn an_input_that_cannot_be_sent_is_found_before_any_run_is_added() {
    let mut world = World::new(Service::new());
    let inputs = |number: usize| (number < 3).then(|| RunInput::json(if number == 2 { "[]" } else { "{}" }));
    assert!(matches!(world.follow(&inputs, None), Outcome::Misuse(Misuse::Body(_))));
    assert_eq!(world.service.runs.len(), 0);
}

#[test]
fn its_state_is_shown_and_not_its_key() {
    let inputs = inputs(1);
    let follow = Follow::<world::Seen>::new(Config::new("s3cret-key")).with_inputs(&inputs);
    let shown = format!("{follow:?}");
    assert!(shown.contains("Start") && !shown.contains("s3cret"), "{shown}");
    let _: &dyn Inputs = &inputs;
}

use follow::world;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_breaks_and_however_often_each_input_is_asked_once_and_each_answer_given_once(
        count in 0_usize..60,
        ends_at_once in 1_usize..20,
        closes in any::<bool>(),
        faults in prop::collection::vec(prop_oneof![
            (0_usize..60_000).prop_map(Fault::ReceivedByte),
            (0_usize..20_000).prop_map(Fault::SentByte),
            (0_usize..400).prop_map(|call| Fault::Crash { call }),
            (0_usize..3).prop_map(|post| Fault::AnswerLost { post }),
            (0_usize..3).prop_map(|post| Fault::PostLost { post }),
            (0_usize..3, 0_usize..60).prop_map(|(post, accepted)| Fault::Partial { post, accepted }),
            (0_usize..3, any::<bool>()).prop_map(|(post, accepted)| Fault::Status { post, code: 502, accepted }),
        ], 0..6),
    ) {
        let ending = |number: usize| [Ending::Completed, Ending::Failed, Ending::Completed, Ending::Cancelled][number % 4];
        let mut world = World::new(Service { ending, ends_at_once, closes, ..Service::new() });
        world.faults = faults;
        prop_assert_eq!(followed(count, &mut world), Outcome::Done);
        world.check(count);
    }
}
