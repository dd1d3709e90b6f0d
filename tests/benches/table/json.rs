//! JSON texts in, whole or in reads: skipped, or a record of each out.

use std::hint::black_box;

use picojson::{DefaultConfig, Event, ParseError, PushParser, PushParserHandler};
use serde::{Deserialize, de::IgnoredAny};
use taskgroup::{
    api::{self, StreamEvent},
    json::{Filler, Record},
    record,
};

use crate::{
    READS,
    frames::Frames,
    kept::Kept,
    peers::{self, AsItStands, SerdeJson, SonicRs, Status},
    runner::Runner,
};

/// What a record without a heap has for texts: as much as `Brief`.
type Name = heapless::String<40>;
type Message = heapless::String<48>;

/// picojson needs room for the longest string with an escape, wanted or not.
const SCRATCH: usize = 1 << 20;

record! {
    /// Wants nothing.
    struct Nothing {}
}

/// Something of a text that can be added to what was kept.
pub(crate) trait Keep {
    fn keep(&self, kept: &mut Kept);
}

/// Nothing of them is kept; that they are JSON is checked.
pub(crate) fn skipped(frames: &Frames) -> Vec<Runner<'_>> {
    let mut runners = ours::<Nothing>("taskgroup, a record that wants nothing", frames);
    runners.extend([
        whole("serde_json, `IgnoredAny`", frames, |json| serde_json::from_slice::<IgnoredAny>(json).ok()),
        whole("sonic-rs, `IgnoredAny`", frames, |json| sonic_rs::from_slice::<IgnoredAny>(json).ok()),
        whole("serde-json-core, `IgnoredAny`", frames, core_read::<IgnoredAny>),
    ]);
    runners.extend(pushed("picojson, push", frames, || Ignoring));
    runners
}

/// What is kept is the little of `Brief`.
pub(crate) fn brief(frames: &Frames) -> Vec<Runner<'_>> {
    type Owned = peers::Brief<String, String>;
    type Fixed = peers::Brief<Name, Message>;

    let mut runners = ours::<StreamEvent<api::Brief>>("taskgroup, `Brief`", frames);
    runners.extend([
        whole("serde_json, a struct", frames, |json| serde_json::from_slice::<Owned>(json).ok()),
        whole("sonic-rs, a struct", frames, |json| sonic_rs::from_slice::<Owned>(json).ok()),
        whole("serde-json-core, a struct", frames, core_read::<Fixed>),
    ]);
    runners.extend(pushed("picojson, push, by hand", frames, Paths::default));
    runners
}

/// The same of `Standard`, which keeps something of everything.
pub(crate) fn standard(frames: &Frames) -> Vec<Runner<'_>> {
    let mut runners = ours::<StreamEvent<api::Standard>>("taskgroup, `Standard`", frames);
    runners.extend([
        whole("serde_json, a struct", frames, |json| {
            serde_json::from_slice::<peers::Standard<SerdeJson>>(json).ok()
        }),
        whole("sonic-rs, a struct", frames, |json| {
            sonic_rs::from_slice::<peers::Standard<SonicRs>>(json).ok()
        }),
    ]);
    runners
}

fn core_read<'j, T: Deserialize<'j>>(json: &'j [u8]) -> Option<T> {
    serde_json_core::from_slice(json).ok().map(|(read, _)| read)
}

/// Adds what was found, or shows the compiler that it is needed.
fn found<T: Keep>(value: &T, kept: &mut Option<&mut Kept>) {
    match kept {
        Some(kept) => value.keep(kept),
        None => _ = black_box(value),
    }
}

/// The texts as they come when they are read one after the other, in reads of one size.
fn ours<'f, R: Record + Default + Keep + 'static>(name: &'static str, frames: &'f Frames) -> Vec<Runner<'f>> {
    let runner = |read| {
        let pieces = frames.pieces(read);
        let (mut filler, mut record) = (Filler::new(), R::default());
        Runner::ours(name, move |mut kept| {
            let mut count = 0;
            for text in &pieces {
                filler.begin(&mut record);
                for mut piece in text.iter().copied() {
                    _ = filler.feed(&mut record, &mut (), &mut piece).expect("it is JSON");
                }
                count += usize::from(filler.finish().is_ok());
                found(&record, &mut kept);
            }
            count
        })
        .in_reads_of(read)
    };
    READS.map(runner).into()
}

/// Each text in one piece, as these need it.
fn whole<'f, T: Keep>(
    name: &'static str,
    frames: &'f Frames,
    read: impl Fn(&'f [u8]) -> Option<T> + 'f,
) -> Runner<'f> {
    Runner::theirs(name, move |mut kept| {
        let mut count = 0;
        for text in &frames.texts {
            if let Some(value) = read(text.as_bytes()) {
                count += 1;
                found(&value, &mut kept);
            }
        }
        count
    })
}

