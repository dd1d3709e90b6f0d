//! A new group, and runs for one, in; their JSON out.

use super::{
    input::RunInput,
    spec::TaskSpec,
    value::{Limit, Pairs, Value, check, metadata},
};
use crate::{
    api::service,
    session::{Body, Draft},
};

/// The most inputs in one request.
pub(crate) const INPUTS: usize = 1000;

/// A new group: the body of [`create_group`](crate::api::create_group).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NewGroup<'a> {
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    metadata: Option<Pairs<'a, Value<'a>>>,
}

impl<'a> NewGroup<'a> {
    /// A group without notes.
    #[must_use]
    pub const fn new() -> Self {
        Self { metadata: None }
    }

    /// Notes of your own, which come back with the group: keys of up to 16 characters.
    #[must_use]
    pub const fn metadata(mut self, metadata: &'a [(&'a str, Value<'a>)]) -> Self {
        self.metadata = Some(Pairs(metadata));
        self
    }
}

impl Default for NewGroup<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl Body for NewGroup<'_> {
    fn part(&self, _: usize, out: &mut Draft<'_>) -> bool {
        out.json().begin_object();
        metadata(self.metadata.as_ref(), None, out);
        out.json().end_object();
        false
    }
}

/// The inputs of the runs to be added, by their numbers: a slice or an array of them, or a function that
/// gives the input of a number and `None` after the last, so that they need not all be in memory.
///
/// ```
/// use taskgroup::api::body::{NewRuns, RunInput};
///
/// static COMPANIES: [&str; 3] = ["Acme", "Globex", "Initech"];
/// let inputs = |number: usize| Some(RunInput::new("base", *COMPANIES.get(number)?));
/// let body = NewRuns::new(&inputs);
/// # let _ = body;
/// ```
///
/// The input of a number must be the same each time it is asked for.
pub trait Inputs: Sync {
    /// Gives the input of this number to `take`; does nothing when there is none.
    fn give(&self, number: usize, take: &mut dyn FnMut(&RunInput<'_>));
}

impl Inputs for [RunInput<'_>] {
    fn give(&self, number: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        if let Some(input) = self.get(number) {
            take(input);
        }
    }
}

impl Inputs for &[RunInput<'_>] {
    fn give(&self, number: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        (**self).give(number, take);
    }
}

impl<const N: usize> Inputs for [RunInput<'_>; N] {
    fn give(&self, number: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        self.as_slice().give(number, take);
    }
}

impl<'a, F: Fn(usize) -> Option<RunInput<'a>> + Sync> Inputs for F {
    fn give(&self, number: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        if let Some(input) = self(number) {
            take(&input);
        }
    }
}

/// Runs for a group: the body of [`add_runs`](crate::api::add_runs).
#[derive(Clone, Copy)]
pub struct NewRuns<'a> {
    inputs: &'a dyn Inputs,
    default_task_spec: Option<TaskSpec<'a>>,
}

impl<'a> NewRuns<'a> {
    /// A run for each input, of which there are at most 1,000.
    #[must_use]
    pub const fn new(inputs: &'a dyn Inputs) -> Self {
        Self { inputs, default_task_spec: None }
    }

    /// What the outputs of those runs are to be like whose inputs do not say.
    #[must_use]
    pub const fn default_task_spec(mut self, spec: TaskSpec<'a>) -> Self {
        self.default_task_spec = Some(spec);
        self
    }
}

impl Body for NewRuns<'_> {
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
        let Some(number) = index.checked_sub(1) else {
            begin(self.default_task_spec.as_ref(), out);
            return true;
        };
        check(out, number < INPUTS || !has(self.inputs, number), Limit::Inputs);
        write_input(self.inputs, number, number == 0, None, out)
    }

    fn features(&self) -> &'static [&'static str] {
        service::FEATURES
    }
}

impl core::fmt::Debug for NewRuns<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NewRuns").field("default_task_spec", &self.default_task_spec).finish_non_exhaustive()
    }
}

/// The first part of a body with inputs: all that comes before them.
pub(crate) fn begin(default_task_spec: Option<&TaskSpec<'_>>, out: &mut Draft<'_>) {
    out.json().begin_object();
    if let Some(spec) = default_task_spec {
        if out.is_check() {
            *out.shared_characters() = spec.characters();
        }
        spec.write("default_task_spec", out);
    }
    out.json().name("inputs").begin_array();
}

/// Another part: the input of this number, with a note in its metadata; or the end, which is false, when
/// there is none.
pub(crate) fn write_input(
    inputs: &dyn Inputs,
    number: usize,
    is_first: bool,
    note: Option<(&str, u32)>,
    out: &mut Draft<'_>,
) -> bool {
    let mut is_there = false;
    inputs.give(number, &mut |input| {
        if !core::mem::replace(&mut is_there, true) {
            if !is_first {
                out.json().after_value();
            }
            input.write(note, out);
        }
    });
    if !is_there {
        end(out);
    }
    is_there
}

/// The last part.
pub(crate) fn end(out: &mut Draft<'_>) {
    out.json().end_array().end_object();
}

/// Whether there is an input of this number.
pub(crate) fn has(inputs: &dyn Inputs, number: usize) -> bool {
    let mut is_there = false;
    inputs.give(number, &mut |_| is_there = true);
    is_there
}

#[cfg(feature = "serde")]
impl serde::Serialize for NewRuns<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeSeq as _, SerializeStruct as _};

        struct List<'a>(&'a dyn Inputs);

        impl serde::Serialize for List<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut list = serializer.serialize_seq(None)?;
                for number in 0..=INPUTS {
                    let mut result = None;
                    self.0.give(number, &mut |input| result = Some(list.serialize_element(input)));
                    match result {
                        Some(_) if number == INPUTS => return Err(S::Error::custom(Limit::Inputs)),
                        Some(result) => result?,
                        None => break,
                    }
                }
                list.end()
            }
        }

        let mut object = serializer.serialize_struct("NewRuns", 2)?;
        if let Some(spec) = &self.default_task_spec {
            object.serialize_field("default_task_spec", spec)?;
        }
        object.serialize_field("inputs", &List(self.inputs))?;
        object.end()
    }
}
