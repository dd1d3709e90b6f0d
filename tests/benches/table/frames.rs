//! A size in, a stream of frames of about that size out, the same on every machine.
//!
//! The smallest frame is a bare state of a run. The others have an output too, with as much basis as
//! it takes: prose in which one sentence in four is not all ASCII and one in four has an escape.

use std::fmt::Write;

const SENTENCES: [&str; 16] = [
    "The annual report gives the figure for the year before and a forecast for this one. ",
    "Two statistics offices agree on it to within a tenth of a percent. ",
    "Le siège social se trouve à Zürich depuis 1998, près de la gare. ",
    "It was founded by three engineers who had met at a conference. ",
    "According to the filing, \\\"other income\\\" is not part of the revenue. ",
    "The press release of March names the same number of employees. ",
    "Der Umsatz stieg um 12 % auf 2,8 Mrd. € – mehr als erwartet. ",
    "No later source than the register itself could be found. ",
    "Revenue by region:\\n- Europe 41\\n- Asia 37\\n- Americas 22\\n",
    "The chief executive has held the office since the merger was completed. ",
    "A spokesperson would not comment on the plans for another plant. ",
    "…価格は前年比で三割上がった、と同社は述べた。",
    "It rose to \\u20ac2.8tn\\u2026 and has not fallen since. ",
    "Shares closed at their highest price since the initial offering. ",
    "This is the value on the company's own page, as of last week. ",
    "They wrote: \\ud83d\\ude80 we are hiring in S\\u00e3o Paulo. ",
];

/// Many frames of one size.
pub(crate) struct Frames {
    /// The JSON text of each.
    pub(crate) texts: Vec<String>,
    /// All of them as the body of an event stream.
    pub(crate) stream: Vec<u8>,
}

impl Frames {
    /// Frames whose JSON has about `size` bytes, 0 for a bare state: as many as have `length` bytes together,
    /// as an event stream.
    pub(crate) fn of(size: usize, length: usize) -> Self {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let (mut texts, mut stream) = (vec![], vec![]);
        while stream.len() < length {
            let text = event(texts.len(), size, &mut random);
            stream.extend(format!("event: task_run.state\ndata: {text}\n\n").into_bytes());
            texts.push(text);
        }
        Self { texts, stream }
    }

    /// How many bytes of JSON there are.
    pub(crate) fn json(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }

    /// Each text in the pieces in which it comes when the texts, one after the other, are read
    /// `chunk` bytes at a time.
    pub(crate) fn pieces(&self, chunk: usize) -> Vec<Vec<&[u8]>> {
        let mut read = 0;
        let mut pieces = vec![];
        for text in &self.texts {
            let (first, rest) = text.as_bytes().split_at(text.len().min(chunk - read % chunk));
            pieces.push([first].into_iter().chain(rest.chunks(chunk)).collect());
            read += text.len();
        }
        pieces
    }

    /// An answer of HTTP/1.1 with the stream as its body, one frame a chunk.
    pub(crate) fn answer(&self) -> Vec<u8> {
        let mut answer =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                .to_vec();
        for text in &self.texts {
            let frame = format!("event: task_run.state\ndata: {text}\n\n");
            answer.extend(format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes());
        }
        answer.extend(b"0\r\n\r\n");
        answer
    }
}

fn event(number: usize, size: usize, random: &mut Random) -> String {
    let run = format!("{:016x}{:016x}", random.next(), random.next());
    let mut text = format!(
        r#"{{"type":"task_run.state","event_id":"{number}","input":null,"run":{{"run_id":"trun_{run}","status":"completed","is_active":false,"warnings":null,"error":null,"processor":"core","metadata":{{"row":"{number}"}},"taskgroup_id":"tgrp_5c1f0a","created_at":"2025-04-23T20:21:48.037943Z","modified_at":"2025-04-23T20:29:02.411870Z"}},"output":"#,
    );
    if size == 0 {
        return text + "null}";
    }
    // Some 2 KB are names, numbers and addresses. Of the prose a quarter is the answer; the basis has four
    // entries, each with two citations.
    let prose = size.saturating_sub(2_050) / 31;
    _ = write!(text, r#"{{"type":"json","content":{{"answer":"{}""#, Prose(prose * 7, random.next()));
    _ = write!(text, r#","amount":{},"shares":[0.41,0.37,0.22]}},"basis":["#, random.next() % 100_000);
    for entry in 0..4 {
        let comma = if entry == 0 { "" } else { "," };
        _ = write!(
            text,
            r#"{comma}{{"field":"answer.{entry}","reasoning":"{}","#,
            Prose(prose * 2, random.next())
        );
        text.push_str(r#""citations":["#);
        for citation in 0..2 {
            let comma = if citation == 0 { "" } else { "," };
            let page = random.next();
            _ = write!(
                text,
                r#"{comma}{{"url":"https://example.org/reports/{page:x}","title":"Annual report","#
            );
            _ = write!(text, r#""excerpts":["{}"]}}"#, Prose(prose * 2, random.next()));
        }
        text.push_str(r#"],"confidence":"high"}"#);
    }
    text + r#"],"mcp_tool_calls":null,"beta_fields":null}}"#
}

/// Whole sentences up to about this many bytes, the first one chosen by a number.
struct Prose(usize, u64);

impl std::fmt::Display for Prose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut random = Random(self.1);
        let mut length = 0;
        while length < self.0 {
            let sentence = SENTENCES[random.next() as usize % SENTENCES.len()];
            f.write_str(sentence)?;
            length += sentence.len();
        }
        Ok(())
    }
}

/// SplitMix64 of Steele, Lea and Flood.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}
