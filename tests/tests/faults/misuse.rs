//! Requests and configs that cannot be sent: the first poll says so, before anything is sent.

use taskgroup::{
    api,
    session::{Action, Config, Misuse, Outcome, Request, Session},
    time::Instant,
};
use taskgroup_tests::{
    peer::{Answer, Peer, Seen},
    wire::bare,
};

fn config() -> Config<'static> {
    Config::new("key")
}

#[track_caller]
fn assert_misuse<'c>(config: Config<'c>, request: impl Into<Request<'c>>, misuse: Misuse) {
    let mut session = Session::<Seen>::new(config, request);
    for _ in 0..2 {
        assert_eq!(session.poll(Instant::from_millis(0)), Action::Stop(Outcome::Misuse(misuse)));
    }
    assert_eq!(session.fill(&mut [0; 100]), 0, "nothing is sent");
}

#[track_caller]
fn assert_sent<'c>(config: Config<'c>, request: impl Into<Request<'c>>) -> String {
    let report = Peer::script([bare("204 No Content", &[])]).run(config, request);
    assert_eq!(report.outcome, Some(Outcome::Done));
    report.requests[0].target.clone()
}

#[test]
fn an_id_that_makes_another_path_is_not_sent() {
    let long = "x".repeat(129);
    for id in ["", ".", "..", &long] {
        for request in [
            Request::from(api::runs(id)),
            api::events(id).into(),
            api::group(id).into(),
            api::add_runs(id, b"{}").into(),
            api::group_run(id, "trun_1").into(),
            api::group_run("tgrp_1", id).into(),
            api::run(id).into(),
            api::run_input(id).into(),
            api::run_result(id).into(),
            api::run_events(id).into(),
        ] {
            assert_misuse(config(), request, Misuse::Id);
        }
    }
    assert_misuse(config(), api::runs("g").last_event_id(&long), Misuse::Id);
}

#[test]
fn any_other_id_is_sent_and_stays_one_segment() {
    let long = "x".repeat(128);
    for (id, sent) in [
        ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("...", "..."),
        ("é ?#%", "%C3%A9%20%3F%23%25"),
        ("a\r\nx: y", "a%0D%0Ax%3A%20y"),
        ("AZaz09-._~", "AZaz09-._~"),
        ("!$&'()*+,;=:@", "%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"),
        (&long, &long),
    ] {
        assert_eq!(assert_sent(config(), api::group(id)), format!("/v1beta/tasks/groups/{sent}"));
        let target = assert_sent(config(), api::runs("g").last_event_id(id));
        assert_eq!(target, format!("/v1beta/tasks/groups/g/runs?last_event_id={sent}"));
    }
}

#[test]
fn a_value_that_breaks_a_header_is_not_sent() {
    for value in ["a\r\nx-evil: y", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "\u{1}"] {
        assert_misuse(Config::new(value), api::runs("g"), Misuse::Key);
        assert_misuse(config().with_user_agent(value), api::runs("g"), Misuse::Header);
        assert_misuse(config().with_beta(value), api::runs("g"), Misuse::Header);
        assert_misuse(config().with_server(value, 80, false), api::runs("g"), Misuse::Host);
        assert_misuse(config().with_base_path(value), api::runs("g"), Misuse::BasePath);
    }
    assert_misuse(Config::new(""), api::runs("g"), Misuse::Key);
}

#[test]
fn an_invalid_host_is_not_sent() {
    for host in ["", "a b", "a/b", "user@host", "host:80", "a?b", "a#b", "[::1", "é.example", "http://host"]
    {
        assert_misuse(config().with_server(host, 80, false), api::runs("g"), Misuse::Host);
    }
    for host in ["localhost", "127.0.0.1", "::1", "api.example"] {
        assert_sent(config().with_server(host, 80, false), api::runs("g"));
    }
}

#[test]
fn an_invalid_base_path_is_not_sent() {
    for path in ["proxy", "/a b", "/a?b", "/a#b", "/é"] {
        assert_misuse(config().with_base_path(path), api::runs("g"), Misuse::BasePath);
    }
    assert_eq!(assert_sent(config().with_base_path("/p/q"), api::group("g")), "/p/q/v1beta/tasks/groups/g");
}

#[test]
fn a_status_that_is_none_is_not_sent() {
    assert_misuse(config(), api::runs("g").status(api::Status::Unknown), Misuse::Parameter);
}

#[test]
fn the_key_is_sent_in_its_header_and_nowhere_else() {
    let key = "k3y-0123456789";
    let requests = [
        Request::from(api::runs("g")),
        api::events("g").into(),
        api::group("g").into(),
        api::create_group(b"{}").into(),
        api::run_result("r").into(),
    ];
    for request in requests {
        let mut peer = Peer::script([bare("204 No Content", &[])]);
        let report = peer.run(Config::new(key), request);
        let sent = &report.requests[0];
        assert_eq!(sent.header("x-api-key"), Some(key));
        assert_eq!(format!("{sent:?}").matches(key).count(), 1);
        assert_eq!(sent.header("accept-encoding"), Some("identity"));
        assert_eq!(sent.header("host"), Some("api.parallel.ai"));
    }
}

#[test]
fn an_empty_cursor_is_none() {
    let target = assert_sent(config(), api::runs("g").last_event_id(""));
    assert_eq!(target, "/v1beta/tasks/groups/g/runs");
}

#[test]
fn nothing_is_sent_to_a_server_that_cannot_be_trusted() {
    use taskgroup::session::Failure;
    use taskgroup_tests::peer::Line;
    let mut peer = Peer::script([Answer::new()]);
    peer.line = Box::new(|nth| Line::Fails(if nth == 0 { Failure::Unreachable } else { Failure::Refused }));
    let report = peer.run(config(), api::create_group(b"{}"));
    assert_eq!((report.outcome, report.connections, report.requests.len()), (Some(Outcome::Refused), 2, 0));
}
