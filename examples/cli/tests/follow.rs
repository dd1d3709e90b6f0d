//! `taskgroup follow`: each input asked once and each answer there once, whatever happens on the way, to the
//! program too.

mod common;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env, fs,
    fs::OpenOptions,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::*;
use serde_json::{Value, json};
use taskgroup_sandbox::{After, Cut, Faults, Instead, Lifecycle, Loss, Options, RunsQuery, Sandbox, Version};

/// A folder that is not there yet.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

/// A sandbox whose runs end within so many milliseconds.
fn lively(milliseconds: u64, faults: Faults) -> Sandbox {
    let span = |least, most| Duration::from_millis(least)..=Duration::from_millis(most);
    let lifecycle = Lifecycle {
        queued: span(1, milliseconds / 8),
        running: span(milliseconds / 8, milliseconds * 7 / 8),
        failed: 0.06,
        cancelled: 0.03,
    };
    let output_bytes = Some(2_000);
    Sandbox::start(Options { runs: 0, lifecycle, speed: 1.0, faults, output_bytes, ..Options::default() })
        .unwrap()
}

fn questions(name: &str, count: usize) -> (PathBuf, Vec<String>) {
    let questions: Vec<String> = (0..count).map(|number| format!("Question {number}?")).collect();
    (temporary(name, questions.join("\n").as_bytes()), questions)
}

/// What the folder says of how far it is.
fn state(folder: &Path) -> Value {
    fs::read_to_string(folder.join(".taskgroup")).map_or(Value::Null, |text| value(&text))
}

/// The names of the answers that are there.
fn answers(folder: &Path) -> HashSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return HashSet::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect()
}

/// Compares all there is with what the sandbox has: each question once, and the answer of each run once.
#[track_caller]
fn assert_complete(sandbox: &Sandbox, questions: &[String], folder: &Path, lines: Option<&str>) {
    let group = state(folder)["taskgroup_id"].as_str().unwrap().to_owned();
    let query =
        RunsQuery { version: Version::V1Beta, status: None, include_input: true, include_output: true };
    let runs: Vec<Value> = sandbox.runs(&group, query).map(|event| value(&event.json)).collect();
    let mut asked = BTreeMap::<&str, usize>::new();
    for run in &runs {
        *asked.entry(run["input"]["input"].as_str().unwrap()).or_default() += 1;
    }
    let missing = questions.iter().filter(|question| !asked.contains_key(question.as_str())).count();
    let twice: usize = asked.values().map(|count| count - 1).sum();
    assert_eq!((runs.len(), missing, twice), (questions.len(), 0, 0), "runs, missing, twice");

    let mut printed = HashMap::new();
    for line in lines.into_iter().flat_map(str::lines) {
        let run = value(line)["run"]["run_id"].as_str().unwrap().to_owned();
        assert!(printed.insert(run.clone(), line).is_none(), "{run} is there twice");
    }
    assert_eq!(answers(folder).len(), runs.len());
    for run in &runs {
        let id = run["run"]["run_id"].as_str().unwrap();
        let text = fs::read_to_string(folder.join(format!("{id}.json"))).unwrap();
        let answer = value(&text);
        assert_eq!((&answer["run"]["run_id"], &answer["run"]["status"]), (&json!(id), &run["run"]["status"]));
        assert_eq!(answer["output"], run["output"], "{id}");
        if lines.is_some() {
            assert_eq!(printed.get(id).map(|line| value(line)), Some(answer), "{id}");
        }
    }
    assert!(lines.is_none_or(|lines| lines.ends_with('\n') && printed.len() == runs.len()));
    let others = fs::read_dir(folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name != ".taskgroup" && !name.ends_with(".json")
    });
    assert_eq!(others.count(), 0, "nothing unfinished is left");
}