fn pushed<'f, H>(name: &'static str, frames: &'f Frames, new: impl Fn() -> H + Copy + 'f) -> Vec<Runner<'f>>
where
    H: Keep + for<'i, 's> PushParserHandler<'i, 's, ParseError>,
{
    let runner = |read| {
        let pieces = frames.pieces(read);
        let mut scratch = vec![0; SCRATCH];
        Runner::theirs(name, move |mut kept| {
            let mut count = 0;
            for text in &pieces {
                let mut parser = PushParser::<_, DefaultConfig>::new(new(), &mut scratch);
                for piece in text {
                    parser.write::<ParseError>(piece).expect("it is JSON");
                }
                let handler = parser.finish::<ParseError>().expect("it is whole");
                count += 1;
                found(&handler, &mut kept);
            }
            count
        })
        .in_reads_of(read)
    };
    READS.map(runner).into()
}

struct Ignoring;

impl PushParserHandler<'_, '_, ParseError> for Ignoring {
    fn handle_event(&mut self, event: Event<'_, '_>) -> Result<(), ParseError> {
        black_box(event);
        Ok(())
    }
}

/// The member that a value belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Member {
    #[default]
    Other,
    Kind,
    Run,
    Group,
    Error,
    RunId,
    Status,
    IsActive,
    Processor,
    Message,
    Runs,
    Counts,
    Count(usize),
}

const COUNTS: [&str; 7] =
    ["queued", "action_required", "running", "completed", "failed", "cancelling", "cancelled"];

/// What picojson leaves to its user: which value belongs where.
#[derive(Default)]
struct Paths {
    record: peers::Brief<Name, Message>,
    counts: [Option<u32>; 7],
    path: [Member; 3],
    depth: usize,
}

impl Paths {
    /// Of what is open now.
    fn named(&mut self, name: &str) {
        use Member::{
            Count, Counts, Error, Group, IsActive, Kind, Message, Other, Processor, Run, RunId, Runs,
        };

        let Some(place) = self.depth.checked_sub(1).filter(|place| *place < self.path.len()) else { return };
        let member = match (&self.path[..place], name) {
            ([], "type") => Kind,
            ([], "run") => Run,
            ([], "status") => Group,
            ([], "error") | ([Run], "error") => Error,
            ([Run], "run_id") => RunId,
            ([Run], "status") => Member::Status,
            ([Run] | [Group], "is_active") => IsActive,
            ([Run], "processor") => Processor,
            ([Error] | [Run, Error], "message") => Message,
            ([Group], "num_task_runs") => Runs,
            ([Group], "task_run_status_counts") => Counts,
            ([Group, Counts], name) => COUNTS.iter().position(|count| *count == name).map_or(Other, Count),
            _ => Other,
        };
        self.path[place] = member;
    }

    fn open(&mut self) {
        if let Some(member) = self.path.get_mut(self.depth) {
            *member = Member::Other;
        }
        self.depth += 1;
    }

    fn text(&mut self, text: &str) -> Option<()> {
        let record = &mut self.record;
        let name = match self.path.get(..self.depth).unwrap_or_default() {
            [Member::Kind] => &mut record.kind,
            [Member::Run, Member::RunId] => &mut record.run.get_or_insert_default().run_id,
            [Member::Run, Member::Processor] => &mut record.run.get_or_insert_default().processor,
            [Member::Run, Member::Status] => {
                record.run.get_or_insert_default().status = status(text);
                return Some(());
            }
            [Member::Run, Member::Error, Member::Message] => {
                let error = record.run.get_or_insert_default().error.get_or_insert_default();
                error.message = text.try_into().ok()?;
                return Some(());
            }
            [Member::Error, Member::Message] => {
                record.error.get_or_insert_default().message = text.try_into().ok()?;
                return Some(());
            }
            _ => return Some(()),
        };
        *name = text.try_into().ok()?;
        Some(())
    }

    fn flag(&mut self, flag: bool) {
        match self.path.get(..self.depth) {
            Some([Member::Run, Member::IsActive]) => {
                self.record.run.get_or_insert_default().is_active = flag;
            }
            Some([Member::Group, Member::IsActive]) => {
                self.record.status.get_or_insert_default().is_active = flag;
            }
            _ => {}
        }
    }

    fn number(&mut self, number: &str) -> Option<()> {
        match *self.path.get(..self.depth).unwrap_or_default() {
            [Member::Group, Member::Runs] => {
                self.record.status.get_or_insert_default().num_task_runs = number.parse().ok()?;
            }
            [Member::Group, Member::Counts, Member::Count(which)] => {
                *self.counts.get_mut(which)? = Some(number.parse().ok()?);
            }
            _ => {}
        }
        Some(())
    }
}

fn status(word: &str) -> Status {
    match word {
        "queued" => Status::Queued,
        "action_required" => Status::ActionRequired,
        "running" => Status::Running,
        "completed" => Status::Completed,
        "failed" => Status::Failed,
        "cancelling" => Status::Cancelling,
        "cancelled" => Status::Cancelled,
        _ => Status::Unknown,
    }
}

