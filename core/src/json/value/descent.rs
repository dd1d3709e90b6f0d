//! Passes the members of objects and the elements of arrays to the fields that want them.
//!
//! # Limits
//!
//! Those of [`json`](crate::json).

use super::{Json, Record, Row, Stop, Stopped, Taken, is_wanted};
use crate::json::{
    error::Misfit,
    limits::{RECORDS, SHORT},
    node::Node,
    progress::{BETWEEN, IN, IN_NONE, Progress, Rest, START, Step},
    tokenizer::Token,
};

impl Json<'_, '_> {
    /// Fills an object into a record.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline]
    pub fn object(&mut self, record: &mut dyn Record) -> Result<(), Stop> {
        self.members(record, None)
    }

    /// Fills an array into a row.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn array(&mut self, row: &mut dyn Row) -> Result<(), Stop> {
        let mut step = BETWEEN;
        if self.is_entered() {
            self.level = self.level.wrapping_add(1);
            step = self.step();
        } else if !self.enter(true)? {
            return Ok(());
        }
        let (member, level) = (self.member, self.level);
        // Each turn takes an element, wanted or not, or returns: before one there is a comma or the first of
        // its bytes, since anything else after an element is an error of `peek`.
        loop {
            let mut result = Ok(());
            if step == BETWEEN {
                self.member = member;
                match self.has_element() {
                    Ok(true) => step = if row.push() { IN } else { IN_NONE },
                    Ok(false) => {
                        self.leave();
                        return Ok(());
                    }
                    Err(stop) => result = Err(stop),
                }
            }
            if step == IN
                && let Some(element) = row.last()
            {
                result = element.fill(self);
                if result.is_ok() && self.progress.rest == Rest::Unfit {
                    self.progress.rest = Rest::Taken;
                    row.reject();
                }
            }
            if result.is_ok() {
                result = self.skip();
            }
            if result.is_err() {
                self.level = level;
                self.set_step(step);
                return result;
            }
            step = BETWEEN;
        }
    }

    /// Goes to the next element. False: the array has ended.
    #[inline(never)]
    fn has_element(&mut self) -> Result<bool, Stop> {
        let Progress { tokens, is_watched, .. } = &mut *self.progress;
        if tokens.take_comma(&mut self.input) {
            return Ok(true);
        }
        if !*is_watched && tokens.take_end(&mut self.input) {
            return Ok(false);
        }
        let byte = tokens.peek(&mut self.input)?.ok_or(Stop(Stopped::More))?;
        if byte == b']' {
            self.token()?;
        }
        Ok(byte != b']')
    }

    /// Fills the members below one node of the record's tree, or below its first. Where it stood is written
    /// down only when it stops.
    #[inline(never)]
    pub(in crate::json) fn members(
        &mut self,
        record: &mut dyn Record,
        node: Option<&'static Node>,
    ) -> Result<(), Stop> {
        let names = record.names();
        let Some(node) = node.or(names.first()) else { return self.skip() };
        let below = node.below(names);
        // The nodes from the one that is expected on, and from the member's own on.
        let (mut expected, mut own) = (below, below);
        // Of this many nodes at the end no member has come yet, so none can be there twice.
        let mut fresh = below.len();
        let mut step = BETWEEN;
        if self.is_entered() {
            fresh = 0;
            self.level = self.level.wrapping_add(1);
            step = self.step();
            own = nodes_from(step, below);
        } else if !self.enter(false)? {
            return Ok(());
        }
        let level = self.level;
        if below.is_empty() && self.initials == 0 {
            // The object itself ends where nothing in it is wanted.
            self.level = level.wrapping_sub(1);
            self.skip()?;
            self.level = level;
            self.leave();
            return Ok(());
        }
        // Each turn takes a member, wanted or not, or returns.
        loop {
            if step == BETWEEN {
                if self.is_next(expected) {
                    own = expected;
                } else {
                    match self.other_name(below) {
                        Ok(START) => {
                            self.leave();
                            return Ok(());
                        }
                        Ok(step) => own = nodes_from(step, below),
                        Err(stop) => return self.stop(level, BETWEEN, stop),
                    }
                }
                if let [node, ..] = own
                    && own.len() > fresh
                {
                    clear_below(record, node);
                }
            }
            if let [node, others @ ..] = own {
                expected = others;
                fresh = fresh.min(others.len());
                self.member = node;
                let mut result = Ok(());
                if node.count > 0 {
                    result = self.members(record, Some(node));
                } else if let Some(field) = record.member(node.first.into()) {
                    result = field.fill(self);
                }
                if let Err(stop) = result {
                    let index = below.len().wrapping_sub(own.len());
                    return self.stop(level, step_in(Some(index)), stop);
                }
                if self.progress.rest == Rest::Unfit {
                    self.progress.rest = Rest::Taken;
                    clear_below(record, node);
                }
            }
            // The rest of a value that its field has left, or all of one that nobody wants.
            if !self.progress.tokens.is_past(self.level)
                && let Err(stop) = self.skip()
            {
                return self.stop(level, IN_NONE, stop);
            }
            if self.level == 1 {
                self.progress.is_watched = false;
            }
            step = BETWEEN;
        }
    }

    /// Stops at this level and step.
    #[cold]
    #[inline(never)]
    fn stop(&mut self, level: u8, step: Step, stop: Stop) -> Result<(), Stop> {
        self.level = level;
        self.set_step(step);
        Err(stop)
    }

    /// Takes the name of the first of these nodes, if it comes next.
    #[inline(always)]
    fn is_next(&mut self, nodes: &'static [Node]) -> bool {
        let Progress { tokens, is_watched, .. } = &mut *self.progress;
        if *is_watched {
            return false;
        }
        let Some(name) = nodes.first().and_then(Node::plain) else { return false };
        if !tokens.take_name(name, &mut self.input) {
            return false;
        }
        if self.level == 1 {
            *is_watched = is_wanted(self.watch, self.initials, name);
        }
        true
    }

    /// Any name but the one that is expected.
    #[inline(never)]
    fn other_name(&mut self, nodes: &'static [Node]) -> Result<Step, Stop> {
        let Progress { tokens, is_watched, .. } = &mut *self.progress;
        if !*is_watched {
            if tokens.take_end(&mut self.input) {
                return Ok(START);
            }
            if let Some(name) = tokens.take_any_name(&mut self.input, &mut self.known) {
                let name = (name.len() <= SHORT).then_some(name);
                let (watch, initials) = (&mut *self.watch, self.initials);
                *is_watched = self.level == 1 && name.is_some_and(|name| is_wanted(watch, initials, name));
                return Ok(step_of(nodes, name));
            }
        }
        self.any_name(nodes)
    }

    /// A name, in any number of pieces.
    #[inline(never)]
    fn any_name(&mut self, nodes: &'static [Node]) -> Result<Step, Stop> {
        let Taken::Text = self.short(None)? else { return Ok(START) };
        let Progress { short, is_watched, .. } = &mut *self.progress;
        let name = short.text();
        if self.level == 1 {
            let (watch, initials) = (&mut *self.watch, self.initials);
            *is_watched = name.is_some_and(|name| is_wanted(watch, initials, name));
        }
        Ok(step_of(nodes, name))
    }

    /// Enters an object or array that has not been entered. False: the value is neither, and was skipped.
    fn enter(&mut self, is_array: bool) -> Result<bool, Stop> {
        let has_room = usize::from(self.level) < RECORDS && !self.is_within();
        let is_plain = has_room && !self.progress.is_watched;
        let is_root = self.level == 0;
        let fits = is_plain && self.progress.tokens.take_begin(is_array, &mut self.input)
            || has_room
                && match self.token()? {
                    // A member may as well be absent; the root may not.
                    Token::Null if !is_root => return Ok(false),
                    Token::BeginArray => is_array,
                    Token::BeginObject => !is_array,
                    _ => false,
                };
        if !fits {
            let is_deep = usize::from(self.level) >= RECORDS;
            self.misfit(if is_deep { Misfit::Depth } else { Misfit::Type })?;
            return Ok(false);
        }
        self.level = self.level.wrapping_add(1);
        self.set_step(BETWEEN);
        Ok(true)
    }

    fn leave(&mut self) {
        self.set_step(START);
        self.level = self.level.wrapping_sub(1);
    }

    /// Whether the next value is an object or array that was left in the middle.
    fn is_entered(&self) -> bool {
        self.progress.steps.get(usize::from(self.level)).is_some_and(|step| *step != START)
    }

    /// The step in the object or array that was entered last.
    fn step(&self) -> Step {
        self.progress.steps.get(usize::from(self.level.wrapping_sub(1))).copied().unwrap_or(START)
    }

    fn set_step(&mut self, to: Step) {
        if let Some(step) = self.progress.steps.get_mut(usize::from(self.level.wrapping_sub(1))) {
            *step = to;
        }
    }
}