#[test]
fn inputs_become_answers_in_one_go() {
    let sandbox = lively(400, Faults::default());
    let (file, questions) = questions("one-go.txt", 30);
    let folder = folder("one-go");
    let arguments = ["follow", "--lines", file.to_str().unwrap(), "--format=jsonl", "--group-metadata=a=b"];
    let ended = end(at(&sandbox, arguments).arg("--out").arg(&folder));
    ended.expect(0, &["30 answers: ", " completed"]);
    assert_complete(&sandbox, &questions, &folder, Some(&ended.stdout));
    let group = state(&folder)["taskgroup_id"].as_str().unwrap().to_owned();
    let status = end(&mut at(&sandbox, ["status", &group, "--format=json"]));
    assert_eq!(value(&status.stdout)["metadata"], json!({"a": "b"}));
    // As `result` gives it.
    let line =
        ended.lines().into_iter().map(value).find(|line| line["run"]["status"] == "completed").unwrap();
    let result = end(&mut at(&sandbox, ["result", line["run"]["run_id"].as_str().unwrap(), "--format=json"]));
    assert_eq!(value(&result.stdout)["output"], line["output"]);
}

#[test]
fn answers_come_as_they_complete() {
    let sandbox = lively(4_000, Faults::default());
    let began = Instant::now();
    let (file, _) = questions("as-they-complete.txt", 40);
    let arguments = ["follow", "--lines", file.to_str().unwrap(), "--format=jsonl"];
    let mut child = at(&sandbox, arguments).spawn().unwrap();
    read_lines(&mut child, 1);
    let first = began.elapsed();
    ended(child.wait_with_output().unwrap()).expect(0, &["40 answers"]);
    assert!(first + Duration::from_secs(1) < began.elapsed(), "{first:?} of {:?}", began.elapsed());
}

#[test]
fn people_get_a_line_and_programs_one_json_text() {
    let sandbox = lively(100, Faults::default());
    let ended = end(&mut at(&sandbox, ["follow", "Who?", "--format=json"]));
    ended.expect(0, &["1 answer: "]);
    let Value::Array(answers) = value(&ended.stdout) else { panic!("{}", ended.stdout) };
    assert_eq!(answers.len(), 1);
    let ended = end(&mut at(&sandbox, ["follow", "Who?", "What?", "-q"]));
    ended.expect(0, &[]);
    assert_eq!((ended.lines().len(), ended.stderr.as_str()), (2, ""));
    assert!(ended.lines().iter().all(|line| line.contains("trun_")), "{}", ended.stdout);
}

#[test]
fn a_group_that_exists_can_be_joined() {
    let sandbox = lively(200, Faults::default());
    let group = group(&sandbox);
    end(&mut at(&sandbox, ["add", &group, "One?", "Two?"])).expect(0, &[]);
    for arguments in [vec!["follow", &group], vec!["follow", "--group", &group]] {
        let ended = end(&mut at(&sandbox, arguments));
        ended.expect(0, &["2 answers"]);
        assert_eq!(ended.lines().len(), 2);
    }
    end(at(&sandbox, ["follow"]).env("TASKGROUP_ID", &group)).expect(0, &["2 answers"]);
    let folder = folder("joined");
    let mut command = at(&sandbox, ["follow", &group, "Three?", "--out"]);
    end(command.arg(&folder)).expect(0, &["3 answers"]);
    let questions = ["One?", "Two?", "Three?"].map(str::to_owned);
    assert_complete(&sandbox, &questions, &folder, None);
    // The variable is for those who give nothing else.
    let ended = end(at(&sandbox, ["follow", "Four?"]).env("TASKGROUP_ID", &group));
    ended.expect(0, &["1 answer: "]);
    assert_complete(&sandbox, &questions, &folder, None);
}

