//! One command for each call of the API: what it asks, what it prints, and what it says when the service
//! refuses.

mod common;

use common::*;
use serde_json::{Value, json};
use taskgroup_sandbox::{After, Cut, Faults, Instead, Lifecycle, Options, Sandbox};

/// Waits for all runs of the group.
fn finish(sandbox: &Sandbox, group: &str) {
    end(&mut at(sandbox, ["events", group, "--follow"])).expect(0, &[]);
}

/// The ids of the runs of a group of the sandbox that have this status.
fn ids(sandbox: &Sandbox, group: &str, status: &str) -> Vec<String> {
    let ended = end(&mut at(sandbox, ["runs", group, "--status", status, "--format=jsonl"]));
    ended.lines().iter().map(|line| value(line)["run"]["run_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_group_is_created_filled_followed_and_read() {
    let sandbox = sandbox(0, Faults::default());
    let created = end(&mut at(&sandbox, ["create", "--metadata", "team=größe", "--format=jsonl"]));
    created.expect(0, &[]);
    let group = value(&created.stdout)["taskgroup_id"].as_str().unwrap().to_owned();
    assert_eq!(value(&created.stdout)["metadata"], json!({"team": "größe"}));

    let added = end(&mut at(&sandbox, ["add", "--group", &group, "Who?", "What?"]));
    added.expect(0, &["added 2 runs"]);
    let runs: Vec<String> = added.lines().iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(runs.len(), 2);

    let events = end(&mut at(&sandbox, ["events", &group, "--follow", "--format=jsonl"]));
    events.expect(0, &[]);
    let last = value(events.lines().last().unwrap());
    assert_eq!((&last["status"]["num_task_runs"], &last["status"]["is_active"]), (&json!(2), &json!(false)));

    let status = end(&mut at(&sandbox, ["status", &group]));
    assert!(status.stdout.contains("not active") && status.stdout.contains("2 runs: "), "{}", status.stdout);
    let status = end(&mut at(&sandbox, ["status", &group, "--format=json"]));
    assert_eq!(value(&status.stdout)["status"]["num_task_runs"], 2);

    for (id, question) in runs.iter().zip(["Who?", "What?"]) {
        let input = end(&mut at(&sandbox, ["input", id, "--format=json"]));
        assert_eq!(value(&input.stdout)["input"], question);
        assert_eq!(end(&mut at(&sandbox, ["input", id])).stdout, format!("{question}\n"));
        let run = end(&mut at(&sandbox, ["status", id, "--format=jsonl"]));
        assert_eq!(value(&run.stdout)["run_id"], **id);
        let of_group = end(&mut at(&sandbox, ["status", id, "--group", &group, "--format=jsonl"]));
        assert_eq!(value(&of_group.stdout)["status"], value(&run.stdout)["status"]);
        assert!(end(&mut at(&sandbox, ["status", id])).stdout.starts_with(id.as_str()));
        if value(&run.stdout)["status"] == "completed" {
            let result = end(&mut at(&sandbox, ["result", id, "--format=jsonl"]));
            assert_eq!(value(&result.stdout)["run"]["run_id"], **id);
            assert!(result.stdout.contains(&format!("Answer to: {question}")), "{}", result.stdout);
            let words = end(&mut at(&sandbox, ["result", id]));
            assert!(words.stdout.contains(&format!("Answer to: {question}")), "{}", words.stdout);
        }
        let progress = end(&mut at(&sandbox, ["events", id, "--format=jsonl"]));
        progress.expect(0, &[]);
        assert!(progress.stdout.contains("task_run.progress_msg."), "{}", progress.stdout);
    }
    assert!(sandbox.requests().iter().any(|request| request.ends_with("/result?timeout=600")));
}

#[test]
fn runs_can_be_created_outside_of_any_group() {
    let sandbox = sandbox(0, Faults::default());
    let options = ["add", "--alone", "Who?", "What?", "--metadata=a=b", "--output-text=One word"];
    let ended = end(&mut at(&sandbox, options));
    ended.expect(0, &[]);
    for (id, question) in ended.lines().iter().zip(["Who?", "What?"]) {
        let input = value(&end(&mut at(&sandbox, ["input", id, "--format=json"])).stdout);
        assert_eq!((&input["input"], &input["metadata"]), (&json!(question), &json!({"a": "b"})));
        assert_eq!(input["task_spec"]["output_schema"]["description"], "One word");
        let run = value(&end(&mut at(&sandbox, ["status", id, "--format=json"])).stdout);
        assert_eq!((&run["run_id"], run["taskgroup_id"].as_str()), (&json!(id), None));
    }
    let json = end(&mut at(&sandbox, ["add", "--alone", "Who?", "What?", "--format=json"]));
    assert_eq!(value(&json.stdout).as_array().unwrap().len(), 2);
    sandbox.faults(|faults| faults.cut = Some(Cut::after(After::Bytes(0)).times(1)));
    end(&mut at(&sandbox, options)).expect(1, &["whether input 1 became a run is not known"]);
    end(&mut at(&sandbox, ["add", "--alone"])).expect(2, &["no inputs"]);
}

#[test]
fn a_result_is_waited_for() {
    let lifecycle = Lifecycle { failed: 0.0, ..Lifecycle::default() };
    let sandbox = Sandbox::start(Options { lifecycle, runs: 0, ..Options::default() }).unwrap();
    let group = group(&sandbox);
    let added = end(&mut at(&sandbox, ["add", &group, "Who?"]));
    let result = end(&mut at(&sandbox, ["result", added.stdout.trim_end()]));
    result.expect(0, &[]);
    assert!(result.stdout.contains("Answer to: Who?"));
}

#[test]
fn a_run_that_failed_has_no_result_and_that_is_said() {
    let lifecycle = Lifecycle { failed: 1.0, ..Lifecycle::default() };
    let sandbox = Sandbox::start(Options { lifecycle, runs: 0, ..Options::default() }).unwrap();
    let group = group(&sandbox);
    let added = end(&mut at(&sandbox, ["add", &group, "Who?"]));
    finish(&sandbox, &group);
    let id = added.stdout.trim_end();
    end(&mut at(&sandbox, ["result", id])).expect(1, &["status 404", &format!("taskgroup status {id}")]);
    let status = end(&mut at(&sandbox, ["status", id]));
    assert!(status.stdout.contains("  failed  "), "{}", status.stdout);
}

#[test]
fn each_documented_error_of_each_call_ends_with_1_and_the_words_of_the_service() {
    let calls: [&[&str]; 11] = [
        &["create"],
        &["add", "--alone", "Who?"],
        &["add", "tgrp_1", "Who?"],
        &["status", "tgrp_1"],
        &["status", "trun_1"],
        &["status", "trun_1", "--group=tgrp_1"],
        &["runs", "tgrp_1"],
        &["events", "tgrp_1"],
        &["events", "trun_1"],
        &["result", "trun_1"],
        &["input", "trun_1"],
    ];
    let sandbox = sandbox(0, Faults::default());
    for status in [400, 401, 402, 403, 404, 408, 422, 429, 500, 502, 503, 504] {
        let instead = Instead::status(status).message("Not this time");
        sandbox.faults(|faults| faults.instead = Some(instead));
        for call in calls {
            let before = sandbox.stats().requests;
            let ended = end(&mut at(&sandbox, call.iter().chain(&["--max-attempts=1"])));
            ended.expect(1, &[&format!("status {status}: Not this time (ref_id ")]);
            assert_eq!((ended.stdout.as_str(), sandbox.stats().requests - before), ("", 1), "{call:?}");
        }
    }
}

#[test]
fn what_is_asked_again_is_asked_until_it_is_answered() {
    let sandbox = sandbox(0, Faults::default());
    let instead = || Instead::status(429).message("Slow down").header("retry-after-ms", "10").times(2);
    let group = group(&sandbox);
    for call in [&["create"][..], &["add", &group, "Who?"], &["status", &group], &["events", &group]] {
        sandbox.faults(|faults| faults.instead = Some(instead()));
        let ended = end(&mut at(&sandbox, call));
        ended.expect(0, &["status 429: Slow down", "tries again in"]);
        assert!(!ended.stdout.is_empty());
    }
}

#[test]
fn what_the_service_finds_wrong_is_told() {
    let sandbox = sandbox(0, Faults::default());
    let group = group(&sandbox);
    let file = temporary("no-such-member.jsonl", br#"{"input": "Who?", "source_policy": 7}"#);
    let ended = end(&mut at(&sandbox, ["add", &group, "--jsonl", file.to_str().unwrap(), "--run-inputs"]));
    ended.expect(1, &["status 422: Input should be an object"]);
    end(&mut at(&sandbox, ["add", "tgrp_0", "Who?"])).expect(1, &["status 404: No such task group"]);
    end(&mut at(&sandbox, ["input", &group])).expect(1, &["is the id of a group"]);
}

#[test]
fn a_post_whose_answer_is_lost_is_not_repeated_and_that_is_said() {
    let sandbox = sandbox(0, Faults::default());
    let group = group(&sandbox);
    let before = sandbox.stats().requests;
    sandbox.faults(|faults| faults.cut = Some(Cut::after(After::Bytes(0)).times(1)));
    let ended = end(&mut at(&sandbox, ["add", &group, "Who?", "What?"]));
    ended.expect(1, &["whether inputs 1 to 2 were added is not known", "--include-input"]);
    assert_eq!(sandbox.stats().requests - before, 1);
}

#[test]
fn more_inputs_than_one_request_takes_are_added_in_order_by_several() {
    let sandbox = sandbox(0, Faults::default());
    let group = group(&sandbox);
    let questions: Vec<String> = (0..2_500).map(|number| format!("Question {number}")).collect();
    let file = temporary("2500.txt", questions.join("\n").as_bytes());
    let ended = end(&mut at(&sandbox, ["add", &group, "--lines", file.to_str().unwrap(), "--format=json"]));
    ended.expect(0, &["added 2500 runs"]);
    let answer = value(&ended.stdout);
    assert_eq!(answer["run_ids"].as_array().unwrap().len(), 2_500);
    assert_eq!(answer["status"]["num_task_runs"], 2_500);
    let posts = sandbox
        .requests()
        .iter()
        .filter(|request| request.starts_with("POST") && request.contains("runs"))
        .count();
    assert_eq!(posts, 3);
    let runs = end(&mut at(&sandbox, ["runs", &group, "--include-input", "--format=jsonl"]));
    runs.expect(0, &[]);
    let came: Vec<String> =
        runs.lines().iter().map(|line| value(line)["input"]["input"].as_str().unwrap().to_owned()).collect();
    assert!(came == questions, "not the questions in their order");
}

#[test]
fn events_end_with_the_answer_at_hand_unless_they_are_followed() {
    let options = Options { runs: 3, finished: false, speed: 0.001, ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let began = std::time::Instant::now();
    let ended = end(&mut at(&sandbox, ["events", sandbox.group_id(), "--timeout=1", "--format=jsonl"]));
    ended.expect(0, &[]);
    assert!(began.elapsed() < std::time::Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(!ended.lines().is_empty());
    assert_eq!(sandbox.stats().requests, 1);
    assert!(sandbox.requests()[0].ends_with("/events?timeout=1"), "{}", sandbox.requests()[0]);

    // A break is not an end.
    sandbox.faults(|faults| faults.cut = Some(Cut::after(After::Bytes(300)).times(2)));
    end(&mut at(&sandbox, ["events", sandbox.group_id(), "--timeout=1"])).expect(0, &["tries again in"]);
    assert_eq!(sandbox.stats().requests, 1 + 3);

    let mut child = at(&sandbox, ["events", sandbox.group_id(), "--timeout=1", "--follow"]).spawn().unwrap();
    while sandbox.stats().requests < 1 + 3 + 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended though runs are active");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    signal(&child, "INT");
    ended_with_hint(child);
}

#[track_caller]
fn ended_with_hint(child: std::process::Child) {
    ended(child.wait_with_output().unwrap()).expect(130, &["interrupted; continue with --last-event-id "]);
}

#[test]
fn events_of_a_run_refuse_what_only_those_of_a_group_take() {
    for option in ["--timeout=3", "--last-event-id=3"] {
        let mut command = program(["events", "trun_1", option]);
        let name = option.split('=').next().unwrap();
        end(command.env("PARALLEL_API_KEY", KEY)).expect(2, &[name, "trun_1 is a run"]);
    }
}

#[test]
fn several_statuses_come_in_the_order_of_a_life_and_can_be_continued() {
    let sandbox = sandbox(60, Faults::default());
    let group = sandbox.group_id().to_owned();
    let both = [ids(&sandbox, &group, "completed"), ids(&sandbox, &group, "failed")];
    assert!(!both[0].is_empty() && both[1].len() > 1);
    let id = |line: &str| value(line)["run"]["run_id"].as_str().unwrap().to_owned();
    let options = ["--status=failed", "--status=completed", "--status=failed", "--format=jsonl"];
    let ended = end(&mut runs(&sandbox, options));
    ended.expect(0, &[]);
    let came: Vec<String> = ended.lines().iter().map(|line| id(line)).collect();
    assert_eq!(came, both.concat());
    let commas = end(&mut runs(&sandbox, ["--status=completed,failed", "--format=jsonl"]));
    assert_eq!(commas.stdout, ended.stdout);
}

#[test]
fn how_to_continue_with_several_statuses_names_those_that_are_left() {
    let event =
        |id: u8| format!("data: {{\"type\":\"task_run.state\",\"event_id\":\"{id}\",\"run\":{{}}}}\n\n");
    let refusal = || answer("402 No", "text/plain", "no credit");
    let stream = |ids: &[u8]| event_stream(&ids.iter().map(|id| event(*id)).collect::<String>());
    for (answers, hint) in [
        (
            vec![stream(&[1, 2]), refusal()],
            "continue with --status=completed --status=failed --last-event-id 2",
        ),
        (vec![stream(&[1, 2]), stream(&[]), refusal()], "continue with --status=failed\n"),
        (
            vec![stream(&[1]), stream(&[]), stream(&[1, 3]), refusal()],
            "continue with --status=failed --last-event-id 3",
        ),
    ] {
        let (server, url) = canned(answers);
        let mut command =
            program(["runs", "tgrp_1", "--status=failed", "--status=completed", "--base-url", &url]);
        end(command.env("PARALLEL_API_KEY", KEY)).expect(1, &["status 402: no credit", hint]);
        server.join().unwrap();
    }
}

#[test]
fn json_is_one_text_whatever_comes() {
    let sandbox = sandbox(3, Faults::default());
    let ended = end(&mut runs(&sandbox, ["--format=json"]));
    ended.expect(0, &[]);
    let Value::Array(events) = value(&ended.stdout) else { panic!("{}", ended.stdout) };
    let lines = end(&mut runs(&sandbox, ["--format=jsonl"]));
    assert_eq!(events, lines.lines().iter().map(|line| value(line)).collect::<Vec<_>>());
    let empty = group(&sandbox);
    assert_eq!(end(&mut at(&sandbox, ["runs", &empty, "--format=json"])).stdout, "[]\n");
    let ended = end_with_stdin(&mut program(["decode", "--format=json"]), b"data: {}\n\ndata: {\"a\":1}\n\n");
    assert_eq!(value(&ended.stdout), json!([{}, {"a": 1}]));
    assert_eq!(end(&mut program(["decode", "--format=json"])).stdout, "[]\n");
}

#[test]
fn quiet_is_quiet_but_for_errors_and_verbose_tells_each_step() {
    let instead = || Instead::status(503).message("Down").header("retry-after-ms", "1");
    let sandbox = sandbox(3, Faults { instead: Some(instead().times(1)), ..Faults::default() });
    let ended = end(&mut runs(&sandbox, ["-q"]));
    ended.expect(0, &[]);
    assert_eq!((ended.stderr.as_str(), ended.lines().len()), ("", 3));
    sandbox.faults(|faults| faults.instead = Some(instead()));
    end(&mut runs(&sandbox, ["-q", "--max-attempts=1"])).expect(1, &["status 503: Down"]);
    sandbox.faults(|faults| faults.instead = None);
    let told = end(&mut runs(&sandbox, ["-v"]));
    told.expect(0, &["info: connecting to 127.0.0.1", "info: status 200"]);
    assert!(!told.stderr.contains("debug: "));
    assert_eq!(told.stdout, end(&mut runs(&sandbox, [])).stdout);
    end(&mut runs(&sandbox, ["-q", "-v"])).expect(2, &["--quiet", "--verbose"]);
}

#[test]
fn completions_and_manual_pages_have_each_command() {
    let commands = ["create", "add", "status", "runs", "events", "result", "input", "follow", "decode"];
    for shell in ["bash", "zsh", "fish"] {
        let ended = end(&mut program(["completions", shell]));
        ended.expect(0, &[]);
        commands.iter().for_each(|name| assert!(ended.stdout.contains(name), "{shell} {name}"));
    }
    let page = end(&mut program(["man"]));
    commands.iter().for_each(|name| assert!(page.stdout.contains(name), "{name}"));
    assert!(end(&mut program(["man", "add"])).stdout.contains("template"));
    end(&mut program(["man", "nonsense"])).expect(2, &["nonsense is not a command", "decode"]);
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("man1");
    end(&mut program(["man", "--out", folder.to_str().unwrap()])).expect(0, &[]);
    for name in commands {
        assert!(std::fs::read(folder.join(format!("taskgroup-{name}.1"))).is_ok(), "{name}");
    }
    assert!(folder.join("taskgroup.1").exists());
}
