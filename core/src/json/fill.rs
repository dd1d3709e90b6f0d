//! Pieces of a JSON text and a record in, the record filled out.
//!
//! ```
//! use taskgroup::{json::Filler, record, text::Text};
//!
//! record! { struct Run { status: Text<16> = "/status" } }
//! let (mut filler, mut run) = (Filler::new(), Run::default());
//! filler.begin(&mut run);
//! assert!(!filler.feed(&mut run, &mut (), &mut &br#"{"big":[1,2],"stat"#[..])?);
//! assert!(filler.feed(&mut run, &mut (), &mut &br#"us":"queued"}"#[..])?);
//! filler.finish()?;
//! assert_eq!(run.status, "queued");
//! # Ok::<(), taskgroup::json::Error>(())
//! ```
//!
//! It is a recursive descent that can be left at any byte: at each level a step says where it stood,
//! and the next piece of input goes down the same way again.
//!
//! # Limits
//!
//! Records and lists in one another to [`RECORDS`] levels; what is deeper is a mismatch. [`SHORT`]
//! bytes for a name, a number or a word: a longer name is none that a record or a [`Watch`] asks for,
//! a longer number is a mismatch, a longer word unknown.

use super::{
    error::Error,
    record::{Record, Row},
    scan::unescaped,
    tokenizer::{State, Token, Tokenizer},
    tree::{Name, Node},
};

/// How deep records and lists may be in one another, the root and each name of a pointer counted.
pub const RECORDS: usize = 16;

/// How many bytes a name, a number or a word of an enumeration may have.
pub const SHORT: usize = 40;

/// Fills a record with a JSON text that is in memory as a whole.
///
/// # Errors
///
/// As [`Filler`].
pub fn fill<R: Record>(record: &mut R, json: &[u8]) -> Result<(), Error> {
    let mut filler = Filler::new();
    filler.begin(record);
    filler.feed(record, &mut (), &mut &*json)?;
    filler.finish()
}

/// Sees the values of some members of the root object as they stream by, whatever the record makes of
/// them. `()` watches nothing.
pub trait Watch {
    /// Whether the tokens of this member's value are to be shown. Asked for each name of the root object
    /// that has no more than [`SHORT`] bytes.
    fn wants(&mut self, name: &str) -> bool;

    /// A token of the value of the member that was wanted last.
    fn token(&mut self, token: &Token<'_>);
}

impl Watch for () {
    fn wants(&mut self, _: &str) -> bool {
        false
    }

    fn token(&mut self, _: &Token<'_>) {}
}

/// Where it stands at one level: before the value, between two members or elements, or in one of them
/// (the index of its node, plus `IN`).
type Step = u8;
const START: Step = 0;
const BETWEEN: Step = 1;
const IN: Step = 2;
/// In a member or element that nobody wants.
const IN_NONE: Step = u8::MAX;

/// Takes a JSON text apart and puts the values where a record wants them.
#[derive(Clone, Debug)]
pub struct Filler {
    tokens: Tokenizer,
    steps: [Step; RECORDS],
    short: Short,
    is_watched: bool,
    mismatch: Option<Name>,
}

impl Default for Filler {
    fn default() -> Self {
        Self::new()
    }
}

impl Filler {
    /// At the beginning of a text, for a record that is clear.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tokens: Tokenizer::new(),
            steps: [START; RECORDS],
            short: Short::new(),
            is_watched: false,
            mismatch: None,
        }
    }

    /// Begins a text, and clears the record for it. What there was of another text is forgotten.
    pub fn begin(&mut self, record: &mut dyn Record) {
        *self = Self::new();
        record.clear();
    }

    /// Takes all of `input`. True: the text is complete, and nothing but whitespace may follow.
    ///
    /// # Errors
    ///
    /// The text is no JSON, or nested too deep. Nothing more can be fed then; what the record holds is
    /// incomplete.
    pub fn feed(
        &mut self,
        record: &mut dyn Record,
        watch: &mut dyn Watch,
        input: &mut &[u8],
    ) -> Result<bool, Error> {
        static ROOT: Node = Node::ROOT;
        if !self.tokens.is_past(0) {
            let member = Name(record.names().first().unwrap_or(&ROOT));
            let mut json = Json { filler: self, watch, level: 0, member, input };
            let result = json.object(record);
            *input = json.input;
            match result {
                Ok(()) => {}
                Err(Stop(Cause::More)) => return Ok(false),
                Err(Stop(Cause::Error(error))) => return Err(error),
            }
        }
        self.tokens.peek(input).map(|_| true)
    }

