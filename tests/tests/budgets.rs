//! The size of a session on a desktop, and that no event needs more: events of megabytes pass through it,
//! made piece by piece.
//!
//! `cargo test -p taskgroup-tests --test budgets -- --nocapture` prints the sizes. Those on a
//! microcontroller, and the flash, are measured by `tests/budgets/run`.

use std::mem::size_of;

use taskgroup::{
    api::{self, Brief, Profile, Standard, Status, StreamEvent, View},
    http, json,
    session::{Action, Config, Event, Session},
    sse,
    time::Instant,
};

/// The sizes now and before, in bytes, with pointers of 64 bits. A change that makes one larger says why.
#[cfg(target_pointer_width = "64")]
const SIZES: [(&str, usize, usize); 6] = [
    ("sse::Tokenizer", size_of::<sse::Tokenizer>(), 3),
    ("json::Tokenizer", size_of::<json::Tokenizer>(), 34),
    ("json::Filler", size_of::<json::Filler>(), 104),
    ("http::Response", size_of::<http::Response>(), 192),
    ("Session<StreamEvent<Brief>>", size_of::<Session<'_, StreamEvent<Brief>>>(), 1656),
    ("Session<StreamEvent<Standard>>", size_of::<Session<'_, StreamEvent<Standard>>>(), 9136),
];

#[cfg(target_pointer_width = "64")]
#[test]
fn a_session_is_as_large_as_it_was() {
    for (name, size, _) in SIZES {
        println!("{name:<31}{size:>6}");
    }
    for (name, size, budget) in SIZES {
        assert_eq!(size, budget, "{name}");
    }
}

#[test]
fn the_readme_shows_what_was_measured() {
    let read =
        |path: &str| std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (table, readme) = (read("budgets/table.md"), read("../README.md"));
    for title in ["RAM", "Flash"] {
        let start = table.find(&format!("## {title}")).unwrap();
        let length = table[start + 3..].find("\n## ").unwrap();
        let is_shown = |line: &&str| !line.starts_with("| `Session: api::") && !line.starts_with("| ECDSA");
        let section: Vec<&str> =
            table[start..start + 3 + length].trim_end().lines().filter(is_shown).collect();
        assert!(section.len() > 5, "{section:?}");
        let section = section.join("\n");
        assert!(readme.contains(&section), "tests/budgets/run --write takes it into the README: {section}");
    }
    let sentence = readme.split_once("\nTLS adds ").unwrap().1.split_once("\n\n").unwrap_or_default().0;
    for row in ["| P-256 ", "| all of it, and Mozilla's roots ", "| TLS in all, with records of 16 KB "] {
        let row = table.lines().find(|line| line.starts_with(row)).unwrap();
        for figure in row.split('|').map(|cell| cell.trim().trim_end_matches('*')).skip(2).take(2) {
            assert!(sentence.contains(figure), "tests/budgets/run --write takes {figure} into: {sentence}");
        }
    }
}

/// The bytes of one read.
const READ: usize = 1460;

/// A long text in JSON, with escapes and letters of several bytes, in pieces; and what it comes to.
const PIECE: &str = r"Zürich \u20ac 42\n\ud83d\ude00 ";
const DECODED: &str = "Zürich € 42\n😀 ";

/// One run whose input, content and reasons have `megabytes` together, as the pieces of an event.
fn event(id: usize, megabytes: usize) -> impl Iterator<Item = String> {
    let text = move || std::iter::repeat_n(PIECE.to_owned(), megabytes * 1_000_000 / 3 / PIECE.len());
    let citation = r#"{"url":"https://example.org/a","title":"A","excerpts":["rose to \u20ac2.8tn"]}"#;
    let basis =
        format!(r#"{{"field":"gdp","reasoning":"Two agree.","citations":[{citation}],"confidence":"high"}}"#);
    let bases = megabytes * 1_000_000 / 3 / (basis.len() + 1);
    let basis = std::iter::repeat_n(basis.clone() + ",", bases).chain([basis]);
    let head = format!(
        r#"data: {{"type":"task_run.state","event_id":"{id}","input":{{"processor":"core","input":""#
    );
    let run = format!(
        r#""}},"run":{{"run_id":"trun_{id}","status":"completed","is_active":false,"processor":"core"}},"output":{{"type":"text","content":""#
    );
    [head]
        .into_iter()
        .chain(text())
        .chain([run])
        .chain(text())
        .chain([r#"","basis":["#.to_owned()])
        .chain(basis)
        .chain(["]}}\n\n".to_owned()])
}

/// Feeds a stream of such events to a session, `READ` bytes at a time, and shows each record.
fn pass<P: Profile>(megabytes: &[usize], mut show: impl FnMut(usize, &StreamEvent<P>)) -> usize {
    let now = Instant::from_millis(0);
    let mut session = Box::new(Session::<StreamEvent<P>>::new(Config::new("key"), api::runs("g")));
    assert!(matches!(session.poll(now), Action::Connect { .. }));
    session.connected(now);
    while let Action::Send { .. } = session.poll(now) {
        session.fill(&mut [0; 512]);
    }

    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let events = megabytes.iter().enumerate().flat_map(|(nth, megabytes)| event(nth, *megabytes));
    let chunks = events.map(|piece| format!("{:x}\r\n{piece}\r\n", piece.len()));
    let stream = [head.to_owned()].into_iter().chain(chunks).chain(["0\r\n\r\n".to_owned()]);

    let (mut buffer, mut bytes, mut records) = (Vec::with_capacity(2 * READ), 0, 0);
    let mut feed = |buffer: &mut Vec<u8>| {
        let mut input = buffer.as_slice();
        while let Some(event) = session.feed(&mut input, now) {
            match event {
                Event::Opened { .. } => {}
                Event::Record(record) => {
                    show(records, record);
                    records += 1;
                }
                Event::Skipped(why) => panic!("{why}"),
            }
        }
        bytes += buffer.len();
        buffer.clear();
    };
    for piece in stream {
        buffer.extend(piece.as_bytes());
        if buffer.len() >= READ {
            feed(&mut buffer);
        }
    }
    feed(&mut buffer);
    assert_eq!(records, megabytes.len());
    // Asked once more, over the same connection.
    assert_eq!(session.poll(now), Action::Receive { until: now });
    assert!(matches!(session.poll(now), Action::Send { .. }));
    bytes
}

#[test]
fn events_of_1_and_20_megabytes_pass_a_session_that_keeps_states_only() {
    let bytes = pass::<Brief>(&[1, 20, 1], |nth, event| {
        let View::Run(event) = event.view() else { panic!("{event:?}") };
        assert_eq!(*event.run.run_id, *format!("trun_{nth}"));
        assert_eq!(event.run.status, Status::Completed);
    });
    assert!(bytes > 22_000_000, "{bytes}");
}

#[test]
fn events_of_1_and_20_megabytes_pass_a_session_that_keeps_something_of_everything() {
    let sizes = [1, 20, 1];
    let bytes = pass::<Standard>(&sizes, |nth, event| {
        let View::Run(event) = event.view() else { panic!("{event:?}") };
        assert_eq!(*event.run.run_id, *format!("trun_{nth}"));
        let whole = sizes[nth] * 1_000_000 / 3 / PIECE.len() * DECODED.len();
        let output = event.output.as_ref().unwrap();
        let kept = output.content.as_text().unwrap();
        assert!(DECODED.repeat(kept.len() / DECODED.len() + 1).starts_with(kept), "{kept}");
        assert!(kept.len() > 1000);
        assert_eq!(kept.len() + output.content.lost(), whole, "nothing is cut in silence");
        let prompt = &event.input.as_ref().unwrap().input;
        assert_eq!(prompt.as_text().unwrap().len() + prompt.lost(), whole);
        assert_eq!(&*output.basis[0].field, "gdp");
        assert!(output.basis.lost() > 1000);
    });
    assert!(bytes > 22_000_000, "{bytes}");
}
