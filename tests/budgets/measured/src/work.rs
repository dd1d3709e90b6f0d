//! The work that is measured: one machine run on an input, in reads of a given size.

use core::hint::black_box;

use taskgroup::{
    api::{
        self, Brief, Profile, RunResult, Standard, StreamEvent, TaskGroup,
        body::{NewRuns, RunInput},
    },
    follow::{self, Follow},
    http::Response,
    json::{self, Record, Token, Watch},
    record,
    session::{Action, Config, Session},
    sse,
    time::Instant,
};

/// Texts, each of which is taken whole, one after the other.
pub(crate) type Input = &'static [&'static str];

/// Runs what it is given, and measures it.
pub(crate) type Meter<'m> = &'m mut dyn FnMut(&mut dyn FnMut());

/// Takes all of an input, in reads of this many bytes. The meter runs only the taking: the machine's own
/// memory belongs to the caller.
pub(crate) type Work = fn(Input, usize, Meter<'_>);

/// Frames of one size: as the body of an event stream, as an answer, and the JSON of each.
pub(crate) struct Frames {
    pub(crate) sse: Input,
    pub(crate) http: Input,
    pub(crate) json: Input,
}

include!(concat!(env!("OUT_DIR"), "/frames.rs"));

/// Events that use what the frames do not, each between a beginning and an end, after a head if there is one.
macro_rules! odd {
    ([$($head:literal)?] $begin:literal $end:literal) => {
        [
            $($head,)?
            concat!($begin, r#"{"type":"task_group_status","event_id":"1","status":{"num_task_runs":3,"task_run_status_counts":{"completed":1,"failed":2},"is_active":true,"status_message":"\ud83d\ude80 \ud83d","modified_at":"2025-04-23T20:29:02.411870Z"}}"#, $end),
            concat!($begin, r#"{"type":"error","error":{"ref_id":"r","message":"lost \u20ac\n","detail":{"a":[1,2,{"b":null}]}}}"#, $end),
            concat!($begin, r#"{"type":"task_run.progress_stats","progress_meter":42.512345678901234567890e-3,"source_stats":{"num_sources_considered":7,"num_sources_read":5,"sources_read_sample":["https://example.org/"]}}"#, $end),
            concat!($begin, r#"{"type":"task_run.progress_msg.plan","message":"first, then","timestamp":"2025-04-23T20:29:02Z"}"#, $end),
            concat!($begin, r#"{"type":"task_run.state","event_id":"2","input":{"processor":"core","input":{"a":"\u00e9","b":[1.5e300,-0]},"metadata":{"k":"v"},"source_policy":{"include_domains":["example.org"],"exclude_domains":[],"after_date":"2025-01-01"},"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object"}},"input_schema":"text"},"mcp_servers":[{"type":"url","url":"https://example.org/","name":"n","headers":{"h":"v"},"allowed_tools":["t"]}],"enable_events":true,"webhook":{"url":"https://example.org/","event_types":["task_run.status"]}},"run":{"run_id":"trun_2","status":"failed","is_active":false,"warnings":[{"type":"warning","message":"slow","detail":null}],"error":{"ref_id":"r","message":"m","detail":{"step":3}},"processor":"core","metadata":{"n":1,"f":1.5,"b":true},"taskgroup_id":"tgrp_1"},"output":{"type":"text","content":"\u00fcber","basis":[],"mcp_tool_calls":[{"tool_call_id":"t","server_name":"s","tool_name":"n","arguments":"{}","content":"c","error":""}],"beta_fields":{}}}"#, $end),
            concat!($begin, r#"{"type":"task_run.state","deep":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{"a":{"b":{"c":[1]}}}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],"run":{"run_id":7,"status":"running"}}"#, $end),
            concat!($begin, r#"{"type":"task_run.state","event_id":"3","run":{"run_id":"trun_3","status":tru}}"#, $end),
        ]
    };
}

pub(crate) static ODD: Input = &odd!([] "" "");
pub(crate) static ODD_STREAM: Input = &odd!([] "event: x\r\nid: 7\r\nretry: 100\r\ndata: " "\r\n\r\n");
pub(crate) static ODD_ANSWER: Input = &odd!(
    ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"]
    "event: x\r\nid: 7\r\nretry: 100\r\ndata: " "\r\n\r\n"
);
pub(crate) static REFUSAL: Input = &[concat!(
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 429 Too Many Requests\r\n",
    "Content-Type: application/json; charset=utf-8\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Retry-After: Sunday, 06-Nov-94 08:59:37 GMT\r\nContent-Length: 78\r\n\r\n",
    r#"{"type":"error","error":{"ref_id":"0b1c","message":"Slow down","detail":null}}"#
)];
pub(crate) static REDIRECT: Input = &[concat!(
    "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere?last_event_id=7&include_output=true\r\n",
    "Content-Length: 0\r\n\r\n"
)];

/// What a service answers, one after the other, to one who creates a group, adds a run and follows it.
pub(crate) static CONVERSATION: Input = &[
    concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 116\r\n\r\n",
        r#"{"taskgroup_id":"tgrp_1","metadata":null,"status":{"num_task_runs":0,"task_run_status_counts":{},"is_active":false}}"#
    ),
    concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 161\r\n\r\n",
        r#"{"status":{"num_task_runs":1,"task_run_status_counts":{"queued":1},"is_active":true},"run_ids":["trun_1"],"run_cursor":null,"event_cursor":null,"more":[1,2,3,4]}"#
    ),
    concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 282\r\n\r\n",
        r#"data: {"type":"task_group_status","event_id":"1","status":{"num_task_runs":1,"task_run_status_counts":{"completed":1},"is_active":false}}"#,
        "\n\n",
        r#"data: {"type":"task_run.state","event_id":"2","run":{"run_id":"trun_1","status":"completed","is_active":false,"metadata":{"input_number":0}}}"#,
        "\n\n"
    ),
    concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 154\r\n\r\n",
        r#"{"run":{"run_id":"trun_1","status":"completed","is_active":false,"metadata":{"input_number":0}},"output":{"type":"text","content":"\u00fcber","basis":[]}}"#
    ),
];

record! {
    /// Wants nothing, so that everything is skipped.
    struct Nothing {}
}

pub(crate) fn sse(input: Input, read: usize, meter: Meter<'_>) {
    let mut tokenizer = sse::Tokenizer::new();
    meter(&mut || {
        reads(input, read, |mut bytes, _| {
            while let Some(token) = tokenizer.feed(&mut bytes) {
                black_box(token);
            }
        });
    });
}

pub(crate) fn sse_parser(input: Input, read: usize, meter: Meter<'_>) {
    let mut parser = sse::Parser::<256>::new();
    meter(&mut || {
        reads(input, read, |mut bytes, _| {
            while let Some(event) = parser.feed(&mut bytes) {
                black_box(event);
            }
        });
    });
}

pub(crate) fn http(input: Input, read: usize, meter: Meter<'_>) {
    let mut response = Response::new();
    meter(&mut || {
        reads(input, read, |mut bytes, _| {
            while let Ok(Some(part)) = response.feed(&mut bytes) {
                black_box(part);
            }
        });
    });
}

pub(crate) fn json(input: Input, read: usize, meter: Meter<'_>) {
    let mut tokenizer = json::Tokenizer::new();
    meter(&mut || {
        reads(input, read, |mut bytes, is_last| {
            while let Ok(Some(token)) = tokenizer.feed(&mut bytes) {
                black_box(token);
            }
            if is_last {
                let _ = black_box(tokenizer.finish());
                tokenizer = json::Tokenizer::new();
            }
        });
    });
}

pub(crate) fn skipped(input: Input, read: usize, meter: Meter<'_>) {
    fill::<Nothing>(input, read, &mut (), meter);
}

/// With a watch on the members that a session reads of each event.
pub(crate) fn skipped_watched(input: Input, read: usize, meter: Meter<'_>) {
    fill::<Nothing>(input, read, &mut Members, meter);
}

struct Members;

impl Watch for Members {
    fn wants(&mut self, name: &str) -> bool {
        matches!(name, "type" | "event_id" | "error")
    }

    fn initials(&self) -> u32 {
        1 << (b't' & 31) | 1 << (b'e' & 31)
    }

    fn token(&mut self, token: &Token<'_>) {
        black_box(token);
    }
}

pub(crate) fn brief(input: Input, read: usize, meter: Meter<'_>) {
    fill::<StreamEvent<Brief>>(input, read, &mut (), meter);
}

pub(crate) fn standard(input: Input, read: usize, meter: Meter<'_>) {
    fill::<StreamEvent<Standard>>(input, read, &mut (), meter);
}

fn fill<R: Record + Default>(input: Input, read: usize, watch: &mut dyn Watch, meter: Meter<'_>) {
    let (mut filler, mut record) = (json::Filler::new(), R::default());
    meter(&mut || {
        filler.begin(&mut record);
        reads(input, read, |mut bytes, is_last| {
            let _ = black_box(filler.feed(&mut record, watch, &mut bytes));
            if is_last {
                let _ = black_box(filler.finish());
                filler.begin(&mut record);
            }
        });
    });
}

pub(crate) fn session_brief(input: Input, read: usize, meter: Meter<'_>) {
    session::<Brief>(input, read, meter);
}

pub(crate) fn session_standard(input: Input, read: usize, meter: Meter<'_>) {
    session::<Standard>(input, read, meter);
}

/// From the connection to the end of the answer and what is made of it.
fn session<P: Profile>(input: Input, read: usize, meter: Meter<'_>) {
    let now = Instant::from_millis(0);
    let mut session = Session::<StreamEvent<P>>::new(Config::new("key"), api::runs("tgrp_1"));
    let mut request = [0; 128];
    meter(&mut || {
        let _ = black_box(session.poll(now));
        session.connected(now);
        while let Action::Send { .. } = session.poll(now) {
            session.fill(&mut request);
        }
        reads(input, read, |mut bytes, _| {
            while let Some(event) = session.feed(&mut bytes, now) {
                black_box(event);
            }
        });
        session.closed(now);
        let _ = black_box((session.poll(now), session.poll(now)));
    });
}

/// From a question to its answer.
pub(crate) fn follow(input: Input, read: usize, meter: Meter<'_>) {
    let inputs = [RunInput::new("lite", "Who?")];
    let mut follow = Follow::<RunResult<Brief>, 512>::new(Config::new("key")).with_inputs(&inputs);
    let (mut answers, mut rest) = (input.iter(), &[][..]);
    let now = Instant::from_millis(0);
    let mut is_answered = false;
    meter(&mut || {
        for _ in 0..10_000 {
            match follow.poll(now) {
                Action::Connect { .. } => follow.connected(now),
                Action::Send { .. } => {
                    follow.fill(&mut [0; 128]);
                    rest = &[];
                }
                Action::Receive { until } if until > now => {
                    if rest.is_empty() {
                        let Some(answer) = answers.next() else { return };
                        rest = answer.as_bytes();
                    }
                    let (mut bytes, after) = rest.split_at(rest.len().min(read));
                    rest = after;
                    while let Some(event) = follow.feed(&mut bytes, now) {
                        is_answered |= matches!(event, follow::Event::Answer(_));
                        black_box(event);
                    }
                }
                _ => {}
            }
        }
    });
    assert!(is_answered, "the conversation is another");
}

/// Counts a body of this many inputs, and writes it through a buffer of 128 bytes. Returns its length.
pub(crate) fn body(inputs: usize, meter: Meter<'_>) -> usize {
    let input = |number: usize| {
        (number < inputs).then(|| RunInput::new("base", "Who founded the company, and when?"))
    };
    let runs = NewRuns::new(&input);
    let now = Instant::from_millis(0);
    let mut session = Session::<TaskGroup<Brief>>::new(Config::new("key"), api::add_runs("tgrp_1", &runs));
    let (mut buffer, mut length) = ([0; 128], 0);
    meter(&mut || {
        let _ = black_box(session.poll(now));
        session.connected(now);
        while let Action::Send { .. } = session.poll(now) {
            length += session.fill(&mut buffer);
            black_box(&buffer);
        }
    });
    length
}

/// Gives the texts in reads, which may cross from one text to the next, and whether a text ends with a read.
#[inline(always)]
fn reads(input: Input, read: usize, mut take: impl FnMut(&[u8], bool)) {
    let mut room = read;
    for text in input {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (bytes, after) = rest.split_at(rest.len().min(room));
            (rest, room) = (after, room - bytes.len());
            if room == 0 {
                room = read;
            }
            take(bytes, rest.is_empty());
        }
    }
}
