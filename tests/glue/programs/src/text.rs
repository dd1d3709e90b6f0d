//! Text and lists that keep the beginning of what has no room, as taskgroup's do.

use core::{fmt, marker::PhantomData, ops::Deref};

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

#[derive(Default)]
pub struct Text<const N: usize> {
    kept: heapless::String<N>,
    pub lost: u32,
}

impl<const N: usize> Text<N> {
    pub fn set(&mut self, text: &str) {
        self.clear();
        self.push_str(text);
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.lost = 0;
    }

    fn push_str(&mut self, piece: &str) {
        let room = if self.lost == 0 { N.saturating_sub(self.kept.len()) } else { 0 };
        let end = piece.floor_char_boundary(room);
        if let Some(kept) = piece.get(..end) {
            _ = self.kept.push_str(kept);
        }
        self.lost = self.lost.saturating_add(piece.len().saturating_sub(end) as u32);
    }

    /// From a string as it stands in JSON. By hand: serde-json-core knows no surrogate pairs, and its buffer
    /// to unescape in must hold the longest string there is, also of members that nobody asked for.
    fn unescape(&mut self, mut raw: &str) -> Option<()> {
        self.clear();
        while let Some((before, after)) = raw.split_once('\\') {
            self.push_str(before);
            let mut rest = after.chars();
            let character = match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\x08',
                'f' => '\x0C',
                'u' => escaped(&mut rest)?,
                other @ ('"' | '\\' | '/') => other,
                _ => return None,
            };
            self.push_str(character.encode_utf8(&mut [0; 4]));
            raw = rest.as_str();
        }
        self.push_str(raw);
        Some(())
    }
}

/// The character after `\u`, which may be a surrogate pair.
fn escaped(rest: &mut core::str::Chars<'_>) -> Option<char> {
    let first = unit(rest)?;
    if first & 0xFC00 == 0xD800 {
        let mut pair = rest.clone();
        if pair.next() == Some('\\') && pair.next() == Some('u') {
            let second = unit(&mut pair)?;
            if second & 0xFC00 == 0xDC00 {
                *rest = pair;
                return char::from_u32(0x1_0000 + ((first & 0x3FF) << 10) + (second & 0x3FF));
            }
        }
    }
    Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Four hexadecimal digits.
fn unit(rest: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | rest.next()?.to_digit(16)?))
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.kept
    }
}

/// Fills a value where it lies.
pub(crate) struct InPlace<'p, T>(pub(crate) &'p mut T);

impl<const N: usize> Visitor<'_> for InPlace<'_, Text<N>> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, raw: &str) -> Result<(), E> {
        self.0.unescape(raw).ok_or_else(|| E::custom("an escape"))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Self::default();
        deserializer.deserialize_str(InPlace(&mut text))?;
        Ok(text)
    }

    fn deserialize_in_place<D: Deserializer<'de>>(deserializer: D, place: &mut Self) -> Result<(), D::Error> {
        deserializer.deserialize_str(InPlace(place))
    }
}

/// The first elements, and how many more there were.
pub struct List<T, const N: usize> {
    kept: heapless::Vec<T, N>,
    pub lost: u32,
}

impl<T, const N: usize> List<T, N> {
    pub fn as_slice(&self) -> &[T] {
        &self.kept
    }
}

impl<T: Default, const N: usize> List<T, N> {
    /// The element at this place, if there is room; the next one is made.
    pub fn at(&mut self, index: usize) -> Option<&mut T> {
        if self.kept.len() == index {
            self.kept.push(T::default()).ok()?;
        }
        self.kept.get_mut(index)
    }
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self { kept: heapless::Vec::new(), lost: 0 }
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T, const N: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Elements<T, N> {
            type Value = List<T, N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut list = List::default();
                while !list.kept.is_full() {
                    match elements.next_element()? {
                        Some(element) => _ = list.kept.push(element),
                        None => return Ok(list),
                    }
                }
                while elements.next_element::<IgnoredAny>()?.is_some() {
                    list.lost = list.lost.saturating_add(1);
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(Elements(PhantomData))
    }
}
