//! A JSON value and what it should be in, all mistakes in it out, each with its place.
//!
//! # Limits
//!
//! The first 100 mistakes are listed.

use serde_json::{Map, Value, json};

use crate::api::error::Error;

const MOST_MISTAKES: usize = 100;

/// The mistakes found so far, and where in the value it stands.
pub(super) struct Checker {
    place: Vec<Value>,
    mistakes: Vec<Value>,
}

impl Checker {
    /// Stands at the root, whose name is the first part of each place.
    pub(super) fn new(root: &str) -> Self {
        Self { place: vec![json!(root)], mistakes: Vec::new() }
    }

    /// 422 if there was a mistake.
    pub(super) fn end(self) -> Result<(), Error> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(Error::mistakes(self.mistakes)) }
    }

    /// Notes a mistake in the value it stands at.
    pub(super) fn mistake(&mut self, message: &str, kind: &str) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(json!({"loc": self.place, "msg": message, "type": kind}));
        }
    }

    /// Checks what is at this name or index of the value.
    pub(super) fn at(&mut self, step: impl Into<Value>, check: impl FnOnce(&mut Self)) {
        self.place.push(step.into());
        check(self);
        self.place.pop();
    }

    /// Checks a member that must be there.
    pub(super) fn required(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
        check: impl FnOnce(&mut Self, &Value),
    ) {
        self.at(name, |checker| match members.get(name) {
            Some(value) => check(checker, value),
            None => checker.mistake("Field required", "missing"),
        });
    }

    /// Checks a member that may be absent or null.
    pub(super) fn optional(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
        check: impl FnOnce(&mut Self, &Value),
    ) {
        if let Some(value) = members.get(name).filter(|value| !value.is_null()) {
            self.at(name, |checker| check(checker, value));
        }
    }

    /// Checks that a member, if it is there, is one of these words.
    pub(super) fn one_of(&mut self, members: &Map<String, Value>, name: &str, words: &[&str]) {
        self.optional(members, name, |checker, value| {
            if !value.as_str().is_some_and(|text| words.contains(&text)) {
                checker.mistake(&format!("Input should be one of '{}'", words.join("', '")), "literal_error");
            }
        });
    }

    pub(super) fn text<'v>(&mut self, value: &'v Value) -> Option<&'v str> {
        if !value.is_string() {
            self.mistake("Input should be a string", "string_type");
        }
        value.as_str()
    }

    pub(super) fn object<'v>(&mut self, value: &'v Value) -> Option<&'v Map<String, Value>> {
        if !value.is_object() {
            self.mistake("Input should be an object", "dict_type");
        }
        value.as_object()
    }

    /// Checks each element of a list.
    pub(super) fn list(&mut self, value: &Value, mut check: impl FnMut(&mut Self, &Value)) {
        let Value::Array(elements) = value else {
            return self.mistake("Input should be a list", "list_type");
        };
        for (place, element) in elements.iter().enumerate() {
            self.at(place, |checker| check(checker, element));
        }
    }
}