impl PushParserHandler<'_, '_, ParseError> for Paths {
    fn handle_event(&mut self, event: Event<'_, '_>) -> Result<(), ParseError> {
        let fits = match &event {
            Event::String(text) => self.text(text.as_str()),
            Event::Number(number) => self.number(number.as_str()),
            _ => Some(()),
        };
        match event {
            Event::StartObject | Event::StartArray => self.open(),
            Event::EndObject | Event::EndArray => self.depth -= 1,
            Event::Key(name) => self.named(name.as_str()),
            Event::Bool(flag) => self.flag(flag),
            Event::String(_) | Event::Number(_) | Event::Null | Event::EndDocument => {}
        }
        fits.ok_or(ParseError::EndOfData)
    }
}

impl Keep for IgnoredAny {
    fn keep(&self, _: &mut Kept) {}
}

impl Keep for Ignoring {
    fn keep(&self, _: &mut Kept) {}
}

impl Keep for Nothing {
    fn keep(&self, _: &mut Kept) {}
}

impl Keep for Paths {
    fn keep(&self, kept: &mut Kept) {
        self.record.keep(kept);
    }
}

impl Keep for StreamEvent<api::Brief> {
    fn keep(&self, kept: &mut Kept) {
        kept.text(&self.kind);
        let Some(run) = &self.run else { return };
        kept.text(&run.run_id);
        kept.word(run.status);
        kept.word(run.is_active);
        kept.text(&run.processor);
        kept.option(run.error.as_ref().map(|error| error.message.as_str()));
    }
}

impl<Name: AsRef<str>, Message: AsRef<str>> Keep for peers::Brief<Name, Message> {
    fn keep(&self, kept: &mut Kept) {
        kept.text(self.kind.as_ref());
        let Some(run) = &self.run else { return };
        kept.text(run.run_id.as_ref());
        kept.word(&run.status);
        kept.word(run.is_active);
        kept.text(run.processor.as_ref());
        kept.option(run.error.as_ref().map(|error| error.message.as_ref()));
    }
}

/// Of lists, `Standard` keeps so many entries of the basis, and so many citations of each.
const BASIS: usize = 3;
const CITATIONS: usize = 2;

impl Keep for StreamEvent<api::Standard> {
    fn keep(&self, kept: &mut Kept) {
        kept.text(&self.kind);
        kept.option(self.event_id.as_deref());
        if let Some(run) = &self.run {
            kept.text(&run.run_id);
            kept.word(run.status);
            kept.word(run.is_active);
            kept.text(&run.processor);
            kept.option(run.metadata.as_ref().map(|metadata| metadata.as_str()));
            kept.option(run.taskgroup_id.as_deref());
            kept.option(run.created_at.as_deref());
            kept.option(run.modified_at.as_deref());
        }
        let Some(output) = &self.output else { return };
        kept.word(output.kind);
        kept.beginning(output.content.as_str());
        for entry in &output.basis {
            kept.text(&entry.field);
            kept.beginning(&entry.reasoning);
            kept.word(entry.confidence);
            for citation in &entry.citations {
                kept.text(&citation.url);
                kept.option(citation.title.as_deref());
                let excerpts = citation.excerpts.as_deref().unwrap_or_default();
                kept.beginning(excerpts.first().map_or("", |excerpt| excerpt));
            }
        }
    }
}

/// As `Raw` keeps it; the others have it as it came.
fn without_escapes(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).expect("it is JSON").to_string()
}

impl<P: AsItStands> Keep for peers::Standard<P> {
    fn keep(&self, kept: &mut Kept) {
        kept.text(&self.kind);
        kept.option(self.event_id.as_deref());
        if let Some(run) = &self.run {
            kept.text(&run.run_id);
            kept.word(&run.status);
            kept.word(run.is_active);
            kept.text(&run.processor);
            kept.option(run.metadata.as_ref().map(|metadata| &*metadata.0));
            kept.option(run.taskgroup_id.as_deref());
            kept.option(run.created_at.as_deref());
            kept.option(run.modified_at.as_deref());
        }
        let Some(output) = &self.output else { return };
        kept.word(&output.kind);
        match &output.content {
            peers::Content::Text(text) => kept.beginning(text),
            peers::Content::Raw(json) => kept.beginning(&without_escapes(&json.0)),
        }
        for entry in output.basis.iter().take(BASIS) {
            kept.text(&entry.field);
            kept.beginning(&entry.reasoning);
            kept.word(&entry.confidence);
            for citation in entry.citations.iter().take(CITATIONS) {
                kept.text(&citation.url);
                kept.option(citation.title.as_deref());
                let excerpts = citation.excerpts.as_deref().unwrap_or_default();
                kept.beginning(excerpts.first().map_or("", |excerpt| excerpt));
            }
        }
    }
}