    /// The text has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`]: it is not whole. [`Error::Mismatch`]: it is, and the record is filled but for
    /// the members that did not fit.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.tokens.finish()?;
        self.mismatch.map_or(Ok(()), |name| Err(Error::Mismatch(name)))
    }
}

/// Why a field cannot go on: for it to give on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(Cause);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The input is used up.
    More,
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self(Cause::Error(error))
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// `{}`
    Object,
    /// `[]`
    Array,
    /// `""`
    String,
    /// `0`
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// The value that comes next, as far as there is input: what a [`Field`](super::Field) fills itself from.
///
/// Each method that takes a value takes all of it, and can be called again for the rest of it after it has
/// stopped. `null` is taken as nothing, except by [`raw`](Self::raw) and [`tokens`](Self::tokens).
pub struct Json<'f, 'i> {
    filler: &'f mut Filler,
    watch: &'f mut dyn Watch,
    /// How many objects and arrays have been gone into.
    level: u8,
    member: Name,
    input: &'i [u8],
}

impl Json<'_, '_> {
    /// What comes next; `None` amid a value.
    ///
    /// # Errors
    ///
    /// As all methods here: the input is used up, or the text is no JSON.
    pub fn peek(&mut self) -> Result<Option<Kind>, Stop> {
        let tokens = &mut self.filler.tokens;
        if tokens.depth() != self.level
            || !matches!(tokens.state(), State::Value | State::FirstValue | State::Colon)
        {
            return Ok(None);
        }
        let byte = tokens.peek(&mut self.input)?.ok_or(Stop(Cause::More))?;
        Ok(Some(match byte {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        }))
    }

