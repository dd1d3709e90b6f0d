//! Input in, one call of the service out and its answer taken, in a program of its own; or a group followed.

use taskgroup::{
    api::{self, Brief},
    session::{Config, Failure},
    time::Instant,
};
#[cfg(not(feature = "follow"))]
use taskgroup::{
    json::Record,
    session::{Request, Session},
};

use crate::program::out;

pub(crate) fn run(mut input: &[u8]) {
    let Some((text, rest)) = input.split_at_checked(8) else { return };
    let text = core::str::from_utf8(text).unwrap_or_default();
    input = rest;
    let Ok(config) = Config::new(text).with_base_url(text) else { return };
    call(config, text, input);
}

#[cfg(feature = "call-runs")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::StreamEvent<Brief>>(config, api::runs(text), input);
}

#[cfg(feature = "call-events")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::StreamEvent<Brief>>(config, api::events(text).timeout(30), input);
}

#[cfg(feature = "call-run-events")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::StreamEvent<Brief>>(config, api::run_events(text), input);
}

#[cfg(feature = "call-create-group")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    let metadata = [(text, api::body::Value::Text(text))];
    let group = api::body::NewGroup::new().metadata(&metadata);
    take::<api::TaskGroup<Brief>>(config, api::create_group(&group), input);
}

#[cfg(feature = "call-group")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::TaskGroup<Brief>>(config, api::group(text), input);
}

#[cfg(feature = "call-add-runs")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    let inputs = |number: usize| (number < text.len()).then(|| api::body::RunInput::new(text, text));
    let runs = api::body::NewRuns::new(&inputs).default_task_spec(api::body::TaskSpec::json(text));
    take::<api::AddedRuns<Brief, 4>>(config, api::add_runs(text, &runs), input);
}

#[cfg(feature = "call-create-run")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    let question = api::body::RunInput::new(text, text);
    take::<api::TaskRun<Brief>>(config, api::create_run(&question), input);
}

#[cfg(feature = "call-run")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::TaskRun<Brief>>(config, api::run(text), input);
}

#[cfg(feature = "call-group-run")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::TaskRun<Brief>>(config, api::group_run(text, text), input);
}

#[cfg(feature = "call-input")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::RunInput<Brief>>(config, api::run_input(text), input);
}

#[cfg(feature = "call-result")]
fn call(config: Config<'_>, text: &str, input: &[u8]) {
    take::<api::RunResult<Brief>>(config, api::run_result(text), input);
}

#[cfg(not(feature = "follow"))]
fn take<'c, R: Record + Default>(config: Config<'c>, request: impl Into<Request<'c>>, mut input: &[u8]) {
    let mut session = Session::<R>::new(config, request);
    let mut time = 0;
    while !input.is_empty() {
        let now = Instant::from_millis(time);
        time = time.wrapping_add(1);
        out(session.poll(now));
        session.connected(now);
        let mut buffer = [0; 64];
        out(session.fill(&mut buffer));
        while let Some(event) = session.feed(&mut input, now) {
            out(event);
        }
        session.failed(now, Failure::Broken);
        session.closed(now);
    }
}

#[cfg(feature = "follow")]
fn call(config: Config<'_>, text: &str, mut input: &[u8]) {
    use taskgroup::{api::body::RunInput, follow::Follow};

    let inputs = |number: usize| (number < text.len()).then(|| RunInput::new(text, text));
    let mut follow = Follow::<api::RunResult<Brief>, 512>::new(config).with_inputs(&inputs);
    let mut time = 0;
    while !input.is_empty() {
        let now = Instant::from_millis(time);
        time = time.wrapping_add(1);
        out(follow.poll(now));
        follow.connected(now);
        let mut buffer = [0; 64];
        out(follow.fill(&mut buffer));
        while let Some(event) = follow.feed(&mut input, now) {
            out(event);
        }
        out(follow.handled());
        follow.failed(now, Failure::Broken);
        follow.closed(now);
    }
}
