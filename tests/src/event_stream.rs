//! The WHATWG algorithm for event streams in its own words, with `String` and `Vec`: slow, greedy and
//! easy to compare with the standard. What the machine in the core gives must be the same.

/// All that a stream gave up to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interpretation {
    /// The events in their order.
    pub events: Vec<Event>,
    /// The last event id.
    pub last_event_id: String,
    /// The reconnection time in milliseconds, if the stream set it.
    pub retry: Option<u32>,
}

/// One event, and the reconnection time when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Event {
    pub name: String,
    pub data: String,
    pub id: String,
    pub retry: Option<u32>,
}

/// Interprets a whole stream, which follows one that left `last_event_id`.
#[must_use]
pub fn interpret(stream: &[u8], last_event_id: &str) -> Interpretation {
    interpret_within(stream, last_event_id, usize::MAX)
}

/// The same for a parser that skips an `id` or a `retry` whose value has more than `longest` bytes.
#[must_use]
pub fn interpret_within(stream: &[u8], last_event_id: &str, longest: usize) -> Interpretation {
    let lines = lines(stream);
    let mut all = Interpretation { last_event_id: last_event_id.into(), ..Interpretation::default() };
    let (mut data, mut name, mut id) = (String::new(), String::new(), String::from(last_event_id));
    for line in lines.split_terminator('\n') {
        if line.is_empty() {
            all.last_event_id.clone_from(&id);
            if data.pop().is_some() {
                let name = if name.is_empty() { "message".into() } else { name.clone() };
                all.events.push(Event { name, data: data.clone(), id: id.clone(), retry: all.retry });
            }
            data.clear();
            name.clear();
            continue;
        }
        let (field, value) = field(line);
        match field {
            "event" => name = value.into(),
            "data" => data = data + value + "\n",
            "id" | "retry" if value.len() > longest => {}
            "id" if !value.contains('\0') => id = value.into(),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                all.retry = Some(value.parse().unwrap_or(u32::MAX));
            }
            _ => {}
        }
    }
    all
}

/// The lines of a stream that have ended, each with a line feed.
#[must_use]
pub fn lines(stream: &[u8]) -> String {
    let decoded = String::from_utf8_lossy(stream);
    let text = decoded.strip_prefix('\u{FEFF}').unwrap_or(&decoded);
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
    text
}

/// The field and the value of a line that is not blank.
#[must_use]
pub fn field(line: &str) -> (&str, &str) {
    let (field, value) = line.split_once(':').unwrap_or((line, ""));
    (field, value.strip_prefix(' ').unwrap_or(value))
}
