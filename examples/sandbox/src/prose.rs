//! Numbers in, words out: sentences in several scripts, and the JSON strings that hold them.
//!
//! # Limits
//!
//! A sentence is longer than asked for by one word at most, which is 24 bytes. The words make no sense.

use crate::random::Random;

const WORDS: &[&str] = &[
    "revenue",
    "the",
    "office",
    "of",
    "statistics",
    "rose",
    "in",
    "a",
    "quarter",
    "by",
    "reported",
    "figure",
    "market",
    "and",
    "company",
    "was",
    "founded",
    "report",
    "states",
    "that",
    "growth",
    "per",
    "year",
    "annual",
    "from",
    "number",
    "people",
    "city",
    "according",
    "to",
    "source",
    "estimate",
    "between",
    "product",
    "research",
    "published",
    "with",
];

const FOREIGN: &[&str] = &[
    "Größe",
    "Zürich",
    "naïve",
    "façade",
    "Ελλάδα",
    "Москва",
    "東京",
    "統計",
    "서울",
    "€2.8",
    "½",
    "–",
    "“quoted”",
    "日本語",
    "🚀",
    "🌍",
    "📈",
    "👩\u{200d}🔬",
    "𝛼",
    "𠮷野",
    "\"so-called\"",
    "C:\\data",
    "tab\there",
    "line\nend",
    "a/b",
];

/// About `bytes` bytes of words, one in 12 of them beyond ASCII or in need of an escape.
pub(crate) fn sentence(random: &mut Random, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 24);
    while text.len() < bytes {
        if !text.is_empty() {
            text.push(' ');
        }
        let words = if random.one_in(12) { FOREIGN } else { WORDS };
        text.push_str(random.pick(words));
    }
    text
}

/// Exactly `bytes` bytes of ASCII that no JSON string has to escape.
pub(crate) fn filler(random: &mut Random, bytes: usize, out: &mut String) {
    let end = out.len() + bytes;
    while out.len() < end {
        out.push_str(random.pick(WORDS));
        out.push(' ');
    }
    out.truncate(end);
}

/// Appends `text` as a JSON string. Letters beyond ASCII are written as they are if `raw`, else as `\uXXXX`,
/// with surrogate pairs beyond U+FFFF.
pub(crate) fn quote(text: &str, raw: bool, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(letter),
            _ if raw && letter >= '\u{80}' => out.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

/// Appends a sentence of about `bytes` bytes as a JSON string, raw or escaped at random.
pub(crate) fn quoted_sentence(random: &mut Random, bytes: usize, out: &mut String) {
    let text = sentence(random, bytes);
    quote(&text, !random.one_in(3), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_reads_back_as_it_was() {
        let text = sentence(&mut Random::new(3), 4000) + "\u{1}\u{7f}\u{80}\u{ffff}\u{10000}";
        for raw in [true, false] {
            let mut json = String::new();
            quote(&text, raw, &mut json);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            assert_eq!(json.is_ascii(), !raw);
        }
    }

    #[test]
    fn a_surrogate_pair_stands_for_what_is_beyond_the_first_plane() {
        let mut json = String::new();
        quote("🚀", false, &mut json);
        assert_eq!(json, "\"\\ud83d\\ude80\"");
    }

    #[test]
    fn filler_has_the_length_that_was_asked_for() {
        for bytes in [0, 1, 17, 1000] {
            let mut text = String::new();
            filler(&mut Random::new(5), bytes, &mut text);
            assert_eq!(text.len(), bytes);
        }
    }
}
