//! The types of fields: each says how much of a value to keep.
//!
//! # Limits
//!
//! Those in the types. Numbers have at most [`SHORT`](super::SHORT) characters; `223.0` and `2.23e2` are
//! integers, as in JSON Schema. A value that does not fit is a [mismatch](super::Error::Mismatch). A text or
//! list that is too long is not: its field counts what it lost, to `u32::MAX`.

use core::{
    fmt,
    ops::{ControlFlow, Deref},
};

#[cfg(feature = "serde")]
use super::error::ParseError;
use super::{
    error::Misfit,
    number::{DOUBLE, SINGLE, float, integer},
    value::{Field, Json, Kind, Row, Sink, Stop},
};
use crate::text::Text;

/// Keeps the beginning of a string; `null` is not a text. The rest is only counted, and bytes there that are
/// not UTF-8 count as they are.
impl<const N: usize> Field for Text<N> {
    fn clear(&mut self) {
        Self::clear(self);
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.text_into(&mut Sink::Text(self.open()))
    }
}

/// The JSON text of any value, including `null`: its first `N` bytes, and the number of those after them.
///
/// It has no whitespace between tokens, and no unnecessary escapes: `\u00fc` becomes `ü`. So texts with the
/// same tokens are equal. It is empty if the member was absent.
///
/// With the feature `serde` it is written as the value itself; if it was cut, as a string of what was kept;
/// and as `null` if it is empty.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Raw<const N: usize> {
    text: Text<N>,
}

impl<const N: usize> Raw<N> {
    /// No value.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: Text::new() }
    }

    /// The JSON text; only its beginning if [`lost`](Self::lost) is not 0.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether it is empty: the member was absent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.text.lost() == 0
    }

    /// The number of bytes after those that were kept. 0: this is the whole value.
    ///
    /// The rest of the string in which the text was cut is counted decoded, and everything after it as in the
    /// input, with whitespace and escapes.
    #[must_use]
    pub const fn lost(&self) -> usize {
        self.text.lost()
    }

    /// Parses the value into a type of yours, with the feature `serde`.
    ///
    /// Each string and name with an escape is decoded in `scratch`, one at a time, including those of members
    /// that `T` does not know. **`N` bytes are always enough**, since no string is longer than the text. With
    /// less, your program fails on the day when the service adds a long member.
    ///
    /// ```
    /// use taskgroup::{json::{self, Raw}, record};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Growth { gdp: f32 }
    ///
    /// record! { struct Output { content: Raw<64> = "/content" } }
    /// let mut output = Output::default();
    /// json::fill(&mut output, br#"{"content": {"gdp": 3.1, "new": "since\nyesterday"}}"#)?;
    /// assert_eq!(output.content.parse::<Growth>(&mut [0; 64]).unwrap().gdp, 3.1);
    /// # Ok::<(), json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`ParseError`].
    #[cfg(feature = "serde")]
    pub fn parse<'a, T: serde::Deserialize<'a>>(&'a self, scratch: &mut [u8]) -> Result<T, ParseError> {
        if self.lost() > 0 {
            return Err(ParseError::Cut);
        }
        let text = self.as_str().as_bytes();
        serde_json_core::from_slice_escaped(text, scratch).map(|(value, _)| value).map_err(ParseError::new)
    }
}

impl<const N: usize> Field for Raw<N> {
    fn clear(&mut self) {
        self.text.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.raw_into(&mut Sink::Text(self.text.open()))
    }
}

impl<const N: usize> fmt::Debug for Raw<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        if self.lost() > 0 { write!(f, "+{}", self.lost()) } else { Ok(()) }
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Raw<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        self.text.format(f);
    }
}

