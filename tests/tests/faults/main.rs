//! A session against everything that can go wrong between it and a server: each test is a promise.

mod cursors;
mod cuts;
mod errors;
mod redirects;
mod statuses;
