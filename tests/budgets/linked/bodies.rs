//! Input in, through all that is public of bodies and of following: the proof only.

use taskgroup::{
    api::{
        self,
        body::{
            AdvancedSettings, Input, McpServer, NewGroup, NewRuns, Number, RunInput, Schema, SourcePolicy,
            TaskSpec, Value, Webhook,
        },
    },
    follow::{Follow, State},
    json::{NoJson, Output, ToJson, Writer},
    session::{Body, Config, Draft, Drive, Failure, Session},
    time::Instant,
};

use crate::program::out;

/// An object of one's own.
struct Own<'o>(&'o str, f64);

impl ToJson for Own<'_> {
    fn to_json(&self, json: &mut Writer<'_>) -> Result<(), NoJson> {
        json.begin_object().name(self.0).double(self.1).name_of(|json| _ = json.characters(self.0)).null();
        json.name(self.0)
            .begin_array()
            .single(self.1 as f32)
            .unsigned(u64::MAX)
            .raw(self.0)
            .end_array()
            .end_object();
        if self.0.is_empty() { Err(NoJson) } else { Ok(()) }
    }
}

/// A body of one's own.
impl Body for Own<'_> {
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
        if out.is_check() && self.0.is_empty() {
            out.refuse("empty");
        }
        out.uses(0);
        out.json().string_of(|json| _ = json.characters(self.0)).after_value();
        index < self.0.len()
    }

    fn features(&self) -> &'static [&'static str] {
        &["one"]
    }
}

struct Last(u8);

impl Output for Last {
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.0 = bytes.last().copied().unwrap_or(self.0);
        self.0 > 0
    }
}

pub(crate) fn run(config: Config<'_>, text: &str, bytes: &[u8], seed: u8) {
    let own = Own(text, f64::from(seed) / 7.0);
    let mut last = Last(seed);
    out(own.to_json(&mut Writer::new(&mut last)));
    out(last.0);

    let texts = [text];
    let pairs = [(text, text)];
    let servers = [McpServer::new(text, text).headers(&pairs).allowed_tools(&texts)];
    let number = Number::new(own.1).map_or(Value::Bool(true), Value::Number);
    let metadata = [(text, Value::Text(text)), (text, Value::Integer(seed.into())), (text, number)];
    let schema = match seed {
        0 => Schema::Json(text),
        1 => Schema::Text(Some(text)),
        2 => Schema::Words(text),
        _ => Schema::Auto,
    };
    let question = match seed {
        0 => RunInput::json(text),
        1 => RunInput::new(text, Input::Json(text)),
        2 => RunInput::new(text, &own),
        _ => RunInput::new(text, text),
    };
    let settings = AdvancedSettings::new().location(text).data_sources(&texts, &texts);
    let policy = SourcePolicy::new().include_domains(&texts).exclude_domains(&texts).after_date(text);
    let question = question
        .metadata(&metadata)
        .source_policy(policy)
        .task_spec(TaskSpec::new(schema).input_schema(schema))
        .mcp_servers(&servers)
        .enable_events(seed > 3)
        .webhook(Webhook::new(text).event_types(&texts))
        .previous_interaction_id(text)
        .advanced_settings(settings)
        .memory_scope_key(text);
    let inputs = [question; 2];
    let runs = NewRuns::new(&inputs).default_task_spec(TaskSpec::text(text));
    let group = NewGroup::new().metadata(&metadata);
    let now = Instant::from_millis(seed.into());
    drive(Session::<api::TaskGroup>::new(config, api::create_group(&group)), bytes, now);
    drive(Session::<api::AddedRuns>::new(config, api::add_runs(text, &runs)), bytes, now);
    drive(Session::<api::TaskRun>::new(config, api::create_run(&question)), bytes, now);
    drive(Session::<api::TaskRun>::new(config, api::create_run(&own)), bytes, now);

    let follow = Follow::<api::RunResult, 256>::new(config)
        .with_group(text)
        .with_inputs(&inputs)
        .with_metadata(&metadata)
        .with_default_task_spec(TaskSpec::auto())
        .with_timeout(core::time::Duration::from_secs(seed.into()));
    let mut follow = match State::read(bytes) {
        Some(state) => {
            out((
                state.taskgroup_id(),
                state.event_cursor(),
                state.added(),
                state.answered(),
                state.is_adding(),
            ));
            follow.with_state(&state)
        }
        None => follow,
    };
    let mut kept = [0; State::SIZE];
    out(follow.handled().write(&mut kept));
    out((kept, follow.state()));
    follow.record_mut();
    drive(follow, bytes, now);
}

/// Through the calls that both have in common.
fn drive<D: Drive>(mut machine: D, mut input: &[u8], now: Instant) {
    while !input.is_empty() {
        out(machine.poll(now));
        out(machine.has_event());
        machine.connected(now);
        out(machine.fill(&mut [0; 16]));
        out(machine.advance(&mut input, now));
        out(machine.event());
        out((machine.mismatch(), machine.error(), machine.hint(), machine.config()));
        machine.failed(now, Failure::Broken);
        machine.closed(now);
    }
}
