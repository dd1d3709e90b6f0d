//! An event in, its line on stdout out: words for people, or the JSON as it came.
//!
//! # Limits
//!
//! In words: 120 bytes of an answer, 200 of an error, each marked where it was cut. As JSON: no limit. What
//! the service sent is shown as it is, even if it contains the key.

use std::fmt::Display;

use console::style;
use taskgroup::{
    api::StatusCounts,
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

    /// The event's id, also if the event is broken after it.
    fn event_id(&self) -> Option<&str>;

    /// The event's type, if it has one.
    fn kind(&self) -> Option<&str>;

    /// Whether the event is a run of the group.
    fn is_run(&self) -> bool {
        self.kind().is_none_or(|kind| kind == "task_run.state")
    }
}

/// Adds the JSON as it came, but on one line and in UTF-8.
pub(crate) fn one_line(json: &[u8], line: &mut Vec<u8>) {
    let mut start = line.len();
    match simdutf8::basic::from_utf8(json) {
        Ok(text) => line.extend_from_slice(text.as_bytes()),
        Err(_) => line.extend_from_slice(String::from_utf8_lossy(json).as_bytes()),
    }
    // In JSON a line feed can only be whitespace between tokens. Most texts have none.
    while let Some(rest) = line.get_mut(start..)
        && let Some(place) = memchr::memchr(b'\n', rest)
        && let Some(line_feed) = rest.get_mut(place)
    {
        *line_feed = b' ';
        start += place + 1;
    }
    line.push(b'\n');
}

impl Line for Verbatim {
    fn write(&self, line: &mut Vec<u8>, _: &Console) {
        one_line(self.json(), line);
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
        meter: Option<f64> = "/progress_meter",
        group: Option<Group> = "/status",
    }
}

record! {
    /// How the runs of a group stand.
    #[derive(Clone, Debug)]
    struct Group for * {
        runs: u32 = "/num_task_runs",
        counts: StatusCounts = "/task_run_status_counts",
    }
}

/// The numbers of the runs that have each status, without those that none has.
pub(crate) fn counts(counts: &StatusCounts) -> String {
    let counts = [
        (counts.completed, "completed"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
        (counts.running, "running"),
        (counts.queued, "queued"),
        (counts.action_required, "action_required"),
        (counts.cancelling, "cancelling"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

impl Line for Summary {
    /// First the id, as `--last-event-id` takes it, so that the lines alone tell how to continue.
    fn write(&self, line: &mut Vec<u8>, console: &Console) {
        let id = self.event_id().map_or("-".into(), |id| escape(&quoted(id)));
        let words = self.words();
        let words = if self.run_id.is_empty() {
            format!("{id:>5}  {}  {words}", escape(&self.kind))
        } else {
            format!("{id:>5}  {}", self.run(&words))
        };
        push_fitting(line, &words, console);
    }

    fn event_id(&self) -> Option<&str> {
        self.event_id.as_deref().filter(|id| !id.is_empty())
    }

    fn kind(&self) -> Option<&str> {
        Some(&*self.kind).filter(|kind| !kind.is_empty())
    }
}

impl Summary {
    /// Adds the line of an answer, which has no event.
    pub(crate) fn write_answer(&self, line: &mut Vec<u8>, console: &Console) {
        push_fitting(line, &self.run(&self.words()), console);
    }

    fn run(&self, words: &str) -> String {
        let [status, run_id, processor] = [&*self.status, &*self.run_id, &*self.processor].map(escape);
        format!("{}  {run_id}  {processor:<5}  {words}", coloured(&status))
    }

    /// What it is about: an error, an answer, a message, or numbers.
    fn words(&self) -> String {
        let cut = |text: &str, lost: usize| format!("{text}{}", if lost > 0 { "…" } else { "" });
        let text = |text: &Text<200>| cut(text, text.lost());
        let answer = |answer: &Content<120>| {
            cut(answer.as_text().or(answer.as_json()).unwrap_or_default(), answer.lost())
        };
        let words = match (&self.run_error, &self.answer, &self.error, &self.message) {
            (Some(error), ..) => text(error),
            (_, Some(content), ..) => answer(content),
            (_, _, Some(words), _) | (_, _, _, Some(words)) => text(words),
            _ => match (&self.group, &self.meter) {
                (Some(group), _) => format!("{} runs: {}", group.runs, counts(&group.counts)),
                (_, Some(meter)) => format!("{meter} %"),
                _ => String::new(),
            },
        };
        escape(&words)
    }
}

/// Adds a line that a terminal does not break.
fn push_fitting(line: &mut Vec<u8>, words: &str, console: &Console) {
    line.extend_from_slice(console.fit(words.trim_end()).as_bytes());
    line.push(b'\n');
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
