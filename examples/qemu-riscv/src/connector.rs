//! The socket in, connections to the server out: by TLS, and plain ones where the image is built without it.

#[cfg_attr(feature = "tls", path = "connector/tls.rs")]
#[cfg_attr(not(feature = "tls"), path = "connector/plain.rs")]
mod form;

pub(crate) use form::{Connector, Memory, connector};
