//! A run in, the JSON of its input and of its output out. Both are made when a client asks, and not kept.
//!
//! # Limits
//!
//! An output has exactly as many bytes as its run says, from 1 KB on. A smaller one is as small as its
//! content allows.

use serde_json::Value;

use crate::answer::{self, Maker};
use crate::prose::{filler, quote, quoted_sentence, sentence};
use crate::random::Random;
use crate::run::{Kind, Run};

const FIELDS: &[&str] =
    &["gdp", "capital", "population", "revenue_2024", "founded", "website", "größte_stadt"];
const TAIL: &str = "}],\"confidence\":null}]";
const LARGEST_EXCERPT: u64 = 1600;

/// How large an output is: half of all are below 5 KB, one in twenty is above 200 KB, none is above 380 KB.
pub(crate) fn size(random: &mut Random) -> usize {
    (1024.0 * (8.5 * random.unit().powi(2)).exp2()) as usize
}

/// The JSON of the run's RunInput.
pub(crate) fn input(run: &Run) -> String {
    if let Some(posted) = &run.posted {
        return posted.clone();
    }
    let mut random = Random::nth(run.seed, 5);
    let mut out = "{\"processor\":".to_owned();
    quote(&run.processor, true, &mut out);
    out.push_str(",\"input\":");
    if random.one_in(2) {
        quoted_sentence(&mut random, 90, &mut out);
    } else {
        out.push_str("{\"company\":");
        quoted_sentence(&mut random, 20, &mut out);
        out.push_str(&format!(",\"year\":{},\"parent\":null}}", random.between(1990, 2025)));
    }
    if let Some(metadata) = &run.metadata {
        out.push_str(&format!(",\"metadata\":{metadata}"));
    }
    if random.one_in(4) {
        out.push_str(",\"source_policy\":{\"include_domains\":[\"example.org\"],\"exclude_domains\":[],\"after_date\":\"2024-01-31\"}");
    }
    out.push_str(match run.kind {
        Kind::Text => ",\"task_spec\":{\"output_schema\":{\"type\":\"text\",\"description\":\"A report.\"},\"input_schema\":null}}",
        Kind::Json => ",\"task_spec\":{\"output_schema\":{\"type\":\"json\",\"json_schema\":{\"type\":\"object\",\"properties\":{\"gdp\":{\"type\":\"string\"}}}}}}",
        Kind::Auto => "}",
    });
    out
}

/// The JSON of the run's Output, as it is once the run is completed.
pub(crate) fn output(run: &Run) -> String {
    let mut random = Random::nth(run.seed, 6);
    let mut out = String::with_capacity(run.output_bytes + 1024);
    let posted: Option<Value> = run.posted.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let echo = posted.as_ref().map(|posted| answer::echo(&posted["input"]));
    let fields = match (&posted, &echo) {
        (Some(posted), Some(echo)) => answered(run, posted, echo, &mut random, &mut out),
        _ => made_up(run, &mut random, &mut out),
    };
    let closing = closing(run, &mut random);
    let end = run.output_bytes.saturating_sub(closing.len());
    basis(run, &mut random, &fields, echo.as_deref(), end, &mut out);
    out + &closing
}

/// Opens the object, writes `type` and the `content` that answers the posted input, and names the content's
/// fields.
fn answered(run: &Run, posted: &Value, echo: &str, random: &mut Random, out: &mut String) -> Vec<String> {
    if run.kind == Kind::Text {
        out.push_str("{\"type\":\"text\",\"content\":");
        quote(&format!("{echo}\n\n{}", sentence(random, 100)), true, out);
        return vec!["output".to_owned()];
    }
    let schema = &posted["task_spec"]["output_schema"]["json_schema"];
    let content = match run.kind {
        Kind::Json => Value::Object(Maker::new(schema, echo, random).object()),
        _ => answer::without_schema(echo, random),
    };
    out.push_str("{\"type\":\"json\",\"content\":");
    out.push_str(&content.to_string());
    let mut fields = Vec::new();
    for (name, value) in content.as_object().into_iter().flatten() {
        fields.push(name.clone());
        let elements = value.as_array().map_or(0, Vec::len);
        fields.extend((0..elements).map(|place| format!("{name}.{place}")));
    }
    fields
}

