//! An error in, the alert that tells the server of it out (RFC 8446, section 6).

use super::{Keys, Machine, PLAINTEXT_MAX};
use crate::{
    CertificateError, Error,
    machine::protection::{ALERT, HEADER},
};

pub(super) const CLOSE_NOTIFY: u8 = 0;
pub(super) const USER_CANCELED: u8 = 90;

impl Machine<'_> {
    /// Writes the alert that tells the server of an error, or `close_notify` for `None`, to the front of
    /// `send`, under the keys of the moment, or in the clear while there are none. It says how many bytes are
    /// to be sent, and nothing comes after them.
    ///
    /// `None`: the server cannot hear it, or has said itself what was wrong; or there are not 24 bytes.
    pub fn alert(&mut self, error: Option<Error>, send: &mut [u8]) -> Option<usize> {
        let content = match error {
            None => [1, CLOSE_NOTIFY],
            Some(error) => [2, description(error)?],
        };
        *send.get_mut(HEADER..)?.first_chunk_mut()? = content;
        match &mut self.keys {
            Keys::Records { write, .. } => write.seal(self.aes, ALERT, send, content.len()),
            Keys::Exchange { .. } => {
                *send.first_chunk_mut()? = [ALERT, 3, 3, 0, 2];
                HEADER.checked_add(content.len())
            }
        }
    }
}

/// What the server is told (section 6.2). `None`: nothing, for it has said so itself, or cannot hear it.
pub(super) fn description(error: Error) -> Option<u8> {
    Some(match error {
        Error::Transport(_) | Error::Cut | Error::Alert { .. } => return None,
        Error::Record { length, .. } if length > PLAINTEXT_MAX => 22,
        Error::OutOfTurn | Error::Record { .. } | Error::Unsupported => 10,
        Error::Tampered => 20,
        Error::RecordTooLong { .. } | Error::MessageTooLong => 22,
        Error::Certificate(CertificateError::UnknownIssuer { .. }) => 48,
        Error::Certificate(CertificateError::Expired { .. } | CertificateError::NotYetValid { .. }) => 45,
        Error::Certificate(CertificateError::Algorithm) => 43,
        Error::Certificate(CertificateError::Missing | CertificateError::Malformed) => 50,
        Error::Certificate(_) => 42,
        Error::Malformed => 50,
        Error::Unproven | Error::Finished => 51,
        Error::ServerHello | Error::SignatureScheme { .. } => 47,
        _ => 80,
    })
}
