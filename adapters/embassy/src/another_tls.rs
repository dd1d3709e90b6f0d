//! How another TLS goes in, with [mbedtls-rs] as the example: a [`Connector`](crate::Connector) over
//! [`Tcp::open`](crate::Tcp::open).
//!
//! Whatever the TLS, a connector has to hold to this:
//!
//! * [`Connector::resolve`](crate::Connector::resolve) is [`Tcp::look_up`](crate::Tcp::look_up): without it a name
//!   is asked for all the same, but in the time that the connection has.
//! * It returns only when the server is authenticated as [`Config::host`](taskgroup::session::Config::host):
//!   the request is written right after, and the key with it.
//! * Who is not who it should be is [`Failure::Refused`](taskgroup::session::Failure::Refused), which
//!   stops the stream; all else is [`Failure::Unreachable`](taskgroup::session::Failure::Unreachable).
//! * [`Connector::cancel_safe`](crate::Connector::cancel_safe) says `false` unless a read or write may be
//!   dropped at any moment. A `next()` that is dropped costs a handshake then.
//! * The connection is a [`BufRead`](embedded_io_async::BufRead) and [`Write`](embedded_io_async::Write);
//!   what is only `Read` and `Write` becomes one by [`Buffered`](taskgroup_embedded_io::Buffered).
//! * An end without `close_notify` is an error. What is told as an end costs a connection at most: the
//!   session goes by the answer's own framing, and asks again from the last event where something is missing.
//!
//! # Why Mbed TLS
//!
//! [`Tls`](crate::Tls) is smaller and needs neither a heap nor C. Mbed TLS is for servers that it cannot
//! speak to: those with TLS 1.2 only, and those that split a message of the handshake over several records.
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
//! These are the very files that the firmware in the repository's `examples/another-tls` is made of. It is
//! compiled and run by continuous integration; `cargo test` leaves them alone for the sake of the C library.
//!
//! # What it needs around it
//!
//! * `mbedtls-rs = "0.3"` with its default features on thumbv6m, riscv32imc or riscv32imac: for these, Mbed
//!   TLS comes compiled along. With other features it is built from C, by clang, libclang, cmake and ninja.
//! * A global allocator, and `calloc`, `free`, `memchr`, `strchr`, `strcmp` and `strstr`, which the crate
//!   [tinyrlibc] has; and `snprintf`, `vsnprintf`, `printf` and `puts`, which may do nothing.
//! * An executor that lets nothing urgent wait behind a handshake.
//!
//! # Limits
//!
//! **The compiled library checks no dates**: an expired certificate is as good as a new one. The feature
//! `hook-wall-clock` checks them, once a clock is set by `hook_wall_clock`, and builds from C.
//!
//! Where a certificate has no alternative names, its common name is believed. Chains with critical name
//! constraints are refused, as are those whose certificates are not in order. An empty record reads as the
//! end of the connection, and `KeyUpdate` breaks it: the stream goes on by another one, unless the server
//! does so within every event. Sessions of TLS 1.2 can be resumed by `Session::save` and
//! `connect_with_session`, for 0.9 million instructions instead of 118; those of 1.3 cannot.
//!
//! [mbedtls-rs]: https://docs.rs/mbedtls-rs/0.3
//! [tinyrlibc]: https://docs.rs/tinyrlibc
