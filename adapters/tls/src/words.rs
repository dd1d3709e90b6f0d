//! A value in, the same words for `Display` and for defmt out.

/// Says each value of a type in words that both kinds of formatting can print.
macro_rules! words {
    ($type:ty { $($value:pat => $words:literal $(, $what:expr)*;)+ }) => {
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self { $($value => core::write!(f, $words $(, $what)*),)+ }
            }
        }

        #[cfg(feature = "defmt")]
        impl defmt::Format for $type {
            fn format(&self, f: defmt::Formatter<'_>) {
                match *self { $($value => defmt::write!(f, $words $(, $what)*),)+ }
            }
        }
    };
}

pub(crate) use words;