#[test]
fn what_does_not_belong_together_is_refused_before_anything_is_asked() {
    let sandbox = lively(100, Faults::default());
    let folder = folder("refused");
    let follow = |arguments: &[&str]| {
        let mut command = at(&sandbox, ["follow"].iter().chain(arguments));
        command.arg("--out").arg(&folder);
        command
    };
    end(&mut follow(&["One?", "Two?"])).expect(0, &["2 answers"]);
    let before = sandbox.stats().requests;
    end(&mut follow(&["One?"])).expect(2, &["it was begun with other inputs (2, now 1)"]);
    end(&mut follow(&["One?", "Three?"])).expect(2, &["it was begun with other inputs"]);
    end(&mut follow(&["One?", "Two?", "--output-auto"])).expect(2, &["it was begun with other inputs"]);
    end(&mut follow(&["--group=tgrp_other", "One?", "Two?"])).expect(2, &["not of tgrp_other"]);
    let lock = fs::File::open(&folder).unwrap();
    lock.lock().unwrap();
    end(&mut follow(&["One?", "Two?"])).expect(2, &["another program is writing there"]);
    drop(lock);
    let text = fs::read_to_string(folder.join(".taskgroup")).unwrap();
    fs::write(folder.join(".taskgroup"), text.replace("\"added\":2", "\"added\":1")).unwrap();
    end(&mut follow(&[])).expect(2, &["1 of its 2 inputs are not added yet: give the same inputs again"]);
    fs::write(folder.join(".taskgroup"), "{").unwrap();
    end(&mut follow(&["One?", "Two?"])).expect(2, &[".taskgroup is not readable"]);
    end(&mut at(&sandbox, ["follow"])).expect(2, &["nothing to follow"]);
    let own = temporary("own.jsonl", br#"{"input":"One?","metadata":{"input_number":1}}"#);
    let mut command = at(&sandbox, ["follow", "--run-inputs", "--jsonl", own.to_str().unwrap()]);
    end(&mut command).expect(2, &["input number 1", "input_number"]);
    end(&mut at(&sandbox, ["follow", "x", "--out=/dev/null/x"])).expect(2, &["--out /dev/null/x: "]);
    assert_eq!(sandbox.stats().requests, before);
}

#[test]
fn posts_that_are_lost_before_or_after_they_are_done_add_nothing_twice() {
    for seed in 1..=2 {
        let faults = Faults {
            lost_request: Some(Loss::share(0.4).times(3)),
            lost_answer: Some(Loss::share(0.5).times(4)),
            ..Faults::default()
        };
        let (file, questions) = questions("lost.txt", 1_050);
        let options =
            Options { runs: 0, seed, faults, output_bytes: Some(1_000), speed: 100.0, ..Options::default() };
        let sandbox = Sandbox::start(options).unwrap();
        let folder = folder("lost");
        let mut command = at(&sandbox, ["follow", "-q", "--lines", file.to_str().unwrap(), "--out"]);
        end(command.arg(&folder)).expect(0, &[]);
        assert_complete(&sandbox, &questions, &folder, None);
    }
}

#[test]
fn a_status_that_a_proxy_may_have_made_up_is_no_reason_to_post_again() {
    let sandbox = lively(100, Faults::default());
    let group = group(&sandbox);
    let posts = || sandbox.requests().iter().filter(|request| request.starts_with("POST")).count();
    let before = posts();
    sandbox.faults(|faults| faults.instead = Some(Instead::status(502).message("Bad gateway")));
    end(&mut at(&sandbox, ["add", &group, "Who?"])).expect(1, &["status 502", "is not known"]);
    assert_eq!(posts() - before, 1);
}

#[test]
fn a_kill_between_a_post_and_its_answer_adds_nothing_twice() {
    let sandbox = lively(200, Faults::default());
    let (file, questions) = questions("between.txt", 40);
    let folder = folder("between");
    let follow = || {
        let mut command = at(&sandbox, ["follow", "--lines", file.to_str().unwrap(), "--out"]);
        command.arg(&folder);
        command
    };
    for attempt in 0.. {
        assert!(attempt < 50, "no POST was caught");
        let _ = fs::remove_dir_all(&folder);
        sandbox.faults(|faults| faults.lost_answer = None);
        let posts = || sandbox.requests().iter().filter(|request| request.starts_with("POST")).count();
        let before = posts();
        let child = follow().spawn().unwrap();
        // The state is kept before runs are added: they are, and nobody hears of it.
        while !folder.join(".taskgroup").exists() {
            std::hint::spin_loop();
        }
        sandbox.faults(|faults| faults.lost_answer = Some(Loss::share(1.0).times(1)));
        while posts() < before + 2 {
            thread::sleep(Duration::from_millis(1));
        }
        kill(child);
        if (&state(&folder)["is_adding"], &state(&folder)["added"]) == (&json!(true), &json!(0)) {
            break;
        }
    }
    sandbox.faults(|faults| faults.lost_answer = None);
    let group = state(&folder)["taskgroup_id"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.runs(&group, RunsQuery::default()).count(), questions.len(), "they were added");
    end(&mut follow()).expect(0, &["40 answers"]);
    assert_complete(&sandbox, &questions, &folder, None);
}

#[test]
fn stdout_that_is_a_file_gets_what_it_lacks() {
    let sandbox = lively(100, Faults::default());
    let (file, questions) = questions("lacks.txt", 20);
    let folder = folder("lacks");
    let follow = || {
        let mut command =
            at(&sandbox, ["follow", "--format=jsonl", "--lines", file.to_str().unwrap(), "--out"]);
        command.arg(&folder);
        command
    };
    let first = end(&mut follow());
    first.expect(0, &["20 answers"]);
    // A pipe has had everything.
    assert_eq!(end(&mut follow()).stdout, "");
    let path = temporary("lacks.jsonl", b"");
    let append = || OpenOptions::new().append(true).open(&path).unwrap();
    let foreign = r#"{"run":{"run_id":"trun_of_another_group"},"output":null}"#;
    let half = &first.lines()[7][..50];
    for contents in [
        String::new(),
        format!("{foreign}\n"),
        format!("{}\n", first.lines()[3]),
        format!("{foreign}\n{half}"),
    ] {
        fs::write(&path, &contents).unwrap();
        end(follow().stdout(append())).expect(0, &["20 answers: none new"]);
        let text = fs::read_to_string(&path).unwrap();
        let lines: String =
            text.lines().filter(|line| *line != foreign).map(|line| format!("{line}\n")).collect();
        assert_eq!(text.contains(foreign), contents.contains(foreign));
        assert_complete(&sandbox, &questions, &folder, Some(&lines));
    }
}

#[test]
fn answers_that_were_removed_or_emptied_come_again() {
    let sandbox = lively(100, Faults::default());
    let (file, questions) = questions("removed.txt", 12);
    let folder = folder("removed");
    let mut command = at(&sandbox, ["follow", "--lines", file.to_str().unwrap(), "--out"]);
    command.arg(&folder);
    end(&mut command).expect(0, &["12 answers"]);
    let mut ids: Vec<String> = answers(&folder).into_iter().collect();
    fs::remove_file(folder.join(format!("{}.json", ids.pop().unwrap()))).unwrap();
    fs::write(folder.join(format!("{}.json", ids.pop().unwrap())), "").unwrap();
    end(&mut command).expect(0, &["some answers are missing", "12 answers"]);
    assert_complete(&sandbox, &questions, &folder, None);
}

#[test]
fn a_server_that_is_not_there_leaves_a_folder_that_can_be_used() {
    let sandbox = lively(100, Faults::default());
    let folder = folder("unreachable");
    let mut command = at(&sandbox, ["follow", "Who?", "--max-attempts=1", "--out"]);
    command.arg(&folder);
    let away = |command: &mut Command| {
        end(command.env("PARALLEL_BASE_URL", "http://127.0.0.1:1"))
            .expect(1, &["refused", "the same command"]);
    };
    away(&mut command);
    away(&mut command);
    end(command.env("PARALLEL_BASE_URL", sandbox.base_url())).expect(0, &["1 answer: "]);
    assert_complete(&sandbox, &["Who?".to_owned()], &folder, None);
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A proxy as a distribution installs it, in front of the sandbox.
struct Nginx {
    process: Child,
    url: String,
}

impl Nginx {
    fn start(sandbox: &Sandbox) -> Self {
        let folder = folder("nginx");
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = folder.display();
        // Nothing but where it listens, whom it asks and where it may write.
        let configuration = format!(
            "daemon off; pid {place}/pid; error_log {place}/error; user root root; events {{}}
             http {{ access_log off; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
                     fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
                     server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {}; }} }} }}",
            sandbox.base_url()
        );
        let file = folder.join("configuration");
        fs::write(&file, configuration).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-e").arg(folder.join("error")).arg("-c").arg(&file);
        command.env("PATH", format!("{}:/usr/sbin", env::var("PATH").unwrap()));
        let process =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let nginx = Self { process, url: format!("http://127.0.0.1:{port}") };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "nginx did not start");
            thread::sleep(Duration::from_millis(10));
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        signal(&self.process, "TERM");
        let _ = self.process.wait();
    }
}

