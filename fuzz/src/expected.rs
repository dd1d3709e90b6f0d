//! A field and the value of its member in, whether it contains what its type promises out.

use taskgroup::{
    json::{Content, Field, Json, List, Raw, SHORT, Skip, Stop},
    text::Text,
};

use crate::json::Value;

/// A field whose content can be predicted.
pub trait Expected {
    /// Whether the value itself fits, whatever is within it.
    fn fits(value: &Value) -> bool;

    /// The first member within this value, itself called `name`, that does not fit.
    fn misfit(value: &Value, name: &str) -> Option<String> {
        (!Self::fits(value)).then(|| name.to_owned())
    }

    /// Whether this is what such a member leaves; `None`: there was none, or none that fits.
    ///
    /// `exact`: the text was UTF-8, so that what was lost is counted by the byte.
    fn holds(&self, value: Option<&Value>, exact: bool) -> bool;
}

/// Whether `kept` is the beginning of `whole` that fits `room`, and `lost` what does not.
fn is_prefix(whole: &str, room: usize, kept: &str, lost: usize, exact: bool) -> bool {
    let prefix = &whole[..whole.floor_char_boundary(room)];
    let rest = whole.len() - prefix.len();
    kept == prefix && if exact { lost == rest } else { (lost == 0) == (rest == 0) }
}

impl<const N: usize> Expected for Text<N> {
    fn fits(value: &Value) -> bool {
        matches!(value, Value::String(_) | Value::Null)
    }

    fn holds(&self, value: Option<&Value>, exact: bool) -> bool {
        let text = if let Some(Value::String(text)) = value { text } else { "" };
        is_prefix(text, N, self, self.lost(), exact)
    }
}

impl<const N: usize> Expected for Raw<N> {
    fn fits(_: &Value) -> bool {
        true
    }

    fn holds(&self, value: Option<&Value>, _: bool) -> bool {
        // What is lost counts as it stands in the input, more or less.
        let text = value.map(Value::to_text).unwrap_or_default();
        is_prefix(&text, N, self.as_str(), self.lost(), false)
    }
}

impl<const N: usize> Expected for Content<N> {
    fn fits(_: &Value) -> bool {
        true
    }

    fn holds(&self, value: Option<&Value>, exact: bool) -> bool {
        match value.unwrap_or(&Value::Null) {
            Value::Null => self.as_text().is_none() && self.as_json().is_none() && self.lost() == 0,
            Value::String(text) => {
                self.as_text().is_some_and(|kept| is_prefix(text, N, kept, self.lost(), exact))
            }
            other => {
                let text = other.to_text();
                self.as_json().is_some_and(|kept| is_prefix(&text, N, kept, self.lost(), false))
            }
        }
    }
}

impl<T: Expected, const N: usize> Expected for List<T, N> {
    fn fits(value: &Value) -> bool {
        matches!(value, Value::Array(_) | Value::Null)
    }

    fn misfit(value: &Value, name: &str) -> Option<String> {
        let Value::Array(elements) = value else { return (!Self::fits(value)).then(|| name.to_owned()) };
        let mut kept = 0;
        let looked_at = elements.iter().take_while(|element| {
            let has_room = kept < N;
            kept += usize::from(T::fits(element));
            has_room
        });
        // When there is no room, it is not looked at.
        looked_at.collect::<Vec<_>>().into_iter().find_map(|element| T::misfit(element, name))
    }

    fn holds(&self, value: Option<&Value>, exact: bool) -> bool {
        let elements = if let Some(Value::Array(elements)) = value { &elements[..] } else { &[] };
        let fitting: Vec<_> = elements.iter().filter(|element| T::fits(element)).take(N).collect();
        self.len() == fitting.len()
            && self.lost() == elements.len() - fitting.len()
            && self.iter().zip(fitting).all(|(kept, element)| kept.holds(Some(element), exact))
    }
}

impl<T: Expected> Expected for Option<T> {
    fn fits(value: &Value) -> bool {
        *value == Value::Null || T::fits(value)
    }

    fn misfit(value: &Value, name: &str) -> Option<String> {
        if *value == Value::Null { None } else { T::misfit(value, name) }
    }

