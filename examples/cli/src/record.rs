//! An event in, its line on stdout out: words for people, or the JSON as it came.
//!
//! # Limits
//!
//! In words: 120 bytes of an answer, 200 of an error, each marked where it was cut. As JSON: no limit. What
//! the service sent is shown as it is, also where it has the key in it.

use std::fmt::Display;

use console::style;
use taskgroup::{
    json::{Content, Record},
    record,
    text::Text,
};
use taskgroup_std::Verbatim;

use crate::{
    console::{Console, escape},
    interrupt::quoted,
};

/// A record that can be printed.
pub(crate) trait Line: Record {
    /// Adds the event to `line`, the line feed at the end included.
    fn write(&self, line: &mut Vec<u8>, console: &Console);

    /// The event's id, also of one that is broken behind it.
    fn event_id(&self) -> Option<&str>;

    /// The event's type, if it says one.
    fn kind(&self) -> Option<&str>;

    /// Whether the event is a run of the group.
    fn is_run(&self) -> bool {
        self.kind().is_none_or(|kind| kind == "task_run.state")
    }
}

impl Line for Verbatim {
    /// The JSON as it came, but on one line and in UTF-8.
    fn write(&self, line: &mut Vec<u8>, _: &Console) {
        // In JSON a line feed can only be whitespace between tokens.
        let text = String::from_utf8_lossy(self.json());
        line.extend(text.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
        line.push(b'\n');
    }

    fn event_id(&self) -> Option<&str> {
        self.event_id()
    }

    fn kind(&self) -> Option<&str> {
        self.kind()
    }
}

record! {
    /// What a person wants to see of an event.
    #[derive(Clone, Debug)]
    pub(crate) struct Summary for * {
        kind: Text<40> = "/type",
        event_id: Option<Text<128>> = "/event_id",
        pub(crate) status: Text<20> = "/run/status",
        run_id: Text<40> = "/run/run_id",
        processor: Text<20> = "/run/processor",
        run_error: Option<Text<200>> = "/run/error/message",
        answer: Option<Content<120>> = "/output/content",
        error: Option<Text<200>> = "/error/message",
        message: Option<Text<200>> = "/message",
    }
}

impl Line for Summary {
    /// First the id, as `--last-event-id` takes it: whoever has the lines knows how to go on.
    fn write(&self, line: &mut Vec<u8>, console: &Console) {
        let cut = |text: &str, lost: usize| format!("{text}{}", if lost > 0 { "…" } else { "" });
        let text = |text: &Text<200>| cut(text, text.lost());
        let answer = |answer: &Content<120>| {
            cut(answer.as_text().or(answer.as_json()).unwrap_or_default(), answer.lost())
        };
        let words = match (&self.run_error, &self.answer, &self.error, &self.message) {
            (Some(error), ..) => text(error),
            (_, Some(content), ..) => answer(content),
            (_, _, Some(words), _) | (_, _, _, Some(words)) => text(words),
            _ => String::new(),
        };
        let words = escape(&words);
        let id = self.event_id().map_or("-".into(), |id| escape(&quoted(id)));
        let words = if self.run_id.is_empty() {
            format!("{id:>5}  {}  {words}", escape(&self.kind))
        } else {
            let [status, run_id, processor] = [&*self.status, &*self.run_id, &*self.processor].map(escape);
            format!("{id:>5}  {}  {run_id}  {processor:<5}  {words}", coloured(&status))
        };
        line.extend_from_slice(console.fit(words.trim_end()).as_bytes());
        line.push(b'\n');
    }

    fn event_id(&self) -> Option<&str> {
        self.event_id.as_deref().filter(|id| !id.is_empty())
    }

    fn kind(&self) -> Option<&str> {
        Some(&*self.kind).filter(|kind| !kind.is_empty())
    }
}

/// The status in a column of its own; in colour where stdout is a terminal that has them.
fn coloured(status: &str) -> impl Display + use<> {
    let column = style(format!("{status:<9}"));
    match status {
        "completed" => column.green(),
        "failed" => column.red(),
        "cancelled" | "action_required" => column.yellow(),
        _ => column.cyan(),
    }
}
