//! Input in, one machine run on it in reads of so many bytes: what is measured.

use core::hint::black_box;

use taskgroup::{
    api::{self, Brief, Profile, Standard, StreamEvent},
    http::Response,
    json::{Filler, Record},
    record,
    session::{Action, Config, Session},
    sse::Tokenizer,
    time::Instant,
};

/// Runs what it is given, and measures it.
pub(crate) type Meter<'m> = &'m mut dyn FnMut(&mut dyn FnMut());

/// Takes all of an input, in reads of so many bytes. What is run by the meter is only the taking: the
/// machine's own memory is the caller's.
pub(crate) type Work = fn(&[u8], usize, Meter<'_>);

/// Frames of one size.
pub(crate) struct Frames {
    pub(crate) sse: &'static [u8],
    pub(crate) http: &'static [u8],
    /// One text a line.
    pub(crate) json: &'static [u8],
}

macro_rules! frames {
    ($name:literal) => {
        Frames {
            sse: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".sse")),
            http: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".http")),
            json: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".json")),
        }
    };
}

pub(crate) static SMALL: Frames = frames!("small");
pub(crate) static LARGE: Frames = frames!("large");
pub(crate) static HUGE: Frames = frames!("huge");

/// Events that use what the frames do not, each between a beginning and an end.
macro_rules! odd {
    ($begin:literal, $end:literal) => {
        concat!(
            $begin,
            r#"{"type":"task_group_status","event_id":"1","status":{"num_task_runs":3,"task_run_status_counts":{"completed":1,"failed":2},"is_active":true,"status_message":"\ud83d\ude80 \ud83d","modified_at":"2025-04-23T20:29:02.411870Z"}}"#,
            $end,
            $begin,
            r#"{"type":"error","error":{"ref_id":"r","message":"lost \u20ac\n","detail":{"a":[1,2,{"b":null}]}}}"#,
            $end,
            $begin,
            r#"{"type":"task_run.progress_stats","progress_meter":42.512345678901234567890e-3,"source_stats":{"num_sources_considered":7,"num_sources_read":5,"sources_read_sample":["https://example.org/"]}}"#,
            $end,
            $begin,
            r#"{"type":"task_run.progress_msg.plan","message":"first, then","timestamp":"2025-04-23T20:29:02Z"}"#,
            $end,
            $begin,
            r#"{"type":"task_run.state","event_id":"2","input":{"processor":"core","input":{"a":"\u00e9","b":[1.5e300,-0]},"metadata":{"k":"v"},"source_policy":{"include_domains":["example.org"],"exclude_domains":[],"after_date":"2025-01-01"},"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object"}},"input_schema":"text"},"mcp_servers":[{"type":"url","url":"https://example.org/","name":"n","headers":{"h":"v"},"allowed_tools":["t"]}],"enable_events":true,"webhook":{"url":"https://example.org/","event_types":["task_run.status"]}},"run":{"run_id":"trun_2","status":"failed","is_active":false,"warnings":[{"type":"warning","message":"slow","detail":null}],"error":{"ref_id":"r","message":"m","detail":{"step":3}},"processor":"core","metadata":{"n":1,"f":1.5,"b":true},"taskgroup_id":"tgrp_1"},"output":{"type":"text","content":"\u00fcber","basis":[],"mcp_tool_calls":[{"tool_call_id":"t","server_name":"s","tool_name":"n","arguments":"{}","content":"c","error":""}],"beta_fields":{}}}"#,
            $end,
            $begin,
            r#"{"type":"task_run.state","deep":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{"a":{"b":{"c":[1]}}}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],"run":{"run_id":7,"status":"running"}}"#,
            $end,
            $begin,
            r#"{"type":"task_run.state","event_id":"3","run":{"run_id":"trun_3","status":tru}}"#,
            $end,
        )
    };
}

pub(crate) static ODD: &[u8] = odd!("", "\n").as_bytes();
pub(crate) static ODD_ANSWER: &[u8] = concat!(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
    odd!("event: x\r\nid: 7\r\nretry: 100\r\ndata: ", "\r\n\r\n")
)
.as_bytes();
pub(crate) static REFUSAL: &[u8] = concat!(
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 429 Too Many Requests\r\n",
    "Content-Type: application/json; charset=utf-8\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Retry-After: Sunday, 06-Nov-94 08:59:37 GMT\r\nContent-Length: 77\r\n\r\n",
    r#"{"type":"error","error":{"ref_id":"0b1c","message":"Slow down","detail":null}}"#
)
.as_bytes();

record! {
    /// Wants nothing, so that everything is skipped.
    struct Nothing {}
}

pub(crate) fn sse(input: &[u8], read: usize, meter: Meter<'_>) {
    let mut tokenizer = Tokenizer::new();
    meter(&mut || {
        for mut bytes in input.chunks(read) {
            while let Some(token) = tokenizer.feed(&mut bytes) {
                black_box(token);
            }
        }
    });
}

pub(crate) fn http(input: &[u8], read: usize, meter: Meter<'_>) {
    let mut response = Response::new();
    meter(&mut || {
        for mut bytes in input.chunks(read) {
            while let Ok(Some(part)) = response.feed(&mut bytes) {
                black_box(part);
            }
        }
    });
}

pub(crate) fn skipped(input: &[u8], read: usize, meter: Meter<'_>) {
    fill::<Nothing>(input, read, meter);
}

pub(crate) fn brief(input: &[u8], read: usize, meter: Meter<'_>) {
    fill::<StreamEvent<Brief>>(input, read, meter);
}

pub(crate) fn standard(input: &[u8], read: usize, meter: Meter<'_>) {
    fill::<StreamEvent<Standard>>(input, read, meter);
}

/// Fills the record from each text, cut where the reads of the whole input would cut it.
fn fill<R: Record + Default>(input: &[u8], read: usize, meter: Meter<'_>) {
    let (mut filler, mut record) = (Filler::new(), R::default());
    meter(&mut || {
        let mut place = 0;
        for text in input.split(|byte| *byte == b'\n').filter(|text| !text.is_empty()) {
            filler.begin(&mut record);
            let first = text.len().min(read - place % read);
            place += text.len();
            let (first, rest) = text.split_at(first);
            let pieces = core::iter::once(first).chain(rest.chunks(read));
            for mut piece in pieces {
                let _ = black_box(filler.feed(&mut record, &mut (), &mut piece));
            }
            let _ = black_box(filler.finish());
        }
    });
}

pub(crate) fn session_brief(input: &[u8], read: usize, meter: Meter<'_>) {
    session::<Brief>(input, read, meter);
}

pub(crate) fn session_standard(input: &[u8], read: usize, meter: Meter<'_>) {
    session::<Standard>(input, read, meter);
}

/// The answer to a request.
fn session<P: Profile>(input: &[u8], read: usize, meter: Meter<'_>) {
    let now = Instant::from_millis(0);
    let mut session = Session::<StreamEvent<P>>::new(Config::new("key"), api::runs("tgrp_1"));
    let _ = session.poll(now);
    session.connected(now);
    while let Action::Send { .. } = session.poll(now) {
        session.fill(&mut [0; 128]);
    }
    meter(&mut || {
        for mut bytes in input.chunks(read) {
            while let Some(event) = session.feed(&mut bytes, now) {
                black_box(&event);
            }
        }
    });
}
