//! One spelling for log lines, which go to `log`, to `defmt`, to both, or nowhere.
//!
//! Both crates understand the format strings, and no call names the API key. The adapters use these macros,
//! too: the features `log` and `defmt` of the calling crate decide where a line goes.
//!
//! `info` is what a person needs to know from a device in the field, `warning` what they should look into,
//! and `debug` what explains the others.

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
