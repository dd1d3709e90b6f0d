//! A program that follows a group, the way to its service, and all that can go wrong with both.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use taskgroup::{
    api::{Status, body::Inputs},
    follow::{Event, Follow, State},
    json::{Content, Field, Json, Node, Record, Stop},
    record,
    session::{Action, Config, Failure, Outcome},
    text::Text,
    time::Instant,
};
use taskgroup_tests::peer::Received;

use super::service::{Reply, Service, inputs_of};

/// One thing that goes wrong, once. Requests to add runs, bytes and calls are counted from 0 on, over the
/// whole life of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The connection breaks before this byte of all that is sent.
    SentByte(usize),
    /// The connection breaks before this byte of all that is received.
    ReceivedByte(usize),
    /// The program is killed before this call, and started again with what it has kept.
    Crash { call: usize },
    /// The request is lost after it was sent.
    PostLost { post: usize },
    /// It is acted on, and the answer is lost.
    AnswerLost { post: usize },
    /// It is acted on in part, and the connection breaks.
    Partial { post: usize, accepted: usize },
    /// The connection breaks, and a moment later it is acted on.
    Late { post: usize },
    /// It is answered with this status, whether or not it was acted on.
    Status { post: usize, code: u16, accepted: bool },
    /// It is acted on, and the answer is broken.
    NotJson { post: usize },
}

record! {
    #[derive(Clone, Debug)]
    struct Members for * {
        run_id: Text<40> = "/run/run_id",
        status: Status = "/run/status",
        number: Option<u32> = "/run/metadata/input_number",
        output: Content<64> = "/output/content",
    }
}

/// A record that keeps its text, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    members: Members,
    text: Vec<u8>,
}

impl Field for Seen {
    fn clear(&mut self) {
        self.members.clear();
        self.text.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.object(self)
    }
}

impl Record for Seen {
    fn names(&self) -> &'static [Node] {
        self.members.names()
    }

    fn member(&mut self, index: usize) -> Option<&mut dyn Field> {
        self.members.member(index)
    }

    fn data(&mut self, piece: &[u8]) {
        self.text.extend(piece);
    }
}

/// An answer as the program has put it out.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) run_id: String,
    pub(crate) status: Status,
    pub(crate) input: Option<u32>,
    pub(crate) output: Option<String>,
    pub(crate) text: Vec<u8>,
}

/// What is on the way to the program.
#[derive(Default)]
struct Line {
    written: Vec<u8>,
    /// How long the request is, once its head is there.
    length: usize,
    incoming: VecDeque<u8>,
    /// How long nothing comes, and what comes then.
    silence: Duration,
    rest: Vec<u8>,
    closes: bool,
    breaks: bool,
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) faults: Vec<Fault>,
    pub(crate) answers: Vec<Given>,
    pub(crate) groups_shown: usize,
    pub(crate) added_shown: Vec<u32>,
    pub(crate) connections: usize,
    pub(crate) now: Duration,
    pub(crate) sent: usize,
    pub(crate) received: usize,
    pub(crate) calls: usize,
    pub(crate) error: String,
    /// What the program has kept.
    kept: Option<Vec<u8>>,
    /// What the service will act on, and when.
    late: Option<(Duration, Received)>,
    line: Option<Line>,
}

impl World {
    pub(crate) fn new(service: Service) -> Self {
        Self {
            service,
            faults: Vec::new(),
            answers: Vec::new(),
            groups_shown: 0,
            added_shown: Vec::new(),
            connections: 0,
            now: Duration::ZERO,
            sent: 0,
            received: 0,
            calls: 0,
            error: String::new(),
            kept: None,
            late: None,
            line: None,
        }
    }

    /// Follows to the end, over all crashes.
    pub(crate) fn follow(&mut self, inputs: &dyn Inputs, group: Option<&str>) -> Outcome {
        self.run(|config| {
            let follow = Follow::<Seen>::new(config).with_inputs(inputs);
            match group {
                Some(group) => follow.with_group(group),
                None => follow,
            }
        })
    }

    /// Follows to the end with what this makes, over all crashes.
    pub(crate) fn run<'c, const N: usize>(
        &mut self,
        make: impl Fn(Config<'c>) -> Follow<'c, Seen, N>,
    ) -> Outcome {
        let config = Config::new("key").with_server("example.org", 80, false);
        for _ in 0..50 {
            let mut follow = make(config);
            if let Some(kept) = &self.kept {
                follow = follow.with_state(&State::read(kept).expect("what was kept can be read"));
            }
            if let Some(outcome) = self.drive(follow) {
                return outcome;
            }
            self.line = None;
        }
        panic!("it never comes to an end");
    }

