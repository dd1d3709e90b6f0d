//! Options in, what is to be asked out: RunInputs as JSON, in order.
//!
//! # Limits
//!
//! All inputs are held in memory.

use std::{
    fmt::Display,
    fs::File,
    io::{self, IsTerminal, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Map, Value, json};
use taskgroup::api::body::{self, RunInput, TaskSpec};

use crate::Error;

pub(crate) mod metadata;
mod spec;
mod template;

use self::{
    metadata::Pair,
    spec::{Shape, Spec, schema},
    template::Template,
};

/// How many characters the service takes of a specification and an input together.
const MOST_CHARACTERS: usize = 25_000;

/// Where inputs come from, and what all of them have.
#[derive(Args)]
#[command(next_help_heading = "Inputs")]
pub(crate) struct Inputs {
    /// A question or task. If the first one begins with tgrp_, it is the group
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,
    /// Each line of this file is an input; -: of stdin. Empty lines are left out
    #[arg(long, value_name = "FILE", group = "file")]
    lines: Option<PathBuf>,
    /// Each line of this file is an input as JSON, a string or an object; -: of stdin
    #[arg(long, value_name = "FILE", group = "file")]
    jsonl: Option<PathBuf>,
    /// Each line of --jsonl is a RunInput: {"input": …}, with any other members that the service takes
    #[arg(long)]
    run_inputs: bool,
    /// Each row of this file is an input, below a row with the columns' names; -: of stdin
    #[arg(long, value_name = "FILE", group = "file")]
    csv: Option<PathBuf>,
    /// The input that a row of --csv becomes: {column} is the row's value, {{ a brace [default: an object of
    /// all columns]
    #[arg(long, value_name = "TEXT")]
    template: Option<String>,
    /// The processor, such as lite, base, core or pro
    #[arg(long, short, value_name = "NAME", default_value = "base")]
    processor: String,
    /// JSON Schema of the outputs, in a file
    #[arg(long, value_name = "FILE", group = "output")]
    schema: Option<PathBuf>,
    /// What the outputs are to be, in words
    #[arg(long, value_name = "TEXT", group = "output")]
    output_text: Option<String>,
    /// Let the service choose a schema for each output
    #[arg(long, group = "output")]
    output_auto: bool,
    /// JSON Schema of the inputs, in a file
    #[arg(long, value_name = "FILE", requires = "output")]
    input_schema: Option<PathBuf>,
    /// Metadata of each run: a key of up to 16 characters and a value of up to 512, where {column} is as in
    /// --template; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = metadata::pair)]
    metadata: Vec<Pair>,
}

/// What is to be asked.
pub(crate) struct Asks {
    asks: Vec<Ask>,
    spec: Option<Spec>,
}

/// One RunInput. Its metadata is apart, since `follow` adds to it.
struct Ask {
    /// The JSON of all its other members.
    members: String,
    metadata: Map<String, Value>,
    has_spec: bool,
}

/// Some of the inputs, as one request adds them.
pub(crate) struct Part<'a> {
    asks: &'a Asks,
    range: Range<usize>,
}

/// An input, and where it is from.
struct Input {
    place: String,
    members: Map<String, Value>,
}

impl Asks {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.asks.len()
    }

    /// The specification of those that have none.
    pub(crate) fn spec(&self) -> Option<TaskSpec<'_>> {
        self.spec.as_ref().map(Spec::borrowed)
    }

    /// Calls this with each of them, with the specification that it is to have, until one fails.
    pub(crate) fn each(&self, mut call: impl FnMut(&RunInput<'_>) -> Result<(), Error>) -> Result<(), Error> {
        for (index, ask) in self.asks.iter().enumerate() {
            let mut result = Ok(());
            self.give(index, &mut |input| {
                result = match self.spec().filter(|_| !ask.has_spec) {
                    Some(spec) => call(&input.task_spec(spec)),
                    None => call(input),
                };
            });
            result?;
        }
        Ok(())
    }

    /// These of the inputs.
    pub(crate) fn part(&self, range: Range<usize>) -> Part<'_> {
        Part { asks: self, range }
    }

    /// Makes sure that no input has this member of metadata, which is needed for something else.
    pub(crate) fn refuse_metadata(&self, key: &str) -> Result<(), Error> {
        match self.asks.iter().position(|ask| ask.metadata.contains_key(key)) {
            None => Ok(()),
            Some(place) => Err(Error::Usage(format!(
                "input number {}: metadata {key:?} is what follow itself writes",
                place + 1
            ))),
        }
    }

    /// FNV-1a of all of it, 64 bits: the same in each version of this program.
    pub(crate) fn hash(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        let mut push = |text: &str| {
            for byte in text.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        };
        for ask in &self.asks {
            push(&ask.members);
            push(&Value::from(ask.metadata.clone()).to_string());
        }
        push(&format!("{:?}", self.spec));
        format!("{hash:016x}")
    }

    fn give(&self, index: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        let Some(ask) = self.asks.get(index) else { return };
        let metadata: Vec<_> = ask.metadata.iter().map(|(key, value)| (key.as_str(), note(value))).collect();
        take(&RunInput::json(&ask.members).metadata(&metadata));
    }
}

