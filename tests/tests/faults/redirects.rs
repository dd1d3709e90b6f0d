//! Redirects: where the request may go, and where it must not.

use taskgroup::{
    api,
    session::{Capacity, Cause, Config, Failure, Fault, Outcome},
};
use taskgroup_tests::{
    peer::{Answer, Line, Peer, Report},
    wire::{Framing, bare, events},
};

fn config() -> Config<'static> {
    Config::new("key").with_server("api.example", 8443, true)
}

fn redirect(location: &str) -> Answer {
    bare("307 Temporary Redirect", &[("location", location)])
}

fn good() -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(&events(["1"])))
}

fn targets(report: &Report) -> Vec<&str> {
    report.requests.iter().map(|request| request.target.as_str()).collect()
}

#[test]
fn a_redirect_on_the_same_server_is_followed_at_once() {
    let locations = [
        ("/other?page=2", "/other?page=2"),
        ("/other#part", "/other"),
        ("https://api.example:8443/x", "/x"),
        ("HTTPS://API.example:8443/x?y=z#w", "/x?y=z"),
        ("https://api.example:8443", "/"),
        ("https://api.example:8443?a=1", "/?a=1"),
        ("//api.example:8443/x?y", "/x?y"),
        ("//API.example:8443", "/"),
        ("other?a=1", "/v1beta/tasks/groups/g/other?a=1"),
        ("other/", "/v1beta/tasks/groups/g/other/"),
        ("?a=1", "/v1beta/tasks/groups/g/runs?a=1"),
        ("?a=/../b", "/v1beta/tasks/groups/g/runs?a=/../b"),
        ("./x", "/v1beta/tasks/groups/g/x"),
        (".", "/v1beta/tasks/groups/g/"),
        ("../x", "/v1beta/tasks/groups/x"),
        ("..", "/v1beta/tasks/groups/"),
        ("../../../../../../x", "/x"),
        ("../h/./runs/../all#part", "/v1beta/tasks/groups/h/all"),
        ("g;x=1/../y", "/v1beta/tasks/groups/g/y"),
        ("x/y:z", "/v1beta/tasks/groups/g/x/y:z"),
        ("...", "/v1beta/tasks/groups/g/..."),
        ("/a/b/../c/./d", "/a/c/d"),
        ("/..", "/"),
    ];
    for (location, target) in locations {
        let report = Peer::script([redirect(location), good()]).run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.ids()), (Some(Outcome::Done), vec!["1"]), "{location}");
        let original = "/v1beta/tasks/groups/g/runs";
        let check = "/v1beta/tasks/groups/g/runs?last_event_id=1";
        assert_eq!(targets(&report), [original, target, check], "{location}");
        assert_eq!(report.requests[1].header("host"), Some("api.example:8443"));
        assert!(report.sleeps.is_empty());
    }
}

#[test]
fn the_default_port_may_be_left_out() {
    let config = Config::new("key");
    let report = Peer::script([redirect("https://api.parallel.ai/x"), good()]).run(config, api::runs("g"));
    assert_eq!(targets(&report)[1], "/x");
}

#[test]
fn every_status_that_redirects_does() {
    for status in [301, 302, 303, 307, 308] {
        let answer = bare(&format!("{status} There"), &[("location", "/x")]);
        let report = Peer::script([answer, good()]).run(config(), api::runs("g"));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 2), "{status}");
    }
}

#[test]
fn the_key_goes_to_no_other_host() {
    let elsewhere = [
        "https://evil.example:8443/x",
        "https://api.example/x",
        "https://api.example:443/x",
        "http://api.example:8443/x",
        "//evil.example/x",
        "https://api.example:8443@evil.example/x",
        "https://evil.example:8443#api.example:8443/",
        "https://api.example.evil.example:8443/x",
        "ftp://api.example:8443/x",
        "//evil.example:8443/x",
        "//api.example:443/x",
        "//user@api.example:8443/x",
        "javascript:alert(1)",
        "x:y/z",
        "#part",
        "",
    ];
    for location in elsewhere {
        let report = Peer::script([redirect(location), good()]).run(config(), api::runs("g"));
        assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Redirect)), "{location}");
        assert_eq!((report.connections, report.requests.len()), (1, 1), "{location}");
    }
}

#[test]
fn a_redirect_without_a_place_stops() {
    let report = Peer::script([bare("302 Found", &[]), good()]).run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Peer(Fault::Redirect)), 1));
}

#[test]
fn three_redirects_in_a_row_are_followed_and_a_fourth_is_not() {
    let chain = |length: usize| {
        let answers = (0..length).map(|n| redirect(&format!("/{n}"))).chain([good()]);
        Peer::script(answers).run(config(), api::runs("g"))
    };
    assert_eq!((chain(3).outcome, chain(3).connections), (Some(Outcome::Done), 4));
    assert_eq!((chain(4).outcome, chain(4).connections), (Some(Outcome::Peer(Fault::Redirect)), 4));
}

