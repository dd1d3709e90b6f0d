//! (c') What an expert makes of the line buffer and serde-json-core: the record is filled where it lies, so
//! none travels over the stack. By serde's hidden `deserialize_in_place`, and by types for lists and for what
//! may be null.

use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::text::InPlace;

/// Something, or nothing: its place is there either way.
#[derive(Default)]
pub struct Maybe<T> {
    is_there: bool,
    value: T,
}

impl<T> Maybe<T> {
    pub fn as_ref(&self) -> Option<&T> {
        self.is_there.then_some(&self.value)
    }
}

/// The first elements, and how many there were.
pub struct List<T, const N: usize> {
    elements: [T; N],
    count: usize,
}

impl<T, const N: usize> List<T, N> {
    pub fn as_slice(&self) -> &[T] {
        self.elements.get(..self.count).unwrap_or(&self.elements)
    }
}

impl<T: Default, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self { elements: core::array::from_fn(|_| T::default()), count: 0 }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for InPlace<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        T::deserialize_in_place(deserializer, self.0)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for InPlace<'_, Maybe<T>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something or null")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.0.is_there = false;
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.is_there = true;
        T::deserialize_in_place(deserializer, &mut self.0.value)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for InPlace<'_, List<T, N>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.0.count = 0;
        for place in &mut self.0.elements {
            match elements.next_element_seed(InPlace(place))? {
                Some(()) => self.0.count = self.0.count.saturating_add(1),
                None => return Ok(()),
            }
        }
        while elements.next_element::<IgnoredAny>()?.is_some() {
            self.0.count = self.0.count.saturating_add(1);
        }
        Ok(())
    }
}

macro_rules! in_place {
    ($call:ident, [$($generics:tt)*] $type:ty) => {
        impl<'de, $($generics)*> Deserialize<'de> for $type {
            /// Nothing asks for it by value, but the trait wants it.
            fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Err(D::Error::custom("only in place"))
            }

            fn deserialize_in_place<D: Deserializer<'de>>(deserializer: D, place: &mut Self) -> Result<(), D::Error> {
                deserializer.$call(InPlace(place))
            }
        }
    };
}
in_place!(deserialize_option, [T: Deserialize<'de>] Maybe<T>);
in_place!(deserialize_seq, [T: Deserialize<'de>, const N: usize] List<T, N>);

/// The record is filled where it lies; whether the text was right.
pub fn parse<'t, E: Deserialize<'t>>(json: &'t [u8], record: &mut E) -> bool {
    let mut deserializer = serde_json_core::de::Deserializer::new(json, None);
    E::deserialize_in_place(&mut deserializer, record).is_ok() && deserializer.end().is_ok()
}