/// Opens the object, writes `type` and a `content` that the seed makes up, and names the content's fields.
fn made_up(run: &Run, random: &mut Random, out: &mut String) -> Vec<String> {
    if run.kind == Kind::Text {
        out.push_str("{\"type\":\"text\",\"content\":");
        let bytes = random.between(100, 200 + run.output_bytes as u64 / 8) as usize;
        quoted_sentence(random, bytes, out);
        return vec!["output".to_owned()];
    }
    out.push_str("{\"type\":\"json\",\"content\":{");
    let mut fields = Vec::new();
    for name in FIELDS.iter().take(random.between(2, FIELDS.len() as u64) as usize) {
        quote(name, !random.one_in(2), out);
        out.push(':');
        match random.below(5) {
            0 => out.push_str(&format!("{}.5e6", random.below(1000))),
            1 => out.push_str(random.pick(&["true", "null", "-17", "0.0314"])),
            _ => quoted_sentence(random, 30, out),
        }
        out.push(',');
        fields.push((*name).to_owned());
    }
    out.push_str("\"key_executives\":[");
    for place in 0..random.between(1, 3) {
        out.push_str(if place == 0 { "{\"name\":" } else { ",{\"name\":" });
        quoted_sentence(random, 12, out);
        out.push('}');
        fields.push(format!("key_executives.{place}"));
    }
    out.push_str("]}");
    fields
}

/// Writes `basis` so that the text has `end` bytes afterwards: as many entries as there is room for, and a
/// last one that fills it. The first one repeats the input, even if there is no room.
fn basis(
    run: &Run,
    random: &mut Random,
    fields: &[String],
    echo: Option<&str>,
    end: usize,
    out: &mut String,
) {
    const LAST: &str = "{\"field\":\"notes\",\"reasoning\":\"\",\"citations\":[{\"url\":\"https://example.net/notes\",\"title\":null,\"excerpts\":[\"";
    out.push_str(",\"basis\":[");
    let end = end.saturating_sub(LAST.len() + 2 + TAIL.len());
    let graded = !matches!(run.processor.as_str(), "lite" | "base");
    let mut entry = String::new();
    if let Some(echo) = echo {
        let field = fields.first().map_or("output", String::as_str);
        out.push_str("{\"field\":");
        quote(field, true, out);
        out.push_str(",\"reasoning\":");
        quote(echo, true, out);
        out.push_str(",\"citations\":[],\"confidence\":null},");
    }
    for field in fields.iter().cycle() {
        entry.clear();
        field_basis(random, field, graded, &mut entry);
        if out.len() + entry.len() > end {
            break;
        }
        out.push_str(&entry);
    }
    out.push_str(LAST);
    let missing = (end + LAST.len()).saturating_sub(out.len());
    filler(random, missing, out);
    out.push_str("\"]");
    out.push_str(TAIL);
}

/// Writes one FieldBasis and a comma.
fn field_basis(random: &mut Random, field: &str, graded: bool, out: &mut String) {
    out.push_str("{\"field\":");
    quote(field, true, out);
    out.push_str(",\"reasoning\":");
    let bytes = random.between(20, 400) as usize;
    quoted_sentence(random, bytes, out);
    out.push_str(",\"citations\":[");
    for place in 0..random.below(4) {
        out.push_str(if place == 0 { "{\"url\":" } else { ",{\"url\":" });
        quote(&format!("https://example.org/{field}?page={}&q=a%20b", random.below(100)), true, out);
        out.push_str(",\"title\":");
        if random.one_in(4) {
            out.push_str("null")
        } else {
            quoted_sentence(random, 24, out)
        }
        out.push_str(",\"excerpts\":[");
        for excerpt in 0..random.below(3) {
            out.push_str(if excerpt == 0 { "" } else { "," });
            let bytes = random.between(40, LARGEST_EXCERPT) as usize;
            quoted_sentence(random, bytes, out);
        }
        out.push_str("]}");
    }
    let confidence =
        if graded { random.pick(&["\"low\"", "\"medium\"", "\"high\"", "null"]) } else { "null" };
    out.push_str(&format!("],\"confidence\":{confidence}}},"));
}

/// What comes after the basis, the last brace included.
fn closing(run: &Run, random: &mut Random) -> String {
    let mut out = if random.one_in(12) {
        format!(
            ",\"mcp_tool_calls\":[{{\"tool_call_id\":\"call_{}\",\"server_name\":\"atlas\",\"tool_name\":\"look_up\",\"arguments\":\"{{\\\"of\\\":\\\"gdp\\\"}}\",\"content\":\"42\",\"error\":null}}]",
            random.below(1000)
        )
    } else {
        ",\"mcp_tool_calls\":null".to_owned()
    };
    if run.kind == Kind::Auto && run.posted.is_some() {
        out.push_str(&format!(",\"output_schema\":{}", answer::made_up_schema()));
    } else if run.kind == Kind::Auto {
        out.push_str(",\"output_schema\":{\"type\":\"object\",\"properties\":{\"gdp\":{\"type\":\"string\"}},\"additionalProperties\":true}");
    }
    out + ",\"beta_fields\":null}"
}
