//! The macros that make a [record](crate::record!) of a struct, and a [word](crate::enumeration!) of an enum.
//!
//! # Limits
//!
//! Those of [`json`](crate::json) and of [`tree`](super::tree).

/// For the macros only, which name it in the crate that uses them.
#[doc(hidden)]
pub mod __private {
    use super::super::value::Field;
    pub use super::super::{tree::pointer, value::clear};
    #[cfg(feature = "defmt")]
    pub use defmt;
    #[cfg(feature = "serde")]
    pub use serde;

    /// Does not compile for what is not a field, and the compiler points at the type.
    pub const fn is_field<F: Field>() {}
}

/// Makes a record: a struct that is filled from a JSON object, with a JSON Pointer (RFC 6901) from each field
/// to its value. A malformed pointer does not compile, and neither does one into an array: a
/// [`List`](crate::json::List) takes the array itself. A value that does not fit leaves its field at the
/// default, and is [named](crate::json::Error::Mismatch). An absent member also leaves its field at the
/// default, and that is not an error: a misspelt name compiles, and its field is always at the default.
///
/// The struct implements [`Record`](crate::json::Record); [`Field`](crate::json::Field), so it can be a field
/// of another; and `Default` if its fields do, so do not derive that. You may add attributes, other derives,
/// generics with bounds, and `where`; a bound with angle brackets belongs after `where`.
///
/// Name the types of events that it takes from a stream after `for`; `for *` takes all. Without `for` the
/// reader of the stream decides, such as a session.
///
/// ```
/// use taskgroup::{json, record, text::Text};
///
/// record! {
///     /// Nested records and pointers go together.
///     #[derive(Debug, PartialEq)]
///     pub struct Event for "state" | "error" { run: Run = "/run", why: Text<64> = "/error/message" }
/// }
/// record! { #[derive(Debug, PartialEq)] pub struct Run { active: bool = "/is_active" } }
/// let mut event = Event::default();
/// json::fill(&mut event, br#"{"run": {"is_active": true}}"#)?;
/// assert!(event.run.active);
/// # Ok::<(), json::Error>(())
/// ```
///
/// ```
/// use taskgroup::{json::{Field, Skip}, record, text::Text};
///
/// record! { pub struct Failures for "state" | "error" { pub why: Text<80> = "/error/message" } }
/// record! { pub struct All<F = Skip> for * where F: Field { pub kind: Text<32> = "/type", pub run: F = "/run" } }
/// # let _ = (Failures::default(), All::<Skip>::default());
/// ```
///
/// ```compile_fail
/// taskgroup::record! { pub struct Wrong { pub id: u8 = "run/id" } }
/// ```
///
/// ```compile_fail
/// taskgroup::record! { pub struct Wrong { pub delta: taskgroup::json::Raw<64> = "/choices/0/delta" } }
/// ```
#[macro_export]
macro_rules! record {
    ($($struct:tt)+) => {
        $crate::__record! { $($struct)+ }
    };
}

