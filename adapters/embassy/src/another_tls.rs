//! How to use another TLS, with [mbedtls-rs] as the example: a [`Connector`](crate::Connector) over
//! [`Tcp::open`](crate::Tcp::open).
//!
//! Whatever the TLS, a connector must obey these rules:
//!
//! * [`Connector::resolve`](crate::Connector::resolve) is [`Tcp::look_up`](crate::Tcp::look_up). Without it
//!   the name is resolved all the same, but within the time for the connection.
//! * It returns only when the server is authenticated as [`Config::host`](taskgroup::session::Config::host):
//!   the request is written right after, and the key with it.
//! * A server that is not authenticated is [`Failure::Refused`](taskgroup::session::Failure::Refused), which
//!   stops the stream; every other failure is
//!   [`Failure::Unreachable`](taskgroup::session::Failure::Unreachable).
//! * [`Connector::cancel_safe`](crate::Connector::cancel_safe) returns `false` unless a read or write may be
//!   dropped at any moment. Dropping `next()` then costs a handshake.
//! * The connection is a [`BufRead`](embedded_io_async::BufRead) and [`Write`](embedded_io_async::Write);
//!   [`Buffered`](taskgroup_embedded_io::Buffered) makes one of anything that is only `Read` and `Write`.
//! * An end without `close_notify` is an error. Reporting it as an orderly end costs a connection at most:
//!   the session relies on the framing of the answer, and asks again from the last event if something is
//!   missing.
//!
//! # Why Mbed TLS
//!
//! [`Tls`](crate::Tls) is smaller and needs neither a heap nor C. Use Mbed TLS for servers that it cannot
//! talk to: those with TLS 1.2 only.
//!
//! | what it costs | |
//! |---|---|
//! | flash | about 400 KB |
//! | heap | 57 KB during the handshake, 80 KB for a certificate of 14 KB |
//! | instructions, riscv32imc | 80 million for a handshake with P-256, up to 181 million with P-384, in few polls; 463 for each byte |
//!
//! # The connector
//!
//! ```ignore
#![doc = include_str!("another_tls/mbedtls.rs")]
//! ```
//!
//! And this is a stream over it:
//!
//! ```ignore
#![doc = include_str!("another_tls/stream.rs")]
//! ```
//!
//! The firmware in the repository's `examples/another-tls` is built from these very files. Continuous integration
//! compiles and runs it; `cargo test` does not, because of the C library.
//!
//! # What it needs around it
//!
//! * `mbedtls-rs = "0.3"` with its default features on thumbv6m, riscv32imc or riscv32imac: for these, Mbed
//!   TLS comes precompiled. With other features it is built from C, with clang, libclang, cmake and ninja.
//! * A global allocator, and `calloc`, `free`, `memchr`, `strchr`, `strcmp` and `strstr`, which the crate
//!   [tinyrlibc] has; and `snprintf`, `vsnprintf`, `printf` and `puts`, which may do nothing.
//! * An executor on which nothing urgent has to wait for a handshake.
//!
//! # Limits
//!
//! **The precompiled library checks no dates**: it accepts an expired certificate. The feature
//! `hook-wall-clock` checks them once you have set a clock by `hook_wall_clock`, and builds from C.
//!
//! If a certificate has no alternative names, Mbed TLS accepts its common name. It refuses chains with critical name
//! constraints, and those whose certificates are not in order. An empty record reads as the end of the connection,
//! and `KeyUpdate` breaks it: the stream resumes over another one, unless the server sends it within every event.
//! Sessions of TLS 1.2 can be resumed by `Session::save` and `connect_with_session`, for 0.9 million instructions
//! instead of 118; those of 1.3 cannot.
//!
//! [mbedtls-rs]: https://docs.rs/mbedtls-rs/0.3
//! [tinyrlibc]: https://docs.rs/tinyrlibc