    /// Each of this many inputs was asked once, and each answer delivered once.
    #[track_caller]
    pub(crate) fn check(&self, count: usize) {
        let mut asked = BTreeMap::new();
        for run in &self.service.runs {
            *asked.entry(run.metadata["input_number"].as_u64().expect("it is numbered")).or_insert(0) += 1;
        }
        assert!(asked.values().all(|times| *times == 1), "an input was asked twice: {asked:?}");
        assert_eq!(asked.len(), count, "each input was asked");
        let mut given = BTreeMap::new();
        for answer in &self.answers {
            *given.entry(answer.input.expect("it is numbered")).or_insert(0) += 1;
        }
        assert!(given.values().all(|times| *times == 1), "an answer was given twice: {given:?}");
        assert_eq!(given.len(), count, "each answer was given");
    }

    /// The answer to the input of this number.
    pub(crate) fn answer(&self, number: usize) -> &Given {
        let is_it = |answer: &&Given| answer.input == u32::try_from(number).ok();
        self.answers.iter().find(is_it).expect("it was given")
    }

    /// Takes a fault that is due out of the list.
    fn strikes(&mut self, is_due: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let place = self.faults.iter().position(is_due)?;
        Some(self.faults.remove(place))
    }

    /// `None`: the program was killed.
    fn drive<const N: usize>(&mut self, mut follow: Follow<'_, Seen, N>) -> Option<Outcome> {
        let mut turns = 0;
        loop {
            turns += 1;
            assert!(turns < 1_000_000, "it goes on for ever");
            let action = self.called(|world| follow.poll(world.clock()))?;
            self.show(&mut follow);
            match action {
                Action::Connect { .. } => {
                    assert!(self.line.is_none(), "the one before is still open");
                    self.line = Some(Line::default());
                    self.connections += 1;
                    self.called(|world| follow.connected(world.clock()))?;
                }
                Action::Send { .. } => {
                    let mut buffer = [0; 300];
                    let filled = self.called(|_| follow.fill(&mut buffer))?;
                    if !self.send(&buffer[..filled]) {
                        self.called(|world| follow.failed(world.clock(), Failure::Broken))?;
                    }
                }
                Action::Receive { until } => self.receive(&mut follow, until)?,
                Action::Close => self.line = None,
                Action::Sleep { until, .. } => self.pass(until),
                Action::Stop(outcome) => {
                    self.error = follow.error().map_or_else(String::new, |error| error.message.to_string());
                    assert!(self.line.is_none(), "no connection is left open");
                    return Some(outcome);
                }
            }
        }
    }

    fn called<T>(&mut self, call: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let nth = self.calls;
        self.calls += 1;
        if self.strikes(|fault| *fault == Fault::Crash { call: nth }).is_some() {
            return None;
        }
        Some(call(self))
    }

    fn clock(&self) -> Instant {
        Instant::from_millis(1_000_000) + self.now
    }

    fn pass(&mut self, until: Instant) {
        self.now += until.saturating_since(self.clock());
        if let Some((_, request)) = self.late.take_if(|(when, _)| *when <= self.now) {
            self.service.reply(&request);
        }
    }

    /// Handles what was found, and keeps the state.
    fn show<const N: usize>(&mut self, follow: &mut Follow<'_, Seen, N>) {
        match follow.event() {
            None | Some(Event::Status(_)) => return,
            Some(Event::Group(_)) => self.groups_shown += 1,
            Some(Event::Added(state)) => self.added_shown.push(state.added()),
            Some(Event::Answer(answer)) => {
                assert_eq!(answer.record.members.run_id, answer.run_id);
                assert_eq!(answer.record.members.status, answer.status);
                assert_eq!(answer.record.members.number, answer.input);
                self.answers.push(Given {
                    run_id: answer.run_id.into(),
                    status: answer.status,
                    input: answer.input,
                    output: answer.record.members.output.as_text().map(Into::into),
                    text: answer.record.text.clone(),
                });
            }
            Some(other) => panic!("{other:?}"),
        }
        let mut bytes = [0; State::SIZE];
        let length = follow.handled().write(&mut bytes);
        self.kept = Some(bytes[..length].to_vec());
    }