/// Numbers that are the same in each run of the test.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

/// Starts it again and again, kills it as often as that at random, POSTs above all, and then lets it end.
fn survives(sandbox: &Sandbox, url: &str, name: &str, inputs: usize, kills: usize, seed: u64) {
    let (file, questions) = questions(&format!("{name}.txt"), inputs);
    let folder = folder(name);
    let path = temporary(&format!("{name}.jsonl"), b"");
    let start = || {
        let mut command = at(sandbox, ["follow", "--format=jsonl", "-q", "--lines", file.to_str().unwrap()]);
        command.env("PARALLEL_BASE_URL", url).arg("--out").arg(&folder);
        command.stdout(OpenOptions::new().append(true).open(&path).unwrap());
        command.spawn().unwrap()
    };
    let posts = || sandbox.requests().iter().filter(|request| request.starts_with("POST")).count();
    let mut random = Random(seed | 1);
    let (mut amid_posts, mut done, began) = (0, 0, Instant::now());
    while done < kills {
        let (before, posted, saved) = (Instant::now(), posts(), answers(&folder).len());
        let share = (inputs - saved.min(inputs)) / (kills - done + 1);
        let (enough, delay) =
            (saved + random.below(share), Duration::from_micros(random.below(3_000) as u64));
        // Once there is a group, a POST adds runs to it, and nobody hears of it before the kill.
        let is_to_be_lost = state(&folder)["taskgroup_id"].is_string();
        let loss = is_to_be_lost.then_some(Loss::share(1.0).times(1));
        sandbox.faults(|faults| faults.lost_answer = loss);
        let mut child = start();
        loop {
            // A POST, or answers; if all runs are there already, no POST comes.
            let ready = posts() > posted || answers(&folder).len() > enough;
            if ready || before.elapsed() > Duration::from_secs(20) {
                break;
            }
            if child.try_wait().unwrap().is_some() {
                let ended = ended(child.wait_with_output().unwrap());
                panic!("it ended after {done} kills, with {:?}: {}", ended.code, ended.stderr);
            }
            thread::sleep(Duration::from_micros(100));
        }
        thread::sleep(delay);
        kill(child);
        amid_posts += usize::from(state(&folder)["is_adding"] == json!(true));
        done += 1;
    }
    sandbox.faults(|faults| faults.lost_answer = None);
    ended(start().wait_with_output().unwrap()).expect(0, &[]);
    let lines = fs::read_to_string(&path).unwrap();
    assert_complete(sandbox, &questions, &folder, Some(&lines));
    println!(
        "{inputs} inputs asked once, {} answers once in --out and once in JSONL; killed {done} times, {amid_posts} of them \
         between a POST and its answer; connections cut: {}; {:.0} s",
        lines.lines().count(),
        sandbox.stats().cuts,
        began.elapsed().as_secs_f64()
    );
    assert!(amid_posts > 0, "no kill was between a POST and its answer");
}

