//! The socket in, connections to the server out: over TLS, or plain ones if the image is built without TLS.

#[cfg_attr(feature = "tls", path = "connector/tls.rs")]
#[cfg_attr(not(feature = "tls"), path = "connector/plain.rs")]
mod form;

pub(crate) use form::{Connector, Memory, connector};