    /// False: the connection broke.
    fn send(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            let nth = self.sent;
            self.sent += 1;
            if self.strikes(|fault| *fault == Fault::SentByte(nth)).is_some() {
                return false;
            }
            self.line.as_mut().expect("it is open").written.push(*byte);
        }
        self.serve();
        true
    }

    /// Answers the request, once it is whole.
    fn serve(&mut self) {
        let line = self.line.as_mut().expect("it is open");
        if line.written.len() < line.length {
            return;
        }
        let Some(head) = line.written.windows(4).position(|end| end == b"\r\n\r\n") else { return };
        let request = Received::parse(&line.written);
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        line.length = head + 4 + length;
        if line.written.len() < line.length {
            return;
        }
        line.written.clear();
        line.length = 0;
        let is_post = request.method == "POST" && request.target.ends_with("/runs");
        let reply = if is_post { self.post(request) } else { Some(self.service.reply(&request)) };
        let line = self.line.as_mut().expect("it is open");
        match reply {
            None => line.breaks = true,
            Some(Reply { bytes, closes, silence, rest }) => {
                line.incoming.extend(bytes);
                (line.closes, line.silence, line.rest) = (closes, Duration::from_secs(silence), rest);
            }
        }
    }

    /// `None`: the connection breaks instead of an answer.
    fn post(&mut self, request: Received) -> Option<Reply> {
        let nth = self.service.posts.len();
        let mut inputs = inputs_of(&request);
        self.service.posts.push(inputs.len());
        let is_due = |fault: &Fault| match *fault {
            Fault::PostLost { post }
            | Fault::AnswerLost { post }
            | Fault::Partial { post, .. }
            | Fault::Late { post }
            | Fault::Status { post, .. }
            | Fault::NotJson { post } => post == nth,
            _ => false,
        };
        match self.strikes(is_due) {
            Some(Fault::PostLost { .. }) => None,
            Some(Fault::AnswerLost { .. }) => {
                self.service.add(inputs);
                None
            }
            Some(Fault::Partial { accepted, .. }) => {
                inputs.truncate(accepted);
                self.service.add(inputs);
                None
            }
            Some(Fault::Late { .. }) => {
                self.late = Some((self.now + Duration::from_millis(800), request));
                None
            }
            Some(Fault::Status { code, accepted, .. }) => {
                if accepted {
                    self.service.add(inputs);
                }
                Some(self.service.refusal(code))
            }
            Some(Fault::NotJson { .. }) => {
                self.service.add(inputs);
                Some(self.service.json("200 OK", &serde_json::json!([])))
            }
            _ => Some(self.service.reply(&request)),
        }
    }

    fn receive<const N: usize>(&mut self, follow: &mut Follow<'_, Seen, N>, until: Instant) -> Option<()> {
        let now = self.clock();
        let line = self.line.as_mut().expect("it is open");
        if line.incoming.is_empty() && !line.rest.is_empty() {
            let patience = until.saturating_since(now);
            if line.silence > patience {
                line.silence -= patience;
                self.pass(until);
                return Some(());
            }
            let silence = std::mem::take(&mut line.silence);
            line.incoming = std::mem::take(&mut line.rest).into();
            self.pass(now + silence);
        }
        let line = self.line.as_mut().expect("it is open");
        if line.incoming.is_empty() {
            if std::mem::take(&mut line.breaks) {
                return self.called(|world| follow.failed(world.clock(), Failure::Broken));
            }
            if std::mem::take(&mut line.closes) {
                return self.called(|world| follow.closed(world.clock()));
            }
            self.pass(until);
            return Some(());
        }
        // In pieces, so that a break strikes in the middle.
        let mut piece: Vec<u8> = Vec::new();
        let mut is_broken = false;
        while piece.len() < 100 {
            let Some(line) = self.line.as_mut().filter(|line| !line.incoming.is_empty()) else { break };
            let byte = line.incoming.pop_front().expect("there is one");
            let nth = self.received;
            self.received += 1;
            if self.strikes(|fault| *fault == Fault::ReceivedByte(nth)).is_some() {
                is_broken = true;
                break;
            }
            piece.push(byte);
        }
        let mut input = &piece[..];
        while self.called(|world| follow.advance(&mut input, world.clock()))? {
            self.show(follow);
        }
        if is_broken {
            self.called(|world| follow.failed(world.clock(), Failure::Broken))?;
        }
        Some(())
    }
}