impl body::Inputs for Asks {
    fn give(&self, index: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        self.give(index, take);
    }
}

impl body::Inputs for Part<'_> {
    fn give(&self, index: usize, take: &mut dyn FnMut(&RunInput<'_>)) {
        if let Some(index) = self.range.clone().nth(index) {
            self.asks.give(index, take);
        }
    }
}

/// A value of metadata that was checked.
pub(crate) fn note(value: &Value) -> body::Value<'_> {
    match value {
        Value::String(text) => body::Value::Text(text),
        Value::Bool(is_true) => body::Value::Bool(*is_true),
        Value::Number(number) => match (number.as_i64(), number.as_f64().and_then(body::Number::new)) {
            (Some(integer), _) => body::Value::Integer(integer),
            (None, Some(number)) => body::Value::Number(number),
            (None, None) => body::Value::Integer(0),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => body::Value::Text(""),
    }
}

impl Inputs {
    /// Takes the group out of the inputs, if the first one is a group.
    pub(crate) fn take_group(&mut self) -> Option<String> {
        if self.inputs.first()?.starts_with("tgrp_") { Some(self.inputs.remove(0)) } else { None }
    }

    /// Whether no option says where inputs come from.
    pub(crate) fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.lines.is_none() && self.jsonl.is_none() && self.csv.is_none()
    }

    /// Reads all of them.
    pub(crate) fn read(&self) -> Result<Asks, Error> {
        for (given, option, file, is_there) in [
            (self.template.is_some(), "--template", "--csv", self.csv.is_some()),
            (self.run_inputs, "--run-inputs", "--jsonl", self.jsonl.is_some()),
        ] {
            if given && !is_there {
                return Err(Error::Usage(format!("{option} is about the inputs of {file}: give it too")));
            }
        }
        let spec = self.spec()?;
        let mut inputs: Vec<Input> = self
            .inputs
            .iter()
            .enumerate()
            .map(|(place, text)| Input::new(format!("INPUT number {}", place + 1), text.as_str().into()))
            .collect();
        if let Some(path) = &self.lines {
            let text = read("--lines", path)?;
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            inputs.extend(lines.map(|(place, line)| Input::new(at("--lines", path, place), line.into())));
        }
        if let Some(path) = &self.jsonl {
            self.read_jsonl(path, &mut inputs)?;
        }
        if let Some(path) = &self.csv {
            self.read_csv(path, &mut inputs)?;
        } else {
            let metadata = metadata::object(&self.metadata).map_err(Error::Usage)?;
            inputs.iter_mut().try_for_each(|input| input.add_metadata(&metadata))?;
        }
        let characters = spec.as_ref().map_or(0, Spec::characters);
        for input in &mut inputs {
            input.finish(&self.processor)?;
            input.check(characters)?;
        }
        Ok(Asks { asks: inputs.into_iter().map(Input::ask).collect(), spec })
    }

    fn read_jsonl(&self, path: &Path, inputs: &mut Vec<Input>) -> Result<(), Error> {
        let text = read("--jsonl", path)?;
        for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let place = at("--jsonl", path, place);
            let wrong = |why: &dyn Display| Error::Usage(format!("{place}: {why}"));
            let value: Value = serde_json::from_str(line).map_err(|error| wrong(&error))?;
            inputs.push(match value {
                Value::Object(members) if self.run_inputs => {
                    if !matches!(members.get("input"), Some(Value::String(_) | Value::Object(_))) {
                        return Err(wrong(&"a RunInput has a member input, a string or an object"));
                    }
                    Input { place, members }
                }
                _ if self.run_inputs => return Err(wrong(&"a RunInput is an object")),
                value @ (Value::String(_) | Value::Object(_)) => Input::new(place, value),
                _ => return Err(wrong(&"an input is a string or an object")),
            });
        }
        Ok(())
    }

    fn read_csv(&self, path: &Path, inputs: &mut Vec<Input>) -> Result<(), Error> {
        let wrong = |why: &dyn Display| Error::Usage(format!("--csv {}: {why}", path.display()));
        let mut reader = csv::Reader::from_reader(open("--csv", path)?);
        let columns = reader.headers().map_err(|error| wrong(&error))?.clone();
        // Spreadsheets put a byte order mark first.
        let columns: Vec<&str> = columns.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        if let Some(name) = columns
            .iter()
            .enumerate()
            .find_map(|(place, name)| columns.iter().take(place).any(|other| other == name).then_some(name))
        {
            return Err(wrong(&format_args!("there are two columns {name:?}")));
        }
        let parse = |option: &str, text: &str| {
            Template::parse(text, &columns).map_err(|why| Error::Usage(format!("{option}: {why}")))
        };
        let template = self.template.as_deref().map(|text| parse("--template", text)).transpose()?;
        let pairs = self.metadata.iter().map(|pair| Ok((pair, parse("--metadata", &pair.value)?)));
        let pairs: Vec<_> = pairs.collect::<Result<_, Error>>()?;
        for row in reader.into_records() {
            let row = row.map_err(|error| wrong(&error))?;
            let line = row.position().map_or(0, csv::Position::line);
            let place = format!("--csv {} line {line}", path.display());
            let input = match &template {
                Some(template) => template.fill(&row).into(),
                None => {
                    let members =
                        columns.iter().zip(&row).map(|(name, value)| ((*name).into(), value.into()));
                    Value::Object(members.collect())
                }
            };
            let mut input = Input::new(place, input);
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(pair, template)| Pair { key: pair.key.clone(), value: template.fill(&row) })
                .collect();
            let metadata =
                metadata::object(&pairs).map_err(|why| Error::Usage(format!("{}: {why}", input.place)))?;
            input.add_metadata(&metadata)?;
            inputs.push(input);
        }
        Ok(())
    }

    /// The TaskSpec of the options.
    fn spec(&self) -> Result<Option<Spec>, Error> {
        let output = match (&self.schema, &self.output_text) {
            (Some(path), _) => Shape::Json(schema("--schema", path)?),
            (_, Some(text)) => Shape::Text(text.clone()),
            _ if self.output_auto => Shape::Auto,
            _ => return Ok(None),
        };
        let input = self.input_schema.as_deref().map(|path| schema("--input-schema", path)).transpose()?;
        Ok(Some(Spec { output, input }))
    }
}