/// The steps of [`record!`](crate::record!): each takes tokens off the front of the rest, up to the fields.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    (@generics $head:tt [$($declared:tt)*] [$($bounded:tt)*] [$($named:tt)*] > $($rest:tt)+) => {
        $crate::__record! { @for $head [$($declared)*] [$($bounded)*] [$($named)*] $($rest)+ }
    };
    (@generics $head:tt [$($declared:tt)*] [$($bounded:tt)*] [$($named:tt)*] const $parameter:ident $($rest:tt)+) => {
        $crate::__record! { @bounds $head [$($declared)* const $parameter] [$($bounded)* const $parameter] [$($named)* $parameter] $($rest)+ }
    };
    (@generics $head:tt [$($declared:tt)*] [$($bounded:tt)*] [$($named:tt)*] $parameter:tt $($rest:tt)+) => {
        $crate::__record! { @bounds $head [$($declared)* $parameter] [$($bounded)* $parameter] [$($named)* $parameter] $($rest)+ }
    };
    (@bounds $head:tt [$($declared:tt)*] [$($bounded:tt)*] [$($named:tt)*] , $($rest:tt)+) => {
        $crate::__record! { @generics $head [$($declared)* ,] [$($bounded)* ,] [$($named)* ,] $($rest)+ }
    };
    (@bounds $head:tt $declared:tt $bounded:tt $named:tt > $($rest:tt)+) => {
        $crate::__record! { @for $head $declared $bounded $named $($rest)+ }
    };
    (@bounds $head:tt [$($declared:tt)*] $bounded:tt $named:tt = $default:literal $($rest:tt)+) => {
        $crate::__record! { @bounds $head [$($declared)* = $default] $bounded $named $($rest)+ }
    };
    (@bounds $head:tt [$($declared:tt)*] $bounded:tt $named:tt = $default:ty, $($rest:tt)+) => {
        $crate::__record! { @bounds $head [$($declared)* = $default] $bounded $named , $($rest)+ }
    };
    (@bounds $head:tt [$($declared:tt)*] $bounded:tt $named:tt = $default:ty> $($rest:tt)+) => {
        $crate::__record! { @bounds $head [$($declared)* = $default] $bounded $named > $($rest)+ }
    };
    (@bounds $head:tt [$($declared:tt)*] [$($bounded:tt)*] $named:tt $token:tt $($rest:tt)+) => {
        $crate::__record! { @bounds $head [$($declared)* $token] [$($bounded)* $token] $named $($rest)+ }
    };

    (@for $head:tt $declared:tt $bounded:tt $named:tt for * $($rest:tt)+) => {
        $crate::__record! { @where $head $declared $bounded $named [_] $($rest)+ }
    };
    (@for $head:tt $declared:tt $bounded:tt $named:tt for $($event_type:literal)|+ where $($rest:tt)+) => {
        $crate::__record! { @where $head $declared $bounded $named [$($event_type)|+] where $($rest)+ }
    };
    (@for $head:tt $declared:tt $bounded:tt $named:tt for $($event_type:literal)|+ { $($fields:tt)* }) => {
        $crate::__record! { @where $head $declared $bounded $named [$($event_type)|+] { $($fields)* } }
    };
    (@for $head:tt $declared:tt $bounded:tt $named:tt $($rest:tt)+) => {
        $crate::__record! { @where $head $declared $bounded $named [] $($rest)+ }
    };

    (@where $head:tt $declared:tt $bounded:tt $named:tt $types:tt where $($rest:tt)+) => {
        $crate::__record! { @where $head $declared $bounded $named $types [] $($rest)+ }
    };
    (@where $head:tt $declared:tt $bounded:tt $named:tt $types:tt { $($fields:tt)* }) => {
        $crate::__record! { @struct $head $declared $bounded $named $types [] { $($fields)* } }
    };
    (@where $head:tt $declared:tt $bounded:tt $named:tt $types:tt [$($where:tt)*] { $($fields:tt)* }) => {
        $crate::__record! { @struct $head $declared $bounded $named $types [$($where)*] { $($fields)* } }
    };
    (@where $head:tt $declared:tt $bounded:tt $named:tt $types:tt [$($where:tt)*] $token:tt $($rest:tt)+) => {
        $crate::__record! { @where $head $declared $bounded $named $types [$($where)* $token] $($rest)+ }
    };

    // Without parameters the compiler can point at a type that is not a field; everything after that assumes
    // it is one.
    (@struct $head:tt [] [] [] $types:tt []
        { $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty = $pointer:expr),* $(,)? }
    ) => {
        const _: fn() = || { $($crate::json::__private::is_field::<$type>();)* };
        $crate::__record! { @impl $head [] [] [] $types [] [$(for<'field> $type: $crate::json::Field,)*]
            { $($(#[$field_attribute])* $field_visibility $field: $type = $pointer),* }
        }
    };
    (@struct [$(#[$attribute:meta])* $visibility:vis struct $name:ident]
        [$($declared:tt)*] [$($bounded:tt)*] [$($named:tt)*] [$($types:tt)*] [$($where:tt)*]
        { $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty = $pointer:expr),* $(,)? }
    ) => {
        $crate::__record! { @impl [$(#[$attribute])* $visibility struct $name]
            [$($declared)*] [$($bounded)*] [$($named)*] [$($types)*] [$($where)*] [$($type: $crate::json::Field,)*]
            { $($(#[$field_attribute])* $field_visibility $field: $type = $pointer),* }
        }
    };

    // A field without a pointer.
    (@struct $head:tt $declared:tt $bounded:tt $named:tt $types:tt $where:tt
        { $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty $(= $pointer:expr)?),* $(,)? }
    ) => {
        $($crate::__record! { @pointer $field $(= $pointer)? })*
    };
    (@pointer $field:ident = $pointer:expr) => {};
    (@pointer $field:ident) => {
        ::core::compile_error!(::core::concat!(
            "field `", ::core::stringify!($field), "` has no JSON Pointer to its value: write `",
            ::core::stringify!($field), ": … = \"/", ::core::stringify!($field), "\"`, or where else it is"
        ));
    };

    (@impl [$(#[$attribute:meta])* $visibility:vis struct $name:ident]
        [$($declared:tt)*] [$($bounded:tt)*] [$($named:tt)*] [$($types:tt)*] [$($where:tt)*] [$($fields:tt)*]
        { $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $type:ty = $pointer:expr),* $(,)? }
    ) => {
        $(#[$attribute])*
        $visibility struct $name<$($declared)*> where $($where)* {
            $($(#[$field_attribute])* $field_visibility $field: $type,)*
        }

        // `for` keeps the compiler from checking the bound at once if a type is not a parameter.
        impl<$($bounded)*> ::core::default::Default for $name<$($named)*>
        where $(for<'default> $type: ::core::default::Default,)* $($where)*
        {
            fn default() -> Self {
                Self { $($field: ::core::default::Default::default(),)* }
            }
        }

        #[allow(trivial_bounds)]
        impl<$($bounded)*> $crate::json::Field for $name<$($named)*>
        where $($fields)* $($where)*
        {
            fn clear(&mut self) {
                $crate::json::__private::clear(self);
            }

            fn fill(&mut self, json: &mut $crate::json::Json<'_, '_>) -> ::core::result::Result<(), $crate::json::Stop> {
                json.object(self)
            }
        }

        #[allow(trivial_bounds)]
        impl<$($bounded)*> $crate::json::Record for $name<$($named)*>
        where $($fields)* $($where)*
        {
            fn names(&self) -> &'static [$crate::json::Node] {
                const FIELDS: &[&str] = &[$(::core::stringify!($field)),*];
                const GIVEN: &[&str] = &[$($pointer),*];
                const POINTERS: &[&str] = &[$($crate::json::__private::pointer(FIELDS, GIVEN, ::core::stringify!($field))),*];
                static NODES: [$crate::json::Node; $crate::json::count(POINTERS)] = $crate::json::tree(POINTERS);
                &NODES
            }

            #[allow(non_camel_case_types, unused_variables)]
            fn member(&mut self, index: usize) -> ::core::option::Option<&mut dyn $crate::json::Field> {
                enum Index { $($field),* }
                $(if index == Index::$field as usize {
                    return ::core::option::Option::Some(&mut self.$field);
                })*
                ::core::option::Option::None
            }

            $crate::__record! { @wants $($types)* }
        }
    };

    (@wants) => {};
    (@wants _) => {
        fn wants(&self, _: &str) -> ::core::option::Option<bool> { ::core::option::Option::Some(true) }
    };
    (@wants $($event_type:tt)+) => {
        fn wants(&self, event_type: &str) -> ::core::option::Option<bool> {
            ::core::option::Option::Some(::core::matches!(event_type, $($event_type)+))
        }
    };

    ($(#[$attribute:meta])* $visibility:vis struct $name:ident < $($rest:tt)+) => {
        $crate::__record! { @generics [$(#[$attribute])* $visibility struct $name] [] [] [] $($rest)+ }
    };
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident $($rest:tt)+) => {
        $crate::__record! { @for [$(#[$attribute])* $visibility struct $name] [] [] [] $($rest)+ }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "a record is a struct with a JSON Pointer for each field: `pub struct Name { pub field: Type = \"/pointer\" }`"
        );
    };
}

/// Makes an enum of the words that a member may have, with a variant `Unknown` for all others, for `null`,
/// and for an absent member.
///
/// ```
/// use taskgroup::{enumeration, json, record};
///
/// enumeration! { pub enum Confidence { Low = "low", High = "high" } }
/// record! { struct Basis { confidence: Confidence = "/confidence" } }
/// let mut basis = Basis::default();
/// json::fill(&mut basis, br#"{"confidence": "high"}"#)?;
/// assert_eq!((basis.confidence, basis.confidence.as_str()), (Confidence::High, "high"));
/// # Ok::<(), json::Error>(())
/// ```
///
/// It derives `Clone`, `Copy`, `Debug`, `Default`, `PartialEq`, `Eq` and `Hash`, so do not derive these
/// yourself.
///
/// With the feature `serde` it is written as its word; `Unknown` as `null`.
#[macro_export]
macro_rules! enumeration {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident {
        $($(#[$arm_attribute:meta])* $arm:ident = $word:literal),* $(,)?
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $visibility enum $name {
            $($(#[$arm_attribute])* $arm,)*
            /// Another word, or none.
            #[default]
            Unknown,
        }

        impl $name {
            /// The word in the JSON text; empty for `Unknown`.
            #[must_use]
            #[allow(dead_code)]
            $visibility const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$arm => $word,)*
                    Self::Unknown => "",
                }
            }

            const WORDS: &[&str] = &[$($word),*];

            fn from_index(index: ::core::option::Option<usize>) -> Self {
                index.and_then(|index| [$(Self::$arm),*].get(index).copied()).unwrap_or_default()
            }
        }

        impl ::core::convert::From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::from_index(Self::WORDS.iter().position(|known| *known == word))
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(match self {
                    Self::Unknown => "unknown",
                    known => known.as_str(),
                })
            }
        }

        impl $crate::json::Field for $name {
            fn clear(&mut self) {
                *self = Self::Unknown;
            }

            fn fill(&mut self, json: &mut $crate::json::Json<'_, '_>) -> ::core::result::Result<(), $crate::json::Stop> {
                *self = Self::from_index(json.one_of(Self::WORDS)?);
                ::core::result::Result::Ok(())
            }
        }

        $crate::__format_word! { $name }
        $crate::__serialize_word! { $name }
    };
}

/// For [`enumeration!`](crate::enumeration!), which cannot ask for a feature of this crate itself.
#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! __serialize_word {
    ($name:ident) => {
        impl $crate::json::__private::serde::Serialize for $name {
            fn serialize<S: $crate::json::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                match self {
                    Self::Unknown => serializer.serialize_none(),
                    known => serializer.serialize_str(known.as_str()),
                }
            }
        }
    };
}

/// Nothing to do.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __serialize_word {
    ($name:ident) => {};
}

/// For [`enumeration!`](crate::enumeration!), which cannot ask for a feature of this crate itself.
#[cfg(feature = "defmt")]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_word {
    ($name:ident) => {
        impl $crate::json::__private::defmt::Format for $name {
            fn format(&self, f: $crate::json::__private::defmt::Formatter<'_>) {
                $crate::json::__private::defmt::Format::format(self.as_str(), f);
            }
        }
    };
}

/// Nothing to do.
#[cfg(not(feature = "defmt"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __format_word {
    ($name:ident) => {};
}
