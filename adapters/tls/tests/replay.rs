//! Recorded handshakes, to the TLS that embedded-tls is in.

mod replayed;

use taskgroup_tls::Client;
