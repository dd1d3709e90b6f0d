//! Secrets in, the secrets that follow from them out (RFC 8446, section 7.1), all with SHA-256.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The length of a hash, and so of every secret.
pub(super) const HASH: usize = 32;

pub(super) type Secret = [u8; HASH];

/// The hash of the messages so far (section 4.4.1).
#[derive(Clone)]
pub(super) struct Transcript(Sha256);

// Out of line: the hash is long code, and there are many messages.
impl Transcript {
    #[inline(never)]
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    #[inline(never)]
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn hash(&self) -> [u8; HASH] {
        self.hash_with(&[])
    }

    /// As if this message had come, too.
    #[inline(never)]
    pub(super) fn hash_with(&self, later: &[u8]) -> [u8; HASH] {
        let mut all = self.clone();
        all.update(later);
        all.0.finalize().into()
    }
}

/// The hash of nothing.
pub(super) fn empty_hash() -> [u8; HASH] {
    Transcript::new().hash()
}

#[inline(never)]
fn hmac(key: &[u8], parts: &[&[u8]]) -> Secret {
    // HMAC takes a key of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) else { return Secret::default() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HKDF-Extract (RFC 5869, section 2.2).
pub(super) fn extract(salt: &Secret, input: &[u8]) -> Secret {
    hmac(salt, &[input])
}

/// HKDF-Expand-Label, of up to 32 bytes.
pub(super) fn expand<const N: usize>(secret: &Secret, label: &[u8], context: &[u8]) -> [u8; N] {
    const { assert!(N <= HASH) };
    let mut out = [0; N];
    expand_into(secret, label, context, &mut out);
    out
}

/// HKDF-Expand-Label, of up to 32 bytes: one block of HKDF-Expand.
pub(super) fn expand_into(secret: &Secret, label: &[u8], context: &[u8], out: &mut [u8]) {
    const PREFIX: &[u8] = b"tls13 ";
    let [high, low] = (out.len() as u16).to_be_bytes();
    let label_length = (PREFIX.len() as u8).saturating_add(label.len() as u8);
    let info: [&[u8]; 6] = [&[high, low, label_length], PREFIX, label, &[context.len() as u8], context, &[1]];
    let block = hmac(secret, &info);
    for (to, from) in out.iter_mut().zip(block) {
        *to = from;
    }
}

/// Derive-Secret, from the hash of the messages.
#[inline(never)]
pub(super) fn derive(secret: &Secret, label: &[u8], transcript: &[u8; HASH]) -> Secret {
    expand(secret, label, transcript)
}

/// The secret of the next stage.
pub(super) fn next_stage(secret: &Secret, input: &[u8]) -> Secret {
    extract(&derive(secret, b"derived", &empty_hash()), input)
}

/// What a `Finished` says (section 4.4.4), or a binder.
#[inline(never)]
pub(super) fn finished(secret: &Secret, transcript: &[u8; HASH]) -> Secret {
    let key: Secret = expand(secret, b"finished", &[]);
    hmac(&key, &[transcript])
}

/// Is this what a `Finished` has to say? In a time that does not depend on where it differs.
pub(super) fn is_finished(secret: &Secret, transcript: &[u8; HASH], said: &[u8]) -> bool {
    finished(secret, transcript).ct_eq(said).into()
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    pub(crate) fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    pub(crate) fn secret(hex: &str) -> Secret {
        bytes(hex).try_into().unwrap()
    }

    /// RFC 8448, section 3.
    #[test]
    fn a_handshake_has_the_secrets_of_rfc_8448() {
        let shared = secret("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
        let hello = secret("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8");
        let verified = secret("edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed");
        let server_finished = secret("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13");
        let client_finished = secret("209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d");
        let early = extract(&[0; HASH], &[0; HASH]);
        assert_eq!(early, secret("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
        let handshake = next_stage(&early, &shared);
        assert_eq!(handshake, secret("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"));
        let client = derive(&handshake, b"c hs traffic", &hello);
        assert_eq!(client, secret("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"));
        let server = derive(&handshake, b"s hs traffic", &hello);
        assert_eq!(server, secret("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
        assert_eq!(expand::<16>(&server, b"key", &[]).to_vec(), bytes("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(expand::<12>(&server, b"iv", &[]).to_vec(), bytes("5d313eb2671276ee13000b30"));
        let said = secret("9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718");
        assert_eq!(finished(&server, &verified), said);
        assert!(is_finished(&server, &verified, &said));
        for place in 0..HASH {
            let mut wrong = said;
            wrong[place] ^= 1;
            assert!(!is_finished(&server, &verified, &wrong));
        }
        assert!(!is_finished(&server, &verified, &said[1..]) && !is_finished(&server, &hello, &said));
        let answer = secret("a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61");
        assert_eq!(finished(&client, &server_finished), answer);
        let master = next_stage(&handshake, &[0; HASH]);
        assert_eq!(master, secret("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"));
        let client = derive(&master, b"c ap traffic", &server_finished);
        assert_eq!(client, secret("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"));
        let server = derive(&master, b"s ap traffic", &server_finished);
        assert_eq!(server, secret("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"));
        let resumption = derive(&master, b"res master", &client_finished);
        assert_eq!(resumption, secret("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"));
    }

    /// RFC 8448, section 4.
    #[test]
    fn a_resumed_session_has_the_binder_of_rfc_8448() {
        let resumption = secret("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
        let truncated = secret("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
        let psk: Secret = expand(&resumption, b"resumption", &[0, 0]);
        assert_eq!(psk, secret("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));
        let early = extract(&[0; HASH], &psk);
        assert_eq!(early, secret("9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c"));
        let binder = derive(&early, b"res binder", &empty_hash());
        assert_eq!(binder, secret("69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256"));
        let said = finished(&binder, &truncated);
        assert_eq!(said, secret("3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d"));
    }
}
