//! Up to 1,000 inputs in, the body of a request with those that have no run yet out.

use crate::{
    api::{
        body::{INPUTS, Inputs, TaskSpec, begin, end, has, write_input},
        service,
    },
    session::{Body, Draft},
};

/// The member of a run's metadata with the number of its input.
pub(super) const NOTE: &str = "input_number";

/// The inputs from one of them on, and which of them have their runs.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    first: u32,
    count: u16,
    present: [u8; INPUTS.div_ceil(8)],
}

impl Batch {
    pub(super) const fn empty() -> Self {
        Self { first: 0, count: 0, present: [0; INPUTS.div_ceil(8)] }
    }

    /// The inputs from this one on; no runs of them are known.
    pub(super) fn begin(&mut self, inputs: &dyn Inputs, first: u32) {
        *self = Self { first, ..Self::empty() };
        while usize::from(self.count) < INPUTS && has(inputs, self.number(self.count) as usize) {
            self.count = self.count.wrapping_add(1);
        }
    }

    /// The number of inputs in it, with runs or without.
    pub(super) const fn count(&self) -> u32 {
        self.count as u32
    }

    /// The number of inputs without a run.
    pub(super) fn missing(&self) -> u32 {
        let present = self.present.iter().map(|byte| byte.count_ones()).sum::<u32>();
        self.count().saturating_sub(present)
    }

    /// The input of this number has its run.
    pub(super) fn note(&mut self, number: u32) {
        let Some(nth) = number.checked_sub(self.first).filter(|nth| *nth < self.count()) else { return };
        if let Some(byte) = self.present.get_mut((nth >> 3) as usize) {
            *byte |= 1 << (nth & 7);
        }
    }

    fn number(&self, nth: u16) -> u32 {
        self.first.saturating_add(nth.into())
    }

    /// The number of the input that is the nth without a run.
    fn nth_missing(&self, mut nth: usize) -> Option<u32> {
        let mut number = self.first;
        for byte in self.present {
            let missing = byte.count_zeros() as usize;
            if nth >= missing {
                nth = nth.wrapping_sub(missing);
                number = number.saturating_add(8);
                continue;
            }
            for bit in 0..8 {
                let is_missing = byte & 1 << bit == 0;
                if is_missing && nth == 0 {
                    return Some(number.saturating_add(bit)).filter(|number| self.has(*number));
                }
                nth = nth.wrapping_sub(is_missing.into());
            }
        }
        None
    }

    fn has(&self, number: u32) -> bool {
        number.saturating_sub(self.first) < self.count()
    }
}

/// The inputs of a batch that have no runs yet, each with its number.
pub(super) struct Missing<'b> {
    pub(super) batch: &'b Batch,
    pub(super) inputs: &'b dyn Inputs,
    pub(super) default_task_spec: Option<&'b TaskSpec<'b>>,
}

impl Body for Missing<'_> {
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
        let Some(nth) = index.checked_sub(1) else {
            begin(self.default_task_spec, out);
            return true;
        };
        match self.batch.nth_missing(nth) {
            Some(number) => write_input(self.inputs, number as usize, nth == 0, Some((NOTE, number)), out),
            None => {
                end(out);
                false
            }
        }
    }

    fn features(&self) -> &'static [&'static str] {
        service::FEATURES
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::api::body::RunInput;

    #[test]
    fn those_that_are_missing_are_those_that_were_not_noted() {
        for count in [1, 7, 8, 9, 999, 1000, 1500] {
            let inputs = move |number: usize| (number < 3 + count).then(|| RunInput::new("base", "x"));
            let mut batch = Batch::empty();
            batch.begin(&inputs, 3);
            let count = u32::try_from(count.min(1000)).unwrap();
            assert_eq!((batch.count(), batch.missing()), (count, count));
            let is_there = |number: u32| number.is_multiple_of(3) || (40..70).contains(&number);
            (0..2000).filter(|number| is_there(*number)).for_each(|number| batch.note(number));
            let missing: Vec<u32> = (3..3 + count).filter(|number| !is_there(*number)).collect();
            assert_eq!(batch.missing() as usize, missing.len());
            let found: Vec<u32> = (0..).map_while(|nth| batch.nth_missing(nth)).collect();
            assert_eq!(found, missing);
            assert_eq!(batch.nth_missing(missing.len() + 5000), None);
        }
    }
}
