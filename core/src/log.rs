//! One spelling for log lines: to `log`, to `defmt`, to both, or to nobody.
//!
//! The format strings are those that both crates understand, and no call site ever names the API
//! key. The adapters use these macros, too: which of the two crates takes the line is said by the
//! features `log` and `defmt` of the crate that calls.
//!
//! What a person needs to know from a device in the field is `info`, what they should look after
//! is `warning`, and what explains those is `debug`.

/// One line, at one level.
#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    ($level:ident, $($arg:tt)+) => {{
        #[cfg(feature = "log")]
        log::$level!($($arg)+);
        #[cfg(feature = "defmt")]
        defmt::$level!($($arg)+);
        #[cfg(not(any(feature = "log", feature = "defmt")))]
        {
            let _ = || { let _ = core::format_args!($($arg)+); };
        }
    }};
}

macro_rules! debug { ($($arg:tt)+) => { $crate::__log!(debug, $($arg)+) } }
macro_rules! info { ($($arg:tt)+) => { $crate::__log!(info, $($arg)+) } }
macro_rules! warning { ($($arg:tt)+) => { $crate::__log!(warn, $($arg)+) } }

pub(crate) use {debug, info, warning};