    /// Takes a `null`, or the rest of one, if it is that what comes. True: it was.
    ///
    /// Not for the middle of another value.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn null(&mut self) -> Result<bool, Stop> {
        match self.peek()? {
            Some(Kind::Null) | None => self.skip().map(|()| true),
            Some(_) => Ok(false),
        }
    }

    /// Passes over the value, whatever it is.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn skip(&mut self) -> Result<(), Stop> {
        if self.filler.is_watched {
            return self.tokens(&mut |_| ());
        }
        let has_ended = self.filler.tokens.skip(self.level, &mut self.input)?;
        if has_ended { Ok(()) } else { Err(Stop(Cause::More)) }
    }

    /// Passes over a value that does not fit, or what is left of it, and notes that one did not.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn mismatch(&mut self) -> Result<(), Stop> {
        _ = self.filler.mismatch.get_or_insert(self.member);
        self.skip()
    }

    /// Gives every token of the value.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn tokens(&mut self, each: &mut dyn FnMut(&Token<'_>)) -> Result<(), Stop> {
        while !self.filler.tokens.is_past(self.level) {
            each(&self.token()?);
        }
        Ok(())
    }

    /// Gives a string, in pieces. True: it was one, and is now whole.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn text(&mut self, each: &mut dyn FnMut(&str)) -> Result<bool, Stop> {
        if let Some(text) = self.string() {
            each(text);
            return Ok(true);
        }
        while !self.is_within() {
            match self.token()? {
                Token::String { piece, last } => {
                    each(piece);
                    if last {
                        return Ok(true);
                    }
                }
                Token::Null => return Ok(false),
                _ => break,
            }
        }
        self.mismatch()?;
        Ok(false)
    }

    /// Gives any value as JSON text, in pieces: without whitespace, each character of a string as it is
    /// unless it must be escaped, numbers as they were.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn raw(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        while !self.filler.tokens.is_past(self.level) {
            if self.filler.tokens.state().is_between_tokens() {
                self.filler.tokens.peek(&mut self.input)?.ok_or(Stop(Cause::More))?;
                let is_element = self.is_within() && self.filler.tokens.is_in_array();
                match self.filler.tokens.state() {
                    State::Name => each(","),
                    State::Value if is_element => each(","),
                    _ => {}
                }
            }
            let has_begun = matches!(self.filler.tokens.state(), State::InName | State::InString);
            let token = self.token()?;
            match token {
                Token::BeginObject => each("{"),
                Token::EndObject => each("}"),
                Token::BeginArray => each("["),
                Token::EndArray => each("]"),
                Token::Name { piece, last } => {
                    quoted(piece, has_begun, if last { "\":" } else { "" }, each);
                }
                Token::String { piece, last } => {
                    quoted(piece, has_begun, if last { "\"" } else { "" }, each);
                }
                Token::Number { piece, .. } => each(piece),
                Token::Bool(true) => each("true"),
                Token::Bool(false) => each("false"),
                Token::Null => each("null"),
            }
        }
        Ok(())
    }

    /// Gives a number's characters. False from `each`: it does not fit.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn number(&mut self, each: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        self.short(Kind::Number, &mut |number| number.is_some_and(&mut *each))
    }

    /// Gives a short string whole; an empty one in the place of one beyond [`SHORT`] bytes.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn word(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        self.short(Kind::String, &mut |word| {
            each(word.unwrap_or_default());
            true
        })
    }

    /// Gives a `true` or `false`.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn bool(&mut self, each: &mut dyn FnMut(bool)) -> Result<(), Stop> {
        if !self.is_within() {
            match self.token()? {
                Token::Bool(value) => {
                    each(value);
                    return Ok(());
                }
                Token::Null => return Ok(()),
                _ => {}
            }
        }
        self.mismatch()
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
        if !self.enter(Token::BeginArray)? {
            return Ok(());
        }
        let member = self.member;
        loop {
            if self.step() == BETWEEN {
                self.member = member;
                let byte = self.filler.tokens.peek(&mut self.input)?;
                if byte.ok_or(Stop(Cause::More))? == b']' {
                    self.token()?;
                    self.leave();
                    return Ok(());
                }
                self.set_step(if row.push() { IN } else { IN_NONE });
            }
            match row.last() {
                Some(element) if self.step() == IN => element.fill(self)?,
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
        if !self.enter(Token::BeginObject)? {
            return Ok(());
        }
        let below = node.below(names);
        loop {
            let is_new = self.step() == BETWEEN;
            if is_new && !self.name(below, expected)? {
                self.leave();
                return Ok(());
            }
            let index = usize::from(self.step().wrapping_sub(IN));
            if let Some(node) = below.get(index) {
                if is_new && index < fresh {
                    clear(record, names, node);
                }
                fresh = fresh.max(index.wrapping_add(1));
                expected = index.wrapping_add(1);
                self.member = Name(node);
                if node.count > 0 {
                    self.members(record, names, node)?;
                } else if let Some(field) = record.member(node.first.into()) {
                    field.fill(self)?;
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
        if let Some(name) = nodes.get(expected).and_then(Node::plain).filter(|_| !*is_watched)
            && tokens.take_name(name, &mut self.input)
        {
            *is_watched = self.level == 1 && self.watch.wants(name);
            self.set_step_in(Some(expected));
            return Ok(true);
        }
        self.other_name(nodes, expected)
    }

    /// Any name, as it comes.
    #[inline(never)]
    fn other_name(&mut self, nodes: &'static [Node], expected: usize) -> Result<bool, Stop> {
        loop {
            let Filler { tokens, short, is_watched, .. } = &mut *self.filler;
            let Token::Name { piece, last } = next(tokens, &mut self.input, *is_watched, self.watch)? else {
                return Ok(false);
            };
            let Some(name) = short.gather(piece, last) else { continue };
            let index = name.and_then(|name| find(nodes, name, expected));
            if self.level == 1 {
                *is_watched = name.is_some_and(|name| self.watch.wants(name));
            }
            short.clear();
            self.set_step_in(index);
            return Ok(true);
        }
    }

    fn short(&mut self, kind: Kind, each: &mut dyn FnMut(Option<&str>) -> bool) -> Result<(), Stop> {
        while !self.is_within() {
            let Filler { tokens, short, is_watched, .. } = &mut *self.filler;
            let (piece, last) = match next(tokens, &mut self.input, *is_watched, self.watch)? {
                Token::Number { piece, last } if kind == Kind::Number => (piece, last),
                Token::String { piece, last } if kind == Kind::String => (piece, last),
                Token::Null => return Ok(()),
                _ => break,
            };
            if let Some(text) = short.gather(piece, last) {
                let fits = each(text);
                short.clear();
                return if fits { Ok(()) } else { self.mismatch() };
            }
        }
        self.mismatch()
    }

    /// Goes into an object or array. False: there is none, and the value has been passed over.
    fn enter(&mut self, begin: Token<'static>) -> Result<bool, Stop> {
        if !self.is_entered() {
            let has_room = usize::from(self.level) < RECORDS;
            let fits = has_room
                && !self.is_within()
                && match self.token()? {
                    Token::Null => return Ok(false),
                    token => token == begin,
                };
            if !fits {
                self.mismatch()?;
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

    /// Whether the input stands in an object or array that has not been entered: what a field that takes
    /// neither was passing over.
    fn is_within(&self) -> bool {
        self.filler.tokens.depth() > self.level
    }

    /// The short cut for strings.
    #[inline]
    fn string(&mut self) -> Option<&str> {
        let may = !self.filler.is_watched && !self.is_within();
        if may { self.filler.tokens.take_string(&mut self.input) } else { None }
    }

    fn token(&mut self) -> Result<Token<'_>, Stop> {
        let Filler { tokens, is_watched, .. } = &mut *self.filler;
        next(tokens, &mut self.input, *is_watched, self.watch)
    }
}

/// Every token that is not skipped comes through here.
#[inline]
fn next<'t, 'i: 't>(
    tokens: &'t mut Tokenizer,
    input: &mut &'i [u8],
    is_watched: bool,
    watch: &mut dyn Watch,
) -> Result<Token<'t>, Stop> {
    let token = tokens.feed(input)?.ok_or(Stop(Cause::More))?;
    if is_watched {
        watch.token(&token);
    }
    Ok(token)
}

/// Members mostly come in the order in which the record names them.
#[inline]
fn find(nodes: &[Node], name: &str, expected: usize) -> Option<usize> {
    if nodes.get(expected).is_some_and(|node| node.is(name)) {
        return Some(expected);
    }
    nodes.iter().position(|node| node.is(name))
}

/// Clears the fields at and below a node, because its member has come once more.
#[cold]
#[inline(never)]
fn clear(record: &mut dyn Record, names: &[Node], node: &Node) {
    if node.count == 0 {
        if let Some(field) = record.member(node.first.into()) {
            field.clear();
        }
        return;
    }
    for below in node.below(names) {
        clear(record, names, below);
    }
}

/// Gives a piece of a string as it stands in JSON text.
fn quoted(piece: &str, has_begun: bool, end: &str, each: &mut dyn FnMut(&str)) {
    const DIGITS: &str = "0123456789abcdef";
    if !has_begun {
        each("\"");
    }
    let mut rest = piece;
    while !rest.is_empty() {
        let (plain, tail) = rest.split_at_checked(unescaped(rest.as_bytes())).unwrap_or_default();
        if !plain.is_empty() {
            each(plain);
        }
        let Some(&byte) = tail.as_bytes().first() else { break };
        match byte {
            b'"' => each("\\\""),
            b'\\' => each("\\\\"),
            0x08 => each("\\b"),
            0x0C => each("\\f"),
            b'\n' => each("\\n"),
            b'\r' => each("\\r"),
            b'\t' => each("\\t"),
            _ => {
                each(if byte < 0x10 { "\\u000" } else { "\\u001" });
                let digit = usize::from(byte & 0xF);
                each(DIGITS.get(digit..=digit).unwrap_or_default());
            }
        }
        rest = tail.get(1..).unwrap_or_default();
    }
    if !end.is_empty() {
        each(end);
    }
}

/// A name, number or word that came in more than one piece.
#[derive(Clone, Debug)]
struct Short {
    text: heapless::String<SHORT, u8>,
    is_too_long: bool,
}

impl Short {
    const fn new() -> Self {
        Self { text: heapless::String::new(), is_too_long: false }
    }

    /// With the last piece, the whole; in that `None` when it is too long.
    #[inline]
    fn gather<'t>(&'t mut self, piece: &'t str, last: bool) -> Option<Option<&'t str>> {
        if last && self.text.is_empty() && !self.is_too_long {
            return Some((piece.len() <= SHORT).then_some(piece));
        }
        self.is_too_long |= self.text.push_str(piece).is_err();
        last.then(|| (!self.is_too_long).then_some(self.text.as_str()))
    }

    fn clear(&mut self) {
        self.text.clear();
        self.is_too_long = false;
    }
}
