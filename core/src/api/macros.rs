//! A record of the service in, what all of them have in common out.

/// Makes a [`record!`](crate::record!) of the service: with the profile `P`, for events of any type, and
/// `non_exhaustive`.
///
/// With the feature `serde` it is written in the service's own shape: each field under the name in its
/// pointer, except those of size 0, whose values were skipped. `omitting` leaves out others instead; `written
/// by hand` means that there is a separate `Serialize`.
macro_rules! service_record {
    ($(#[$attribute:meta])* pub struct $name:ident<P $(, const $count:ident: usize = $default:literal)?> {
        $($(#[$field_attribute:meta])* pub $field:ident: $type:ty = $pointer:literal,)+
    }) => {
        service_record! { written by hand:
            $(#[$attribute])*
            pub struct $name<P $(, const $count: usize = $default)?> {
                $($(#[$field_attribute])* pub $field: $type = $pointer,)+
            }
        }
        service_record! { @serialize $crate::api::macros::is_skipped,
            [P: $crate::api::Profile $(, const $count: usize)?] $name [P $(, $count)?]
            { $($field: $type = $pointer,)+ }
        }
    };
    (written by hand:
        $(#[$attribute:meta])* pub struct $name:ident<P $(, const $count:ident: usize = $default:literal)?> {
            $($(#[$field_attribute:meta])* pub $field:ident: $type:ty = $pointer:literal,)+
        }
    ) => {
        $crate::record! {
            $(#[$attribute])*
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub struct $name<P = $crate::api::Standard $(, const $count: usize = $default)?> for *
            where P: $crate::api::Profile {
                $($(#[$field_attribute])* pub $field: $type = $pointer,)+
            }
        }

        #[cfg(feature = "defmt")]
        $crate::__format_as_debug! { [P: $crate::api::Profile $(, const $count: usize)?] $name<P $(, $count)?>; }
    };
    (omitting $is_omitted:path: $(#[$attribute:meta])* pub struct $name:ident {
        $($(#[$field_attribute:meta])* pub $field:ident: $type:ty = $pointer:literal,)+
    }) => {
        $crate::record! {
            $(#[$attribute])*
            #[derive(Clone, Debug, PartialEq)]
            #[cfg_attr(feature = "defmt", derive(defmt::Format))]
            #[non_exhaustive]
            pub struct $name for * {
                $($(#[$field_attribute])* pub $field: $type = $pointer,)+
            }
        }

        service_record! { @serialize $is_omitted, [] $name [] { $($field: $type = $pointer,)+ } }
    };

    (@serialize $is_omitted:path, [$($generics:tt)*] $name:ident [$($named:tt)*]
        { $($field:ident: $type:ty = $pointer:literal,)+ }
    ) => {
        #[cfg(feature = "serde")]
        #[allow(trivial_bounds, reason = "some of the types are no parameters")]
        impl<$($generics)*> serde::Serialize for $name<$($named)*>
        where $($type: serde::Serialize,)+
        {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;

                let are_written = [$(!$is_omitted(&self.$field)),+];
                let count = are_written.into_iter().filter(|is_written| *is_written).count();
                let mut object = serializer.serialize_struct(stringify!($name), count)?;
                $(
                    let name = const { $crate::api::macros::member($pointer) };
                    if $is_omitted(&self.$field) {
                        object.skip_field(name)?;
                    } else {
                        object.serialize_field(name, &self.$field)?;
                    }
                )+
                object.end()
            }
        }
    };
}

pub(super) use service_record;

/// Whether this is a field of size 0, whose value was skipped.
#[cfg(feature = "serde")]
pub(super) const fn is_skipped<T>(_: &T) -> bool {
    size_of::<T>() == 0
}

/// The name in a pointer to a member of the root, while the program is compiled.
#[cfg(feature = "serde")]
pub(super) const fn member(pointer: &'static str) -> &'static str {
    pointer.split_at(1).1
}
