//! Objects and arrays in, their members and elements to the fields that want them.
//!
//! # Limits
//!
//! Those of [`fill`](super).

use super::{
    Filler, RECORDS, Rest, SHORT,
    value::{Cause, Json, Stop, next},
};
use crate::json::{
    error::Misfit,
    record::{Record, Row},
    tokenizer::Token,
    tree::Node,
};

/// Where it stands at one level: before the value, between two members or elements, or in one of them
/// (the index of its node, plus `IN`).
pub(super) type Step = u8;
pub(super) const START: Step = 0;
const BETWEEN: Step = 1;
const IN: Step = 2;
/// In a member or element that nobody wants.
const IN_NONE: Step = u8::MAX;

impl Json<'_, '_> {
    /// Fills an object into a record.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn object(&mut self, record: &mut dyn Record) -> Result<(), Stop> {
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

    /// Fills an array into a row.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn array(&mut self, row: &mut dyn Row) -> Result<(), Stop> {
        if !self.enter(true)? {
            return Ok(());
        }
        let member = self.member;
        // Each turn takes an element, wanted or not, or returns: before one there is a comma or the first of
        // its bytes, since anything else after an element is an error of `peek`.
        loop {
            if self.step() == BETWEEN {
                self.member = member;
                let tokens = &mut self.filler.tokens;
                if !self.filler.is_watched && tokens.take_end(&mut self.input) {
                    self.leave();
                    return Ok(());
                }
                if !tokens.take_comma(&mut self.input)
                    && tokens.peek(&mut self.input)?.ok_or(Stop(Cause::More))? == b']'
                {
                    self.token()?;
                    self.leave();
                    return Ok(());
                }
                self.set_step(if row.push() { IN } else { IN_NONE });
            }
            match row.last() {
                Some(element) if self.step() == IN => {
                    element.fill(self)?;
                    if self.filler.rest == Rest::Unfit {
                        self.filler.rest = Rest::Taken;
                        row.reject();
                    }
                }
                _ => {}
            }
            self.skip()?;
            self.set_step(BETWEEN);
        }
    }

    /// What is below one node of the tree.
    fn members(
        &mut self,
        record: &mut dyn Record,
        names: &'static [Node],
        node: &'static Node,
    ) -> Result<(), Stop> {
        // Below this index no member has come yet, so none can be there twice.
        let mut fresh = if self.is_entered() { usize::MAX } else { 0 };
        let mut expected = 0;
        if !self.enter(false)? {
            return Ok(());
        }
        let below = node.below(names);
        // Each turn takes a member, wanted or not, or returns.
        loop {
            let is_new = self.step() == BETWEEN;
            if is_new && !self.name(below, expected)? {
                self.leave();
                return Ok(());
            }
            let index = usize::from(self.step().wrapping_sub(IN));
            if let Some(node) = below.get(index) {
                if is_new && index < fresh {
                    clear_below(record, names, node);
                }
                fresh = fresh.max(index.wrapping_add(1));
                expected = index.wrapping_add(1);
                self.member = node;
                if node.count > 0 {
                    self.members(record, names, node)?;
                } else if let Some(field) = record.member(node.first.into()) {
                    field.fill(self)?;
                }
                if self.filler.rest == Rest::Unfit {
                    self.filler.rest = Rest::Taken;
                    clear_below(record, names, node);
                }
            }
            // Whatever a field has left of its value, or all of one that nobody wants.
            if !self.filler.tokens.is_past(self.level) {
                self.skip()?;
            }
            self.filler.is_watched &= self.level > 1;
            self.set_step(BETWEEN);
        }
    }

    /// Takes a name and sets the step for its value. False: the object has ended.
    #[inline]
    fn name(&mut self, nodes: &'static [Node], expected: usize) -> Result<bool, Stop> {
        let Filler { tokens, is_watched, .. } = &mut *self.filler;
        if *is_watched {
            return self.any_name(nodes);
        }
        if let Some(name) = nodes.get(expected).and_then(Node::plain)
            && tokens.take_name(name, &mut self.input)
        {
            *is_watched = self.level == 1 && self.watch.wants(name);
            self.set_step_in(Some(expected));
            return Ok(true);
        }
        if tokens.take_end(&mut self.input) {
            return Ok(false);
        }
        if let Some(name) = tokens.take_any_name(&mut self.input) {
            let name = (name.len() <= SHORT).then_some(name);
            *is_watched = self.level == 1 && name.is_some_and(|name| self.watch.wants(name));
            let index = name.and_then(|name| find(nodes, name));
            self.set_step_in(index);
            return Ok(true);
        }
        self.any_name(nodes)
    }

    /// A name however it comes.
    #[inline(never)]
    fn any_name(&mut self, nodes: &'static [Node]) -> Result<bool, Stop> {
        // Each turn takes a piece of the name, or returns.
        loop {
            let Filler { tokens, short, is_watched, .. } = &mut *self.filler;
            let Token::Name { piece, last } = next(tokens, &mut self.input, *is_watched, self.watch)? else {
                return Ok(false);
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
            self.set_step_in(index);
            return Ok(true);
        }
    }

    /// Goes into an object or array. False: there is none, and the value has been passed over.
    fn enter(&mut self, is_array: bool) -> Result<bool, Stop> {
        if !self.is_entered() {
            let has_room = usize::from(self.level) < RECORDS && !self.is_within();
            let is_plain = has_room && !self.filler.is_watched;
            let is_root = self.level == 0;
            let fits = is_plain && self.filler.tokens.take_begin(is_array, &mut self.input)
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

    /// Whether the value that comes next is an object or array that was left amid.
    fn is_entered(&self) -> bool {
        self.filler.steps.get(usize::from(self.level)).is_some_and(|step| *step != START)
    }

    /// The step in what was entered last.
    fn step(&self) -> Step {
        self.filler.steps.get(usize::from(self.level.wrapping_sub(1))).copied().unwrap_or(START)
    }

    fn set_step(&mut self, to: Step) {
        if let Some(step) = self.filler.steps.get_mut(usize::from(self.level.wrapping_sub(1))) {
            *step = to;
        }
    }

    /// In the member of this index, or in one that nobody wants.
    fn set_step_in(&mut self, index: Option<usize>) {
        let index = index.and_then(|index| Step::try_from(index).ok());
        self.set_step(index.map_or(IN_NONE, |index| index.wrapping_add(IN)));
    }
}

#[inline]
fn find(nodes: &[Node], name: &str) -> Option<usize> {
    nodes.iter().position(|node| node.is(name))
}

/// Clears each field of a record.
#[doc(hidden)]
#[cfg_attr(target_pointer_width = "64", inline)]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub fn clear(record: &mut dyn Record) {
    let mut index = 0_usize;
    while let Some(field) = record.member(index) {
        field.clear();
        index = index.wrapping_add(1);
    }
}

/// Clears the fields at and below a node, because its member has come once more or does not fit.
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
