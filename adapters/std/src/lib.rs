//! taskgroup over blocking std sockets and rustls.
