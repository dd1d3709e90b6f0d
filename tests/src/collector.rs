//! Tokens of an event stream in, its events out, with `String` and `Vec`.

use taskgroup::sse::{Field, Token};

use crate::event_stream::{Event, Interpretation};

/// What an application with a heap makes of the tokens.
#[derive(Debug, Default)]
pub struct Collector {
    line: Option<(Field, Vec<u8>)>,
    data: Option<Vec<u8>>,
    name: String,
    id: String,
    all: Interpretation,
}

impl Collector {
    /// At the beginning of a stream, which follows one that left `last_event_id`.
    #[must_use]
    pub fn new(last_event_id: &str) -> Self {
        let mut new = Self { id: last_event_id.into(), ..Self::default() };
        new.all.last_event_id = last_event_id.into();
        new
    }

    /// Takes the next token.
    ///
    /// # Panics
    ///
    /// When a token cannot come here.
    pub fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Begin(field) => {
                self.end_line();
                self.line = Some((field, Vec::new()));
            }
            Token::Bytes(bytes) => {
                assert!(!bytes.is_empty() && !bytes.contains(&b'\r') && !bytes.contains(&b'\n'));
                self.line.as_mut().expect("a field has begun").1.extend(bytes);
            }
            Token::Dispatch => {
                self.end_line();
                self.dispatch();
            }
        }
    }

    /// All that came up to here.
    #[must_use]
    pub fn finish(self) -> Interpretation {
        self.all
    }

    fn end_line(&mut self) {
        let Some((field, value)) = self.line.take() else { return };
        let text = String::from_utf8_lossy(&value).into_owned();
        match field {
            Field::Data => match &mut self.data {
                Some(data) => data.extend([b"\n", &value[..]].concat()),
                none => *none = Some(value),
            },
            Field::Event => self.name = text,
            Field::Id if !text.contains('\0') => self.id = text,
            Field::Retry if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.all.retry = Some(text.parse().unwrap_or(u32::MAX));
            }
            Field::Id | Field::Retry => {}
        }
    }

    fn dispatch(&mut self) {
        let (name, id) = (std::mem::take(&mut self.name), self.id.clone());
        self.all.last_event_id.clone_from(&id);
        if let Some(data) = self.data.take() {
            let name = if name.is_empty() { "message".into() } else { name };
            let data = String::from_utf8_lossy(&data).into();
            self.all.events.push(Event { name, data, id, retry: self.all.retry });
        }
    }
}
