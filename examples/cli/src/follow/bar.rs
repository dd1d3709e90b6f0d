//! How the runs of a group stand in, a bar of their states with rate and time left out.

use std::time::{Duration, Instant};

use console::{Style, style};
use indicatif::HumanDuration;
use serde::Deserialize;

use crate::console::Console;

/// How wide the bar is, in columns.
const WIDTH: usize = 28;

/// How many runs have each status. The service leaves out those that none has.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(crate) struct Counts {
    pub(crate) completed: usize,
    pub(crate) failed: usize,
    pub(crate) cancelled: usize,
    pub(crate) action_required: usize,
    pub(crate) cancelling: usize,
    pub(crate) running: usize,
    pub(crate) queued: usize,
}

/// The bar.
pub(crate) struct Bar<'a> {
    console: &'a Console,
    began: Instant,
    /// How many answers were there before.
    before: usize,
    counts: Counts,
    answers: usize,
}

impl Counts {
    fn states(&self) -> [(usize, &'static str, Style); 7] {
        [
            (self.completed, "completed", Style::new().green()),
            (self.failed, "failed", Style::new().red()),
            (self.cancelled, "cancelled", Style::new().yellow()),
            (self.action_required, "action_required", Style::new().yellow()),
            (self.cancelling, "cancelling", Style::new().magenta()),
            (self.running, "running", Style::new().cyan()),
            (self.queued, "queued", Style::new().dim()),
        ]
    }

    fn total(&self) -> usize {
        self.states().iter().map(|(count, ..)| count).sum()
    }

    /// The numbers, without those that are 0.
    fn words(&self) -> String {
        let some = self.states().into_iter().filter(|(count, ..)| *count > 0);
        some.map(|(count, name, _)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    }

    /// One cell for each share of the runs, in the order of the states.
    fn cells(&self, width: usize) -> Vec<usize> {
        let (total, mut sum, mut drawn) = (self.total().max(1), 0, 0);
        let ends = self.states().map(|(count, ..)| {
            sum += count;
            sum * width / total
        });
        ends.iter().map(|end| end - std::mem::replace(&mut drawn, *end)).collect()
    }
}

impl<'a> Bar<'a> {
    /// Draws the bar. `before`: so many answers were there before.
    pub(crate) fn new(console: &'a Console, before: usize) -> Self {
        console.draw("{spinner:.cyan} {msg}");
        Self { console, began: Instant::now(), before, counts: Counts::default(), answers: before }
    }

    pub(crate) fn counts(&mut self, counts: Counts) {
        self.counts = counts;
        self.show();
    }

    pub(crate) fn answers(&mut self, answers: usize) {
        self.answers = answers;
        self.show();
    }

    fn show(&self) {
        let cells = self.counts.cells(WIDTH);
        let bar: String = self
            .counts
            .states()
            .into_iter()
            .zip(cells)
            .map(|((.., name, colour), cells)| {
                let cell = if name == "queued" { "░" } else { "█" };
                colour.for_stderr().apply_to(cell.repeat(cells)).to_string()
            })
            .collect();
        let new = self.answers.saturating_sub(self.before);
        let pace = pace(new, self.counts.total().saturating_sub(self.answers), self.began.elapsed());
        let answers = style(self.answers).bold().for_stderr();
        self.console.message(format!("{bar} {answers} answers  {}{pace}", self.counts.words()));
    }
}

/// The rate, and how long the rest takes at it; nothing before there is any.
fn pace(done: usize, left: usize, took: Duration) -> String {
    if done == 0 || took < Duration::from_secs(1) {
        return String::new();
    }
    let rate = done as f64 / took.as_secs_f64();
    if left == 0 {
        return format!("  {rate:.1}/s");
    }
    let rest = Duration::try_from_secs_f64(left as f64 / rate).unwrap_or(Duration::MAX);
    format!("  {rate:.1}/s, {} left", HumanDuration(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_wide_as_it_should_be_whatever_the_counts() {
        let counts = Counts { completed: 1, failed: 1, running: 1, queued: 4, ..Counts::default() };
        assert_eq!(counts.cells(28), [4, 4, 0, 0, 0, 4, 16]);
        assert_eq!(counts.cells(3).iter().sum::<usize>(), 3);
        assert_eq!(Counts::default().cells(28).iter().sum::<usize>(), 0);
        assert_eq!(counts.words(), "1 completed, 1 failed, 1 running, 4 queued");
    }

    #[test]
    fn rate_and_time_left_come_when_there_is_something_to_tell_them_from() {
        let seconds = Duration::from_secs;
        assert_eq!(pace(0, 10, seconds(9)), "");
        assert_eq!(pace(5, 10, Duration::from_millis(10)), "");
        assert_eq!(pace(20, 100, seconds(10)), "  2.0/s, 50 seconds left");
        assert_eq!(pace(20, 0, seconds(10)), "  2.0/s");
    }
}
