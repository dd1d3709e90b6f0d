//! A session against everything that can go wrong between it and a server: each test is a promise.

mod answers;
mod by_hand;
mod cursors;
mod cuts;
mod ends;
mod errors;
mod followed;
mod mismatches;
mod misuse;
mod random;
mod redirects;
mod reuse;
mod sockets;
mod statuses;
mod timing;
