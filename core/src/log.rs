//! One spelling for log lines: to `log`, to `defmt`, to both, or to nobody.
//!
//! The format strings are those that both crates understand (`{}` over integers and `str`), and no
//! call site ever names the API key.

macro_rules! event {
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

macro_rules! debug { ($($arg:tt)+) => { $crate::log::event!(debug, $($arg)+) } }
macro_rules! warning { ($($arg:tt)+) => { $crate::log::event!(warn, $($arg)+) } }

pub(crate) use {debug, event, warning};