impl Input {
    fn new(place: String, input: Value) -> Self {
        Self { place, members: Map::from_iter([("input".to_owned(), input)]) }
    }

    /// Adds what all inputs have to what this one has, which counts more.
    fn add_metadata(&mut self, metadata: &Map<String, Value>) -> Result<(), Error> {
        if metadata.is_empty() {
            return Ok(());
        }
        let own = self.members.entry("metadata").or_insert(Value::Null);
        if own.is_null() {
            *own = json!({});
        }
        let Value::Object(own) = own else {
            return Err(Error::Usage(format!("{}: metadata is not an object", self.place)));
        };
        for (key, value) in metadata {
            own.entry(key.clone()).or_insert(value.clone());
        }
        Ok(())
    }

    fn finish(&mut self, processor: &str) -> Result<(), Error> {
        let name = self.members.entry("processor").or_insert_with(|| processor.into());
        if name.as_str().is_none_or(str::is_empty) {
            return Err(Error::Usage(format!("{}: processor is not the name of one", self.place)));
        }
        Ok(())
    }

    fn ask(mut self) -> Ask {
        let metadata = match self.members.remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let has_spec = self.members.get("task_spec").is_some_and(|spec| !spec.is_null());
        Ask { members: Value::Object(self.members).to_string(), metadata, has_spec }
    }

    /// `default_spec`: how many characters the specification has that inputs without their own get.
    fn check(&self, default_spec: usize) -> Result<(), Error> {
        let wrong = |why: String| Error::Usage(format!("{}: {why}", self.place));
        let length = |value: &Value| match value {
            Value::String(text) => text.chars().count(),
            value => value.to_string().chars().count(),
        };
        let spec = match self.members.get("task_spec").filter(|spec| !spec.is_null()) {
            Some(spec) => length(spec),
            None => default_spec,
        };
        let characters = spec + self.members.get("input").map_or(0, length);
        if characters > MOST_CHARACTERS {
            return Err(wrong(format!(
                "an input and its specification have at most {MOST_CHARACTERS} characters, these have {characters}"
            )));
        }
        match self.members.get("metadata") {
            Some(Value::Object(metadata)) => metadata::check(metadata).map_err(wrong),
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(wrong("metadata is not an object".into())),
        }
    }
}

/// The line of a file, counted from 0.
fn at(option: &str, path: &Path, place: usize) -> String {
    format!("{option} {} line {}", path.display(), place + 1)
}

fn open(option: &str, path: &Path) -> Result<Box<dyn Read>, Error> {
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            crate::console::complain(&format!("{option}: reads from the terminal, up to Ctrl-D"));
        }
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Error::Usage(format!("{option} {}: {error}", path.display()))),
    }
}

fn read(option: &str, path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    open(option, path)?
        .read_to_string(&mut text)
        .map_err(|error| Error::Usage(format!("{option} {}: {error}", path.display())))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
