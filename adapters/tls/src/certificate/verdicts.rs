//! Signatures that webpki asks for in, whether they hold out; verified when webpki has returned, so that the
//! stack needs room for one of the two at a time.
//!
//! While webpki looks for a path, the first signature whose verdict is not known is noted, and none of those
//! is taken to hold. Then the one that was noted is verified, and webpki looks again, until it asks for
//! nothing new. So what counts is a search in which every answer was right: the same that webpki finds when
//! it verifies at once. And until the signatures of a path hold, nothing is done that webpki does only after
//! that: somebody on the way could make it long.
//!
//! # Limits
//!
//! [`VERDICTS`] signatures for one server.

use core::{
    array,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, TrustAnchor};

use super::Certificates;
use crate::signature::{ALGORITHMS, COUNT, named};

/// The most signatures that are verified: five of a path, and some of paths that end nowhere.
const VERDICTS: usize = 12;

/// Of no algorithm.
const NONE: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[]);

/// What is known of each signature that was asked for.
///
/// Nothing here is shared between threads. But webpki's trait asks for [`Sync`], and atomics that are only
/// loaded and stored are the cells that have it on every processor.
pub(super) struct Verdicts {
    asked: [Asked; VERDICTS],
    length: AtomicUsize,
}

/// A signature, by where it lies. A length of a half of a word holds all that a message of TLS brings.
struct Asked {
    key: AtomicUsize,
    message: AtomicUsize,
    signature: AtomicUsize,
    /// Of the message and the signature, packed.
    lengths: AtomicUsize,
    /// Of the key and [`ALGORITHMS`], packed, and the verdict.
    rest: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unknown,
    Holds,
    Wrong,
}

/// An algorithm, and a signature that it is for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Signature {
    algorithm: usize,
    key: (usize, usize),
    message: (usize, usize),
    signature: (usize, usize),
}

impl Verdicts {
    pub(super) fn new() -> Self {
        Self { asked: array::from_fn(|_| Asked::new()), length: AtomicUsize::new(0) }
    }

    /// What webpki is given in the place of [`ALGORITHMS`].
    pub(super) fn algorithms(&self) -> [Algorithm<'_>; COUNT] {
        array::from_fn(|place| Algorithm { place: place as u8, verdicts: self })
    }

    /// Were there more than there is room for?
    pub(super) fn are_too_many(&self) -> bool {
        self.length.load(Relaxed) > VERDICTS
    }

    fn asked(&self) -> &[Asked] {
        self.asked.get(..self.length.load(Relaxed)).unwrap_or(&self.asked)
    }

    /// The one that is noted, and not known yet.
    fn unknown(&self) -> Option<&Asked> {
        self.asked().last().filter(|asked| asked.verdict() == Verdict::Unknown)
    }

    /// Does it hold, as far as that is known?
    fn ask(&self, signature: Signature) -> bool {
        if let Some(known) = self.asked().iter().find(|asked| asked.signature() == signature) {
            return known.verdict() == Verdict::Holds;
        }
        if self.unknown().is_none() {
            let place = self.length.load(Relaxed);
            self.length.store(place.saturating_add(1), Relaxed);
            if let Some(place) = self.asked.get(place) {
                place.set(signature, Verdict::Unknown);
            }
        }
        false
    }

    /// Verifies what is not known yet. `true`: every answer was right.
    #[inline(never)]
    pub(super) fn settle(&self, certificates: &Certificates<'_>, anchors: &[TrustAnchor<'_>]) -> bool {
        let Some(asked) = self.unknown() else { return true };
        let signature = asked.signature();
        let holds = signature.verify(certificates, anchors).is_some();
        asked.set(signature, if holds { Verdict::Holds } else { Verdict::Wrong });
        false
    }
}

impl Asked {
    const HALF: u32 = usize::BITS / 2;

    const fn new() -> Self {
        const fn zero() -> AtomicUsize {
            AtomicUsize::new(0)
        }
        Self { key: zero(), message: zero(), signature: zero(), lengths: zero(), rest: zero() }
    }

    /// One that is longer than can be noted is not, and then it does not hold.
    fn set(&self, signature: Signature, verdict: Verdict) {
        let Signature { algorithm, key, message, signature } = signature;
        let fits = |length: usize| length >> Self::HALF == 0;
        if ![key.1, message.1, signature.1].into_iter().all(fits) {
            return;
        }
        self.key.store(key.0, Relaxed);
        self.message.store(message.0, Relaxed);
        self.signature.store(signature.0, Relaxed);
        self.lengths.store(message.1 << Self::HALF | signature.1, Relaxed);
        self.rest.store(key.1 << Self::HALF | algorithm << 2 | verdict as usize, Relaxed);
    }

    fn signature(&self) -> Signature {
        let [key, message, signature, lengths, rest] =
            [&self.key, &self.message, &self.signature, &self.lengths, &self.rest]
                .map(|part| part.load(Relaxed));
        let low = usize::MAX >> Self::HALF;
        Signature {
            algorithm: (rest & low) >> 2,
            key: (key, rest >> Self::HALF),
            message: (message, lengths >> Self::HALF),
            signature: (signature, lengths & low),
        }
    }

    fn verdict(&self) -> Verdict {
        match self.rest.load(Relaxed) & 3 {
            1 => Verdict::Holds,
            2 => Verdict::Wrong,
            _ => Verdict::Unknown,
        }
    }
}

impl Signature {
    /// `None`: it does not hold.
    fn verify(&self, certificates: &Certificates<'_>, anchors: &[TrustAnchor<'_>]) -> Option<()> {
        let find = |(address, length): (usize, usize)| {
            let sent = certificates.iter().map(|certificate| &**certificate);
            let known = anchors.iter().map(|anchor| &*anchor.subject_public_key_info);
            sent.chain(known).find_map(|whole| {
                let place = address.checked_sub(whole.as_ptr().addr())?;
                whole.get(place..place.checked_add(length)?)
            })
        };
        let (key, message, signature) = (find(self.key)?, find(self.message)?, find(self.signature)?);
        ALGORITHMS.get(self.algorithm)?.verify_signature(key, message, signature).ok()
    }
}

/// One of [`ALGORITHMS`], which answers by what is known.
pub(super) struct Algorithm<'v> {
    place: u8,
    verdicts: &'v Verdicts,
}

impl Algorithm<'_> {
    fn own(&self) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        ALGORITHMS.get(usize::from(self.place)).copied()
    }
}

named!(Algorithm<'_>);

impl SignatureVerificationAlgorithm for Algorithm<'_> {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.own().map_or(NONE, |own| own.public_key_alg_id())
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.own().map_or(NONE, |own| own.signature_alg_id())
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let [key, message, signature] =
            [key, message, signature].map(|part| (part.as_ptr().addr(), part.len()));
        let asked = Signature { algorithm: self.place.into(), key, message, signature };
        self.verdicts.ask(asked).then_some(()).ok_or(InvalidSignature)
    }
}
