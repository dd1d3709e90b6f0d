//! TLS 1.3 that authenticates the server: a transport in, a transport that only it can read out.
#![no_std]

pub mod signature;