    fn holds(&self, value: Option<&Value>, exact: bool) -> bool {
        match (self, value) {
            (None, None | Some(Value::Null)) => true,
            (None, Some(_)) | (Some(_), None | Some(Value::Null)) => false,
            (Some(kept), value) => kept.holds(value, exact),
        }
    }
}

impl Expected for Skip {
    fn fits(_: &Value) -> bool {
        true
    }

    fn holds(&self, _: Option<&Value>, _: bool) -> bool {
        true
    }
}

impl Expected for bool {
    fn fits(value: &Value) -> bool {
        matches!(value, Value::Bool(_) | Value::Null)
    }

    fn holds(&self, value: Option<&Value>, _: bool) -> bool {
        *self == (value == Some(&Value::Bool(true)))
    }
}

/// What a number's text means to a type.
trait Number: Copy + Default {
    fn of(text: &str) -> Option<Self>;
    fn is(self, other: Self) -> bool;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn of(text: &str) -> Option<Self> {
                integer(text)?.try_into().ok()
            }

            fn is(self, other: Self) -> bool {
                self == other
            }
        }
    )*};
}

macro_rules! floats {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn of(text: &str) -> Option<Self> {
                text.parse().ok().filter(|number: &Self| number.is_finite())
            }

            fn is(self, other: Self) -> bool {
                self.to_bits() == other.to_bits()
            }
        }
    )*};
}

/// The value of a number without a fraction, however it is written. Beyond 20 digits it fits nothing.
fn integer(text: &str) -> Option<i128> {
    let (number, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    if significant.trim_start_matches(['-', '0']).is_empty() {
        return Some(0);
    }
    let power: i128 = power.parse().ok()?;
    let zeros = power + i128::try_from(digits.len() - significant.len()).ok()?
        - i128::try_from(fraction.len()).ok()?;
    let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros <= 20)?;
    format!("{significant}{}", "0".repeat(zeros)).parse().ok()
}

integers! { u8 u16 u64 i8 i64 }
floats! { f32 f64 }

fn number<T: Number>(value: &Value) -> Option<T> {
    let Value::Number(text) = value else { return None };
    (text.len() <= SHORT).then(|| T::of(text)).flatten()
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Expected for $type {
            fn fits(value: &Value) -> bool {
                *value == Value::Null || number::<Self>(value).is_some()
            }

            fn holds(&self, value: Option<&Value>, _: bool) -> bool {
                self.is(value.and_then(number::<Self>).unwrap_or_default())
            }
        }
    )*};
}

numbers! { u8 u16 u64 i8 i64 f32 f64 }

/// What a word means to an enumeration.
#[must_use]
pub fn word<'w>(value: Option<&Value>, words: &[&'w str]) -> &'w str {
    let Some(Value::String(text)) = value else { return "" };
    words.iter().copied().find(|word| word == text).unwrap_or_default()
}

/// The whole JSON text of a value, on the heap: a field of another crate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole(pub String);

impl Field for Whole {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.raw(&mut |piece| self.0.push_str(piece))
    }
}

impl Expected for Whole {
    fn fits(_: &Value) -> bool {
        true
    }

    fn holds(&self, value: Option<&Value>, _: bool) -> bool {
        self.0 == value.map(Value::to_text).unwrap_or_default()
    }
}

/// Where a record's field stands in its object, and what it makes of a value there.
pub type Place = (&'static [&'static str], fn(&Value, &str) -> Option<String>);

/// The first member of an object, or within one, that does not fit a record with these fields.
#[must_use]
pub fn misfit_of_record(value: &Value, name: &str, places: &[Place]) -> Option<String> {
    misfit_below(value, name, places, &mut Vec::new())
}

fn misfit_below<'v>(
    value: &'v Value,
    name: &str,
    places: &[Place],
    path: &mut Vec<&'v str>,
) -> Option<String> {
    let Value::Object(members) = value else { return (*value != Value::Null).then(|| name.to_owned()) };
    for (name, value) in members {
        path.push(name);
        let misfit = match places.iter().find(|(place, _)| *place == path.as_slice()) {
            Some((_, misfit)) => misfit(value, name),
            None if places.iter().any(|(place, _)| place.starts_with(path)) => {
                misfit_below(value, name, places, path)
            }
            None => None,
        };
        path.pop();
        if misfit.is_some() {
            return misfit;
        }
    }
    None
}
