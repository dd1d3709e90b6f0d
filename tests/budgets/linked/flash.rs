//! One machine in, chosen by a feature, a program for a microcontroller out that links only when nothing
//! in it can panic. Its size, less that of the program without a machine, is the machine's flash.
//!
//! Where the bytes come from and where what was found goes, the compiler cannot know.
#![no_std]
#![no_main]

#[cfg(feature = "asked")]
mod asked;
#[cfg(feature = "rest")]
mod bodies;
// Of taskgroup-tls, which has it for itself.
#[cfg(feature = "ecdsa")]
#[path = "../../../adapters/tls/src/signature/weierstrass/mod.rs"]
mod ecdsa;
#[path = "../program.rs"]
mod program;
#[cfg(feature = "rest")]
mod rest;

use core::slice;

#[cfg(feature = "asked")]
use crate::asked::run;
#[allow(unused_imports)]
use crate::program::out;
#[cfg(feature = "rest")]
use crate::rest::run;

/// # Safety
///
/// `input` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _start(input: *const u8, length: usize) {
    let input = unsafe { slice::from_raw_parts(input, length) };
    run(input);
}

#[cfg(feature = "baseline")]
fn run(input: &[u8]) {
    out(input);
}

#[cfg(feature = "panics")]
fn run(input: &[u8]) {
    out(input[7]);
}

#[cfg(feature = "ecdsa")]
fn run(input: &[u8]) {
    let mut parts = input.splitn(4, |byte| *byte == 0);
    let [key, digest, r, s] = [(); 4].map(|()| parts.next().unwrap_or_default());
    out(ecdsa::verify::<ecdsa::P256, 8>(key, digest, r, s));
    #[cfg(feature = "p384")]
    out(ecdsa::verify::<ecdsa::P384, 12>(key, digest, r, s));
}

#[cfg(feature = "sse")]
fn run(mut input: &[u8]) {
    let mut tokenizer = taskgroup::sse::Tokenizer::new();
    while let Some(token) = tokenizer.feed(&mut input) {
        out(token);
    }
}

#[cfg(feature = "sse-parser")]
fn run(mut input: &[u8]) {
    let mut parser = taskgroup::sse::Parser::<256>::new();
    while let Some(event) = parser.feed(&mut input) {
        out(event);
    }
    out(parser.retry());
}

#[cfg(feature = "json")]
fn run(mut input: &[u8]) {
    let mut tokenizer = taskgroup::json::Tokenizer::new();
    while let Ok(Some(token)) = tokenizer.feed(&mut input) {
        out(token);
    }
    out(tokenizer.finish());
}

#[cfg(feature = "http")]
fn run(mut input: &[u8]) {
    let mut response = taskgroup::http::Response::new();
    while let Ok(Some(part)) = response.feed(&mut input) {
        out(part);
    }
    out(response.closed());
}

#[cfg(feature = "request")]
fn run(input: &[u8]) {
    use taskgroup::http::{Method, Writer};

    let Ok(text) = core::str::from_utf8(input) else { return };
    let mut buffer = [0; 64];
    let mut writer = Writer::new(&mut buffer, input.len());
    writer.method(Method::Get).segment(text).query(text).encoded(text);
    writer.version().host(text, 443, true).header(text, text).end();
    out(writer.is_complete());
    out(writer.finish());
    out(buffer);
}

#[cfg(any(feature = "brief", feature = "standard"))]
fn run(mut input: &[u8]) {
    #[cfg(feature = "brief")]
    type Profile = taskgroup::api::Brief;
    #[cfg(feature = "standard")]
    type Profile = taskgroup::api::Standard;
    let mut filler = taskgroup::json::Filler::new();
    let mut event = taskgroup::api::StreamEvent::<Profile>::default();
    filler.begin(&mut event);
    out(filler.feed(&mut event, &mut (), &mut input));
    out(filler.finish());
    out(&event);
}

#[cfg(any(feature = "session-brief", feature = "session-standard"))]
fn run(mut input: &[u8]) {
    use taskgroup::{
        api,
        session::{Config, Failure, Session},
        time::Instant,
    };

    #[cfg(feature = "session-brief")]
    type Profile = api::Brief;
    #[cfg(feature = "session-standard")]
    type Profile = api::Standard;
    let Some((text, rest)) = input.split_at_checked(8) else { return };
    let text = core::str::from_utf8(text).unwrap_or_default();
    input = rest;
    let Ok(config) = Config::new(text).with_base_url(text) else { return };
    let mut session = Session::<api::StreamEvent<Profile>>::new(config, api::runs(text));
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
        out(session.cursor());
        session.failed(now, Failure::Broken);
        session.closed(now);
    }
}