/// The text of a string, or the JSON text of any other value as in [`Raw`]: for members that are "string or
/// object". Neither if the member was absent or `null`.
///
/// With the feature `serde` it is written as the value itself.
///
/// ```
/// use taskgroup::{json::{self, Content}, record};
///
/// record! { struct Output { content: Content<64> = "/content" } }
/// let mut output = Output::default();
/// json::fill(&mut output, br#"{"content": {"gdp": 3.1}}"#)?;
/// assert_eq!((output.content.as_json(), output.content.as_text()), (Some(r#"{"gdp":3.1}"#), None));
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Content<const N: usize> {
    shape: Shape,
    kept: Raw<N>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Shape {
    #[default]
    None,
    Text,
    Json,
}

impl Shape {
    /// The shape of the next value; in the middle of a value, that of this one.
    fn of_value(self, json: &mut Json<'_, '_>) -> Result<Self, Stop> {
        Ok(match json.peek()? {
            Some(Kind::Null) => Self::None,
            Some(Kind::String) => Self::Text,
            Some(_) => Self::Json,
            None => self,
        })
    }
}

impl<const N: usize> Content<N> {
    /// No value.
    #[must_use]
    pub const fn new() -> Self {
        Self { shape: Shape::None, kept: Raw::new() }
    }

    /// The string, if it is one; only its beginning if [`lost`](Self::lost) is not 0.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        (self.shape == Shape::Text).then_some(self.kept.as_str())
    }

    /// The JSON text, or its beginning, if the value is neither a string nor `null`.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        (self.shape == Shape::Json).then_some(self.kept.as_str())
    }

    /// Either of them; empty if there is no value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.kept.as_str()
    }

    /// The number of bytes after those that were kept. 0: this is the whole value.
    #[must_use]
    pub const fn lost(&self) -> usize {
        self.kept.lost()
    }

    /// Parses a value that is not a string into a type of yours, as [`Raw::parse`] does.
    ///
    /// # Errors
    ///
    /// As there; also [`Mismatch`](ParseError::Mismatch) for a string or no value.
    #[cfg(feature = "serde")]
    pub fn parse<'a, T: serde::Deserialize<'a>>(&'a self, scratch: &mut [u8]) -> Result<T, ParseError> {
        match self.shape {
            Shape::Text => Err(ParseError::Mismatch),
            Shape::None | Shape::Json => self.kept.parse(scratch),
        }
    }

    #[cfg(feature = "serde")]
    pub(super) const fn kept(&self) -> &Raw<N> {
        &self.kept
    }
}

impl<const N: usize> Field for Content<N> {
    fn clear(&mut self) {
        self.shape = Shape::None;
        self.kept.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        fill_shape(&mut self.shape, &mut Sink::Text(self.kept.text.open()), json)
    }
}

#[inline(never)]
fn fill_shape(shape: &mut Shape, sink: &mut Sink<'_>, json: &mut Json<'_, '_>) -> Result<(), Stop> {
    *shape = shape.of_value(json)?;
    match shape {
        Shape::None => json.skip(),
        Shape::Text => json.text_into(sink),
        Shape::Json => json.raw_into(sink),
    }
}

impl<const N: usize> fmt::Debug for Content<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::None => f.write_str("None"),
            Shape::Text => fmt::Debug::fmt(&self.kept.text, f),
            Shape::Json => fmt::Debug::fmt(&self.kept, f),
        }
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Content<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        self.kept.format(f);
    }
}

/// The first `N` elements of an array that fit, and the number of the others.
///
/// Two are equal if they have the same elements and lost the same number.
///
/// ```
/// use taskgroup::{json::{self, List}, record, text::Text};
///
/// record! { struct Output { sources: List<Text<12>, 2> = "/sources" } }
/// let mut output = Output::default();
/// json::fill(&mut output, br#"{"sources": ["a", "b", "c"]}"#)?;
/// assert_eq!((&*output.sources[1], output.sources.len(), output.sources.lost()), ("b", 2, 1));
/// # Ok::<(), json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct List<T, const N: usize> {
    kept: heapless::Vec<T, N, u32>,
    lost: u32,
}

impl<T, const N: usize> List<T, N> {
    /// The elements that were kept.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.kept
    }

    /// The number of elements that were not kept: those that did not fit `T`, and those after the first `N`
    /// that did.
    #[must_use]
    pub const fn lost(&self) -> usize {
        self.lost as usize
    }
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self { kept: heapless::Vec::new(), lost: 0 }
    }
}

impl<T, const N: usize> Deref for List<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a List<T, N> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: fmt::Debug, const N: usize> fmt::Debug for List<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)?;
        if self.lost > 0 { write!(f, "+{}", self.lost) } else { Ok(()) }
    }
}

#[cfg(feature = "defmt")]
impl<T: defmt::Format, const N: usize> defmt::Format for List<T, N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        if self.lost > 0 {
            defmt::write!(f, "{}+{=u32}", self.as_slice(), self.lost);
        } else {
            defmt::write!(f, "{}", self.as_slice());
        }
    }
}

impl<T: Field + Default, const N: usize> Row for List<T, N> {
    fn push(&mut self) -> bool {
        if self.kept.push(T::default()).is_ok() {
            return true;
        }
        self.lost = self.lost.saturating_add(1);
        false
    }

    fn last(&mut self) -> Option<&mut dyn Field> {
        let element = self.kept.last_mut()?;
        Some(element)
    }

    fn reject(&mut self) {
        self.kept.truncate(self.kept.len().saturating_sub(1));
        self.lost = self.lost.saturating_add(1);
    }
}

