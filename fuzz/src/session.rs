//! Bytes in, what they make a session and its server do: all calls of a session's are in this folder.

mod answered;
mod called;
mod served;

pub use answered::answered;
pub use called::called;
pub use served::served;

use taskgroup::{
    api,
    session::{End, Endpoint, EventId, Request, Resume},
};

/// Endpoints of other APIs.
static CHAT: Endpoint = Endpoint::post("/chat").with_error("/error/message").with_stream(End::Data("[DONE]"));
static NEWS: Endpoint = Endpoint::get("/news")
    .with_stream(End::Framing)
    .with_cursor(EventId::Field, Resume::Header("last-event-id"));

/// One of every kind of request.
fn request(which: u8) -> Request<'static> {
    match which % 10 {
        0 => api::runs("g").into(),
        1 => api::runs("g").last_event_id("3").include_output(true).into(),
        2 => api::events("g").into(),
        3 => api::run_events("r").into(),
        4 => api::group("g").into(),
        5 => api::run_result("r").timeout(5).into(),
        6 => api::events("g").last_event_id("3").into(),
        7 => Request::new(&CHAT).with_body(b"{}"),
        8 => Request::new(&NEWS).after("3"),
        _ => api::create_group(b"{\"metadata\":{}}").into(),
    }
}
