//! Bytes in, what they make a session and its server do: all calls of a session's are in this folder.

mod answered;
mod bytes;
mod called;
mod served;

pub use answered::answered;
pub use called::called;
pub use served::served;

use taskgroup::{api, session::Request};

/// One of every kind of request.
fn request(which: u8) -> Request<'static> {
    match which % 8 {
        0 => api::runs("g"),
        1 => api::runs("g").last_event_id("3").include_output(true),
        2 => api::events("g"),
        3 => api::run_events("r"),
        4 => api::group("g"),
        5 => api::run_result("r").timeout(5),
        6 => api::events("g").last_event_id("3"),
        _ => api::create_group(b"{\"metadata\":{}}"),
    }
}