impl<T: Field + Default, const N: usize> Field for List<T, N> {
    fn clear(&mut self) {
        self.kept.clear();
        self.lost = 0;
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.array(self)
    }
}

/// A value, or `None` if the member is `null`, absent, or does not fit.
impl<T: Field + Default> Field for Option<T> {
    fn clear(&mut self) {
        *self = None;
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        if self.is_none()
            && let ControlFlow::Break(result) = json.unless_null()
        {
            return result;
        }
        self.get_or_insert_default().fill(json)
    }
}

impl Field for bool {
    fn clear(&mut self) {
        *self = false;
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        if let Some(value) = json.truth()? {
            *self = value;
        }
        Ok(())
    }
}

macro_rules! numbers {
    ($($number:ty = $parse:expr => $convert:expr;)*) => {$(
        impl Field for $number {
            fn clear(&mut self) {
                *self = Self::default();
            }

            fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
                let Some(value) = json.number_as($parse)? else { return Ok(()) };
                let convert: fn(u64) -> Option<Self> = $convert;
                let Some(value) = convert(value) else { return json.misfit(Misfit::Range) };
                *self = value;
                Ok(())
            }
        }
    )*};
}

numbers! {
    u8 = unsigned => |value| value.try_into().ok();
    u16 = unsigned => |value| value.try_into().ok();
    u32 = unsigned => |value| value.try_into().ok();
    u64 = unsigned => Some;
    i8 = signed => |value| value.cast_signed().try_into().ok();
    i16 = signed => |value| value.cast_signed().try_into().ok();
    i32 = signed => |value| value.cast_signed().try_into().ok();
    i64 = signed => |value| Some(value.cast_signed());
    f32 = |text| float(text, &SINGLE) => |bits| bits.try_into().ok().map(Self::from_bits);
    f64 = |text| float(text, &DOUBLE) => |bits| Some(Self::from_bits(bits));
}

fn unsigned(text: &str) -> Result<u64, Misfit> {
    match integer(text)? {
        (true, 1..) => Err(Misfit::Range),
        (_, magnitude) => Ok(magnitude),
    }
}

/// As its bits.
fn signed(text: &str) -> Result<u64, Misfit> {
    let (is_negative, magnitude) = integer(text)?;
    let value: Option<i64> =
        if is_negative { 0_i64.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() };
    value.map(i64::cast_unsigned).ok_or(Misfit::Range)
}

/// Takes any value and keeps nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Skip;

impl Field for Skip {
    fn clear(&mut self) {}

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.skip()
    }
}

/// What a [`Pieces`] passes to its closure.
///
/// There will be no others: code that puts pieces together must handle each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Piece<'p> {
    /// Another text may begin: forget everything since the last text that was confirmed.
    Clear,
    /// A piece of the text, not cut inside a character or an escape. It may be empty.
    Text(&'p str),
    /// The text is whole.
    End,
}

/// Passes a value to `F` as it arrives: a string's text, or the JSON text of anything else as in [`Raw`].
/// `null` is not a text. For values that are too large for memory.
///
/// Pieces are **provisional**: their event may still turn out to be cut, broken or a repetition. They count
/// once the session returns its `Event::Record`; if a [`Piece::Clear`] comes before that, forget them.
#[derive(Clone, Copy)]
pub struct Pieces<F> {
    each: F,
    shape: Shape,
    /// Whether there was no piece since the last `Clear`.
    is_clear: bool,
}

impl<F: FnMut(Piece<'_>)> Pieces<F> {
    /// Passes the pieces to `each`.
    pub const fn new(each: F) -> Self {
        Self { each, shape: Shape::None, is_clear: false }
    }
}

impl<F: FnMut(Piece<'_>)> Field for Pieces<F> {
    fn clear(&mut self) {
        if !self.is_clear {
            self.is_clear = true;
            (self.each)(Piece::Clear);
        }
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        let Self { each, shape, is_clear } = self;
        let mut text = |piece: &str| {
            *is_clear = false;
            each(Piece::Text(piece));
        };
        fill_shape(shape, &mut Sink::Each(&mut text), json)?;
        if *shape != Shape::None {
            *is_clear = false;
            each(Piece::End);
        }
        Ok(())
    }
}

impl<F: FnMut(Piece<'_>) + Default> Default for Pieces<F> {
    fn default() -> Self {
        Self::new(F::default())
    }
}

/// All are equal, since none keeps anything.
impl<F> PartialEq for Pieces<F> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<F> fmt::Debug for Pieces<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces")
    }
}

#[cfg(feature = "defmt")]
impl<F> defmt::Format for Pieces<F> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Pieces");
    }
}