/// In the member of this index, or in one that nobody wants.
#[inline(always)]
fn step_in(index: Option<usize>) -> Step {
    let index = index.and_then(|index| Step::try_from(index).ok());
    index.map_or(IN_NONE, |index| index.wrapping_add(IN))
}

/// The nodes from that of this step on; none for one that nobody wants.
#[inline(always)]
fn nodes_from(step: Step, nodes: &[Node]) -> &[Node] {
    nodes.get(step.wrapping_sub(IN).into()..).unwrap_or_default()
}

/// In the member of this name, if it is wanted.
#[inline(never)]
fn step_of(nodes: &[Node], name: Option<&str>) -> Step {
    step_in(name.and_then(|name| nodes.iter().position(|node| node.is(name))))
}

/// Clears each field of a record.
#[doc(hidden)]
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
pub fn clear(record: &mut dyn Record) {
    let mut index = 0_usize;
    while let Some(field) = record.member(index) {
        field.clear();
        index = index.wrapping_add(1);
    }
}

/// Clears the fields at and below a node, because its member has come again or does not fit.
#[cold]
#[inline(never)]
fn clear_below(record: &mut dyn Record, node: &Node) {
    if node.count == 0 {
        if let Some(field) = record.member(node.first.into()) {
            field.clear();
        }
        return;
    }
    for below in node.below(record.names()) {
        clear_below(record, below);
    }
}
