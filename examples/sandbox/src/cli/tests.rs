use clap::Parser;

use super::*;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn options(line: &str) -> Options {
    Program::try_parse_from(line.split('|')).unwrap().arguments.options()
}

#[test]
fn without_arguments_all_is_as_the_library_has_it() {
    assert_eq!(options("program"), Options::default());
}

#[test]
fn each_argument_is_the_option_of_its_name() {
    let world = options(
        "program|--port|8080|--seed|7|--runs|5|--key|k|--live|--speed|2.5|--output-bytes|9000|--awkward-ids|--tls\
         |--queued|0.5..3|--running|4|--failed|0.5|--cancelled|0.25|--record|r.jsonl",
    );
    let expected = Options {
        seed: 7,
        runs: 5,
        key: "k".to_owned(),
        port: 8080,
        speed: 2.5,
        finished: false,
        lifecycle: Lifecycle {
            queued: Duration::from_millis(500)..=Duration::from_secs(3),
            running: Duration::from_secs(4)..=Duration::from_secs(4),
            failed: 0.5,
            cancelled: 0.25,
        },
        output_bytes: Some(9000),
        awkward_ids: true,
        tls: true,
        record: Record::File("r.jsonl".into()),
        faults: Faults::default(),
    };
    assert_eq!(world, expected);
}

#[test]
fn each_argument_is_the_fault_of_its_name() {
    let faults = options(
        "program|--cut-bytes|10|--cut-times|2|--cut-reset|--stall-events|3|--stall-seconds|0.5|--stall-times|4\
         |--answer|429|--answer-times|5|--answer-to|POST|--answer-header|x-should-retry: true|--retry-after|6|--retry-after-ms|7\
         |--error-events|11|--error-times|12|--content-type|a/b|--header|x: y:z|--write-bytes|8|--chunk-bytes|9\
         |--until-close|--line-end|crlf|--comments|--pings|--id-lines|--retry-line|13|--data-lines|--repeat-cursor\
         |--broken-every|14|--lose-answers|0.5|--lose-times|15|--lose-reset|--forget-tickets",
    )
    .faults;
    let instead = Instead::status(429).header("x-should-retry", "true").header("retry-after", "6");
    let expected = Faults {
        cut: Some(Cut::after(After::Bytes(10)).reset().times(2)),
        stall: Some(Stall::after(After::Events(3), Duration::from_millis(500)).times(4)),
        lost_request: None,
        lost_answer: Some(Loss::share(0.5).reset().times(15)),
        error: Some(StreamError::after(11).times(12)),
        instead: Some(instead.header("retry-after-ms", "7").only("POST").times(5)),
        write_bytes: Some(8),
        chunk_bytes: Some(9),
        line_end: LineEnd::Crlf,
        comments: true,
        pings: true,
        id_lines: true,
        retry_milliseconds: Some(13),
        data_lines: true,
        resume: Resume::Repeat,
        until_close: true,
        forget_tickets: true,
        broken_every: Some(14),
        headers: vec![("x".to_owned(), "y:z".to_owned()), ("content-type".to_owned(), "a/b".to_owned())],
    };
    assert_eq!(faults, expected);
}

#[test]
fn other_places_and_answers_have_arguments_of_their_own() {
    let random = options(
        "program|--cut-random|100|--cut-random-least|20|--ignore-cursor|--stall-bytes|1|--unbuffered",
    )
    .faults;
    assert_eq!(random.headers, [("x-accel-buffering".to_owned(), "no".to_owned())]);
    assert_eq!(random.cut, Some(Cut::after(After::RandomBytes { least: 20, most: 100 })));
    assert_eq!(random.resume, Resume::Ignore);
    assert_eq!(random.stall, Some(Stall::after(After::Bytes(1), Duration::from_secs(60))));
    let command =
        Program::try_parse_from(["program", "--runs=5", "--", "sh", "-c", "--runs=6"]).unwrap().arguments;
    assert_eq!((command.options().runs, command.command.len(), command.runs_command()), (5, 3, true));
    let other =
        options("program|--cut-events|4|--redirect|/there|--lose-requests|1|--lose-answers|0.5").faults;
    assert_eq!((other.lost_request, other.lost_answer), (Some(Loss::share(1.0)), Some(Loss::share(0.5))));
    assert_eq!(other.cut, Some(Cut::after(After::Events(4))));
    assert_eq!(other.instead, Some(Instead::status(307).header("location", "/there")));
}
