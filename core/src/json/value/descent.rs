//! Passes the members of objects and the elements of arrays to the fields that want them.
//!
//! # Limits
//!
//! Those of [`json`](crate::json).

use super::{Json, Record, Row, Stop, Stopped, next};
use crate::json::{
    error::Misfit,
    limits::{RECORDS, SHORT},
    node::Node,
    progress::{BETWEEN, IN, IN_NONE, Progress, Rest, START, Step},
    tokenizer::Token,
};

impl Json<'_, '_> {
    /// Fills the whole text into a record.
    pub(in crate::json) fn root(&mut self, record: &mut dyn Record) -> Result<(), Stop> {
        let Some(root) = record.root() else { return self.skip() };
        // Where the text is part of another's, it may be one field's.
        if root.is_leaf()
            && let Some(field) = record.member(root.first.into())
        {
            return field.fill(self);
        }
        let names = record.names();
        self.members(record, names, root)
    }

    /// Fills an object into a record.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn object(&mut self, record: &mut dyn Record) -> Result<(), Stop> {
        let names = record.names();
        let Some(root) = names.first() else { return self.skip() };
        self.members(record, names, root)
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

    /// Fills the members below one node of the tree. Where it stood is written down only when it stops.
    fn members(
        &mut self,
        record: &mut dyn Record,
        names: &'static [Node],
        node: &'static Node,
    ) -> Result<(), Stop> {
        // Below this index no member has come yet, so none can be there twice.
        let mut fresh = 0;
        let mut expected = 0;
        let mut step = BETWEEN;
        if self.is_entered() {
            fresh = usize::MAX;
            self.level = self.level.wrapping_add(1);
            step = self.step();
        } else if !self.enter(false)? {
            return Ok(());
        }
        let below = node.below(names);
        let level = self.level;
        if below.is_empty() && self.watch.is_blind() {
            // The object itself ends where nothing in it is wanted.
            self.level = level.wrapping_sub(1);
            self.skip()?;
            self.level = level;
            self.leave();
            return Ok(());
        }
        // Each turn takes a member, wanted or not, or returns.
        loop {
            let mut result = Ok(());
            if step == BETWEEN {
                match self.name(below, expected) {
                    Ok(START) => {
                        self.leave();
                        return Ok(());
                    }
                    Ok(next) => {
                        step = next;
                        let index = usize::from(step.wrapping_sub(IN));
                        if index < fresh
                            && let Some(node) = below.get(index)
                        {
                            clear_below(record, names, node);
                        }
                    }
                    Err(stop) => result = Err(stop),
                }
            }
            let index = usize::from(step.wrapping_sub(IN));
            if let Some(node) = below.get(index) {
                expected = index.wrapping_add(1);
                fresh = fresh.max(expected);
                self.member = node;
                if node.count > 0 {
                    result = self.members(record, names, node);
                } else if let Some(field) = record.member(node.first.into()) {
                    result = field.fill(self);
                }
                if result.is_ok() && self.progress.rest == Rest::Unfit {
                    self.progress.rest = Rest::Taken;
                    clear_below(record, names, node);
                }
            }
            // The rest of a value that its field has left, or all of one that nobody wants.
            if result.is_ok() && !self.progress.tokens.is_past(self.level) {
                result = self.skip();
            }
            if result.is_err() {
                self.level = level;
                self.set_step(step);
                return result;
            }
            self.progress.is_watched &= self.level > 1;
            step = BETWEEN;
        }
    }

    /// Takes a name and gives the step for its value. `START`: the object has ended.
    #[inline(always)]
    fn name(&mut self, nodes: &'static [Node], expected: usize) -> Result<Step, Stop> {
        let Progress { tokens, is_watched, .. } = &mut *self.progress;
        if !*is_watched
            && let Some(name) = nodes.get(expected).and_then(Node::plain)
            && tokens.take_name(name, &mut self.input)
        {
            if self.level == 1 {
                *is_watched = self.watch.wants(name);
            }
            return Ok(step_in(Some(expected)));
        }
        self.other_name(nodes)
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
                *is_watched = self.level == 1 && name.is_some_and(|name| self.watch.wants(name));
                return Ok(step_in(name.and_then(|name| find(nodes, name))));
            }
        }
        self.any_name(nodes)
    }

    /// A name, in any number of pieces.
    #[inline(never)]
    fn any_name(&mut self, nodes: &'static [Node]) -> Result<Step, Stop> {
        // Each turn takes a piece of the name, or returns.
        loop {
            let Progress { tokens, short, is_watched, .. } = &mut *self.progress;
            let Token::Name { piece, last } = next(tokens, &mut self.input, *is_watched, self.watch)? else {
                return Ok(START);
            };
            let name = if last && short.is_whole {
                (piece.len() <= SHORT).then_some(piece)
            } else {
                short.push(piece, last);
                short.text()
            };
            if !last {
                continue;
            }
            let index = name.and_then(|name| find(nodes, name));
            if self.level == 1 {
                *is_watched = name.is_some_and(|name| self.watch.wants(name));
            }
            return Ok(step_in(index));
        }
    }

    /// Enters an object or array. False: the value is neither, and was skipped.
    fn enter(&mut self, is_array: bool) -> Result<bool, Stop> {
        if !self.is_entered() {
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
        }
        self.level = self.level.wrapping_add(1);
        self.set_step(self.step().max(BETWEEN));
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

#[inline]
fn find(nodes: &[Node], name: &str) -> Option<usize> {
    nodes.iter().position(|node| node.is(name))
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
fn clear_below(record: &mut dyn Record, names: &[Node], node: &Node) {
    if node.count == 0 {
        if let Some(field) = record.member(node.first.into()) {
            field.clear();
        }
        return;
    }
    for below in node.below(names) {
        clear_below(record, names, below);
    }
}
