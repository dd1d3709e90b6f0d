//! Why a session waits, and why it ended, by who can act.

use core::fmt;

/// Why a session ended.
///
/// Its text says everything, down to what broke the protocol. So `source()` is `None`, as for the other
/// errors of this crate: otherwise a reporter of errors would say the same twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Outcome {
    /// Everything has been delivered.
    Done,
    /// The server could not be reached, or connections to it kept breaking. Try later.
    Network,
    /// The server fell silent again and again. Try later, or raise the idle timeout.
    Idle,
    /// The server refused with this status code; [`Session::error`](super::Session::error) has its message.
    /// After 408, 409, 421, 425, 429 and all from 500 on the session first tries again, as often as
    /// [`with_attempts`](super::Config::with_attempts) says; all others end it at once. If the server sends
    /// `x-should-retry`, that decides.
    Status(u16),
    /// The server broke the protocol. You can do nothing about it but report it.
    Peer(Fault),
    /// Something is longer than the memory reserved for it.
    Capacity(Capacity),
    /// The request or the config cannot be sent as it is.
    Misuse(Misuse),
    /// The adapter refused the connection: the server is not authenticated, or plaintext is not allowed.
    Refused,
}

/// A possible reason for an outcome, if more is known than it says: see
/// [`Session::hint`](super::Session::hint).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Hint {
    /// No try received a byte of a body before the server fell silent or the connection broke: a proxy on the
    /// way may hold the answer back until it is complete.
    HeldBack,
    /// Each try received part of an event and never a whole one: a proxy on the way may drop what it has
    /// buffered when the server behind it fails.
    PartsOnly,
    /// Only the [check](super::Config::with_end_check) of a stream that had ended in order has failed:
    /// everything before it was delivered.
    EndCheck,
}

/// Why a session sleeps before it asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// Nothing failed: the stream ended in order, and there may be more.
    End,
    /// No connection, or it broke.
    Network,
    /// The server fell silent.
    Idle,
    /// The server answered with this status code, after which the session tries again.
    Status(u16),
    /// The server broke the protocol.
    Peer(Fault),
}

/// How a server broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// The answer is not HTTP/1.1 (RFC 9112).
    Http(crate::http::Error),
    /// The content type is not the one that was asked for.
    ContentType,
    /// The content encoding is not `identity`, which was asked for.
    ContentEncoding,
    /// A redirect to another server, without a `Location`, or one too many.
    Redirect,
    /// The stream ended with an error event; see [`Session::error`](super::Session::error).
    ErrorEvent,
    /// Each time, the stream started over instead of continuing after the last event, and ended before that
    /// event.
    CursorIgnored,
    /// Nothing shows that the stream was whole, and its events have no ids to continue after.
    Unproven,
    /// The stream ended in order, without the [data](super::End::Data) that ends it.
    EndMissing,
    /// The answer is not the JSON that was asked for.
    Json(crate::json::Error),
    /// The server ended the stream in order again and again, each time soon and with nothing new, although it
    /// says that more is to come.
    Unfinished,
}

/// What is longer than the memory reserved for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Capacity {
    /// The last event's id has more than 128 bytes, so the stream cannot be resumed after it.
    EventId,
    /// A `Location` has more than 128 bytes.
    Location,
    /// The id of a run has more than 64 bytes, so its answer cannot be fetched.
    RunId,
}

/// What in the request or the config cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Misuse {
    /// An id is empty, `.`, `..`, or has more than 128 bytes; or the path takes more or fewer ids than were
    /// given.
    Id,
    /// A parameter has no name or value that the endpoint takes, or there are too many.
    Parameter,
    /// The endpoint's path does not start with `/`, has bytes that no path has, or takes more than two ids.
    Path,
    /// The host is empty or has bytes that no host has.
    Host,
    /// The base path does not start with `/` or has bytes that no path has.
    BasePath,
    /// The key is empty or has bytes that no header may carry.
    Key,
    /// The user agent, the beta features or a header of the endpoint have bytes that no header may carry, or
    /// the session writes a header of that name itself.
    Header,
    /// The body says that it cannot be sent, and why: a [limit](crate::api::body::Limit) of the service, for
    /// example.
    Body(&'static str),
    /// The body did not come out the same when it was written again, or has 4 GiB.
    Changed,
}

impl Cause {
    /// The outcome when this was the last attempt.
    pub(super) const fn outcome(self) -> Outcome {
        match self {
            Self::End => Outcome::Peer(Fault::Unfinished),
            Self::Network => Outcome::Network,
            Self::Idle => Outcome::Idle,
            Self::Status(status) => Outcome::Status(status),
            Self::Peer(fault) => Outcome::Peer(fault),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Network => f.write_str("the connection failed"),
            Self::Idle => f.write_str("the server fell silent"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Peer(fault) => fault.fmt(f),
            Self::Capacity(what) => what.fmt(f),
            Self::Misuse(what) => what.fmt(f),
            Self::Refused => f.write_str("the connection was refused for its security"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("the stream ended, there may be more"),
            other => other.outcome().fmt(f),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(error) => return error.fmt(f),
            Self::Json(error) => return error.fmt(f),
            Self::ContentType => "wrong content type",
            Self::ContentEncoding => "content encoding other than identity",
            Self::Redirect => "redirect that cannot be followed",
            Self::ErrorEvent => "error event in the stream",
            Self::CursorIgnored => "the server ignored the cursor",
            Self::Unproven => "the stream may have been cut, and its events have no ids",
            Self::EndMissing => "the stream ended before the server said that it was whole",
            Self::Unfinished => "the server keeps ending the stream, and there is more to come",
        })
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EventId => "an event id longer than 128 bytes: cannot resume after it",
            Self::Location => "redirect to a Location longer than 128 bytes",
            Self::RunId => "a run_id longer than 64 bytes: cannot fetch its answer",
        })
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "an id must have 1 to 128 bytes and be neither . nor ..",
            Self::Parameter => "the request does not take this parameter",
            Self::Path => "the endpoint's path is not a path, or takes more than two ids",
            Self::Host => "the host is not a host name or address",
            Self::BasePath => "the base path is not a path",
            Self::Key => "the key is empty or cannot stand in a header",
            Self::Header => "a header's name or value cannot be sent",
            Self::Body(why) => why,
            Self::Changed => "the body was not the same when it was written again, or has 4 GiB",
        })
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeldBack => "no byte of the answer's body came: a proxy on the way may hold it back",
            Self::PartsOnly => {
                "each try brought a part of an event and never the whole: a proxy on the way may drop what it buffers"
            }
            Self::EndCheck => {
                "all that came was delivered; what failed is asking once more whether that was all, which can be switched off"
            }
        })
    }
}

impl core::error::Error for Outcome {}
impl core::error::Error for Cause {}
impl core::error::Error for Fault {}
impl core::error::Error for Capacity {}
impl core::error::Error for Misuse {}
