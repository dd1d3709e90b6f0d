//! Recorded handshakes, to the machine.

mod replayed;

use taskgroup_tls::machine::Client;
