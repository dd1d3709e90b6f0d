//! A record in, a hash over the main part of what it kept out: whatever the type, the same for the same
//! event.

use glue::records::{cut, in_place, strict};
use taskgroup::api::{Brief, Standard, StreamEvent};

/// FNV-1a.
pub(crate) struct Hash(u32);

impl Default for Hash {
    fn default() -> Self {
        Self(0x811C_9DC5)
    }
}

impl Hash {
    fn add(&mut self, text: &str) {
        // No byte of a text is 0xFF.
        for byte in text.bytes().chain([0xFF]) {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    pub(crate) fn get(&self) -> u32 {
        self.0
    }
}

pub(crate) trait Digest {
    fn digest(&self, hash: &mut Hash);
}

macro_rules! digests {
    ($($brief:ty, $standard:ty;)*) => {
        $(impl Digest for $brief {
            fn digest(&self, hash: &mut Hash) {
                hash.add(&self.kind);
                if let Some(run) = self.run.as_ref() {
                    hash.add(&run.run_id);
                    hash.add(if run.is_active { "active" } else { "" });
                    hash.add(&run.processor);
                }
            }
        }

        impl Digest for $standard {
            fn digest(&self, hash: &mut Hash) {
                hash.add(&self.kind);
                hash.add(self.event_id.as_ref().map_or("", |id| id));
                if let Some(run) = self.run.as_ref() {
                    hash.add(&run.run_id);
                    hash.add(if run.is_active { "active" } else { "" });
                    hash.add(run.modified_at.as_ref().map_or("", |time| time));
                }
                let Some(output) = self.output.as_ref() else { return };
                for basis in output.basis.as_slice() {
                    hash.add(&basis.field);
                    hash.add(&basis.reasoning);
                    for citation in basis.citations.as_slice() {
                        hash.add(&citation.url);
                        hash.add(citation.title.as_ref().map_or("", |title| title));
                        for excerpt in citation.excerpts.as_ref().map_or(&[][..], |excerpts| excerpts.as_slice()) {
                            hash.add(excerpt);
                        }
                    }
                }
            }
        })*
    };
}

digests! {
    cut::brief::Event, cut::standard::Event;
    in_place::brief::Event, in_place::standard::Event;
    strict::brief::Event, strict::standard::Event;
    StreamEvent<Brief>, StreamEvent<Standard>;
}
