//! TLS servers that a client must refuse, and some that it must not.