/// `most`: the most bytes of a connection. After each there is a wait of half a second.
fn cut_at_random(most: u64) -> Faults {
    Faults {
        cut: Some(Cut::after(After::RandomBytes { least: 100, most })),
        lost_request: Some(Loss::share(0.2).times(2)),
        ..Faults::default()
    }
}

#[test]
fn killed_again_and_again_it_asks_each_input_once_and_has_each_answer_once() {
    let sandbox = lively(3_000, cut_at_random(150_000));
    survives(&sandbox, &sandbox.base_url(), "killed", 300, 6, 1);
}

/// `.ci/follow` says how large.
#[test]
#[ignore = "needs nginx, and its time"]
fn through_nginx_too() {
    let number = |name: &str, default| env::var(name).map_or(default, |text| text.parse().unwrap());
    let (inputs, kills) = (number("FOLLOW_INPUTS", 300), number("FOLLOW_KILLS", 6));
    let sandbox = lively(8_000, cut_at_random(300 * inputs as u64));
    let nginx = Nginx::start(&sandbox);
    survives(&sandbox, &nginx.url, "nginx-killed", inputs, kills, number("FOLLOW_SEED", 1) as u64);
}

#[test]
fn a_signal_says_how_to_continue() {
    let sandbox = lively(60_000, Faults::default());
    let folder = folder("interrupted");
    for out in [None, Some(&folder)] {
        let mut command = at(&sandbox, ["follow", "Who?"]);
        out.iter().for_each(|folder| _ = command.arg("--out").arg(folder));
        let child = command.spawn().unwrap();
        let events = sandbox.requests().len() + 3;
        while sandbox.requests().len() < events {
            thread::sleep(Duration::from_millis(5));
        }
        signal(&child, "INT");
        let words = if out.is_some() {
            "interrupted; continue with the same command"
        } else {
            "continue with follow tgrp_"
        };
        ended(child.wait_with_output().unwrap()).expect(130, &[words]);
    }
}
