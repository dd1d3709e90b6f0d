//! How the runs of a group stand in, a bar of their states with rate and time left out.

use std::time::{Duration, Instant};

use console::{Style, style};
use indicatif::HumanDuration;
use taskgroup::api::StatusCounts;

use crate::{console::Console, record::counts};

/// How wide the bar is, in columns.
const WIDTH: usize = 28;

/// The bar.
pub(crate) struct Bar<'a> {
    console: &'a Console,
    began: Instant,
    /// How many runs had ended when the first event came.
    before: Option<usize>,
    counts: StatusCounts,
    answers: usize,
}

/// How many runs have each status, in the order of the bar.
fn states(counts: &StatusCounts) -> [(u32, Style); 7] {
    [
        (counts.completed, Style::new().green()),
        (counts.failed, Style::new().red()),
        (counts.cancelled, Style::new().yellow()),
        (counts.action_required, Style::new().yellow()),
        (counts.cancelling, Style::new().magenta()),
        (counts.running, Style::new().cyan()),
        (counts.queued, Style::new().dim()),
    ]
}

fn total(counts: &StatusCounts) -> usize {
    states(counts).iter().map(|(count, _)| *count as usize).sum()
}

fn ended(counts: &StatusCounts) -> usize {
    [counts.completed, counts.failed, counts.cancelled].into_iter().map(|count| count as usize).sum()
}

/// How many columns each state has.
fn columns(counts: &StatusCounts, width: usize) -> Vec<usize> {
    let (total, mut sum, mut drawn) = (total(counts).max(1), 0, 0);
    let ends = states(counts).map(|(count, _)| {
        sum += count as usize;
        sum * width / total
    });
    ends.iter().map(|end| end - std::mem::replace(&mut drawn, *end)).collect()
}

impl<'a> Bar<'a> {
    /// Draws the bar. So many answers are there already.
    pub(crate) fn new(console: &'a Console, answers: usize) -> Self {
        console.draw("{spinner:.cyan} {msg}");
        Self { console, began: Instant::now(), before: None, counts: StatusCounts::default(), answers }
    }

    pub(crate) fn stands(&mut self, counts: StatusCounts) {
        if self.before.is_none() {
            (self.before, self.began) = (Some(ended(&counts)), Instant::now());
        }
        self.counts = counts;
        self.show();
    }

    pub(crate) fn added(&self, runs: u32) {
        self.console.message(format!("{runs} runs added"));
    }

    pub(crate) fn answers(&mut self, answers: usize) {
        self.answers = answers;
        self.show();
    }

    fn show(&self) {
        let parts = states(&self.counts).into_iter().zip(columns(&self.counts, WIDTH)).enumerate();
        let bar: String = parts
            .map(|(place, ((_, colour), columns))| {
                // The last state is that of runs that wait.
                let cell = if place == 6 { "░" } else { "█" };
                colour.for_stderr().apply_to(cell.repeat(columns)).to_string()
            })
            .collect();
        let ended = ended(&self.counts);
        let new = ended.saturating_sub(self.before.unwrap_or(ended));
        let pace = pace(new, total(&self.counts).saturating_sub(ended), self.began.elapsed());
        let answers = style(self.answers).bold().for_stderr();
        self.console.message(format!("{bar} {answers} answers  {}{pace}", counts(&self.counts)));
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
        let mut counts = StatusCounts::default();
        (counts.completed, counts.failed, counts.running, counts.queued) = (1, 1, 1, 4);
        assert_eq!(columns(&counts, 28), [4, 4, 0, 0, 0, 4, 16]);
        assert_eq!(columns(&counts, 3).iter().sum::<usize>(), 3);
        assert_eq!(columns(&StatusCounts::default(), 28).iter().sum::<usize>(), 0);
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
