//! A variable's name in, its value out, as it was meant.
//!
//! # Limits
//!
//! UTF-8 only. A variable that is empty, or only blanks, is not set: scripts leave them so.

use std::env;

use crate::Error;

/// The value without blanks around it.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::Usage(format!("{name} is not UTF-8"))),
    }
}