#[test]
fn a_break_ends_the_row_of_redirects_and_the_original_place_is_asked() {
    let broken = || Answer::new().reset();
    let answers = [redirect("/a"), redirect("/b"), broken(), redirect("/c"), redirect("/d"), good()];
    let report = Peer::script(answers).run(config(), api::runs("g"));
    let original = "/v1beta/tasks/groups/g/runs";
    assert_eq!(
        targets(&report),
        [original, "/a", "/b", original, "/c", "/d", "/v1beta/tasks/groups/g/runs?last_event_id=1"]
    );
    assert_eq!((report.outcome, report.causes()), (Some(Outcome::Done), vec![Cause::Network]));
}

#[test]
fn the_original_place_is_asked_when_the_redirected_one_cannot_be_reached() {
    let mut peer = Peer::script([redirect("/a"), good()]);
    peer.line = Box::new(|nth| if nth == 1 { Line::Fails(Failure::Unreachable) } else { Line::Opens });
    let original = "/v1beta/tasks/groups/g/runs";
    assert_eq!(
        targets(&peer.run(config(), api::runs("g"))),
        [original, original, "/v1beta/tasks/groups/g/runs?last_event_id=1"]
    );
}

#[test]
fn a_redirected_stream_that_breaks_is_resumed_at_the_original_place() {
    let cut = Answer::new().bytes(Framing::UntilClose.stream(&events(["1"]))).reset();
    let rest = Answer::new().bytes(Framing::Length.stream(&events(["2"])));
    let report = Peer::script([redirect("/a"), cut, rest]).run(config(), api::runs("g"));
    assert_eq!(report.ids(), ["1", "2"]);
    assert_eq!(targets(&report)[2], "/v1beta/tasks/groups/g/runs?last_event_id=1");
}

#[test]
fn a_location_up_to_its_limit_is_followed_and_a_longer_one_named() {
    let fits = format!("/{}", "x".repeat(127));
    let report = Peer::script([redirect(&fits), good()]).run(config(), api::runs("g"));
    assert_eq!(targets(&report)[1], fits);
    let report = Peer::script([redirect(&format!("{fits}x")), good()]).run(config(), api::runs("g"));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Capacity(Capacity::Location)), 1));
}

#[test]
fn after_a_redirect_only_an_absolute_path_or_url_is_followed() {
    for (second, outcome) in [
        ("/b", Outcome::Done),
        ("//api.example:8443/b", Outcome::Done),
        ("https://api.example:8443/b", Outcome::Done),
        ("b", Outcome::Peer(Fault::Redirect)),
        ("?b", Outcome::Peer(Fault::Redirect)),
    ] {
        let report = Peer::script([redirect("/a"), redirect(second), good()]).run(config(), api::runs("g"));
        assert_eq!(report.outcome, Some(outcome), "{second}");
    }
}

#[test]
fn a_path_that_becomes_too_long_by_what_it_is_relative_to_is_named() {
    let fits = "x".repeat(128 - "/v1beta/tasks/groups/g/".len());
    let report = Peer::script([redirect(&fits), good()]).run(config(), api::runs("g"));
    assert_eq!(report.outcome, Some(Outcome::Done));
    let report = Peer::script([redirect(&format!("{fits}x")), good()]).run(config(), api::runs("g"));
    assert_eq!(report.outcome, Some(Outcome::Capacity(Capacity::Location)));
    let group = "é".repeat(60);
    let report = Peer::script([redirect("x"), good()]).run(config(), api::runs(&group));
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Redirect)), "of a path of more than 256 bytes");
}

#[test]
fn a_reference_is_relative_to_the_path_with_its_base() {
    let config = config().with_base_path("/proxy");
    let report = Peer::script([redirect("../x"), good()]).run(config, api::runs("a/b"));
    assert_eq!(targets(&report)[1], "/proxy/v1beta/tasks/groups/x");
}

#[test]
fn a_post_is_not_redirected() {
    for status in [301, 302, 303, 307, 308] {
        let answer = bare(&format!("{status} There"), &[("location", "/x")]);
        let report = Peer::script([answer, good()]).run(config(), api::create_group(b"{}"));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Peer(Fault::Redirect)), 1));
    }
}

#[test]
fn a_location_is_written_whatever_the_size_of_the_buffer() {
    for size in 1..300 {
        let mut peer = Peer::script([redirect("/other?page=2"), good()]);
        peer.write = size;
        assert_eq!(targets(&peer.run(config(), api::runs("g")))[1], "/other?page=2");
    }
}

#[test]
fn a_reference_whose_target_has_room_is_followed_whatever_it_is_relative_to() {
    let group = "x".repeat(110);
    let report = Peer::script([redirect("../../x"), good()]).run(config(), api::runs(&group));
    assert_eq!(report.outcome, Some(Outcome::Done));
    assert_eq!(targets(&report)[1], "/v1beta/tasks/x");
}
