//! `KEY=VALUE` in, an object that the service takes as metadata out.

use serde_json::{Map, Value};

/// How many characters a key and a value have at most.
const MOST: (usize, usize) = (16, 512);

/// One member of metadata.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Parses the argument.
pub(crate) fn pair(text: &str) -> Result<Pair, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok(Pair { key: key.into(), value: value.into() }),
        _ => Err("metadata is a key, an equals sign and a value: team=search".into()),
    }
}

/// The object that the pairs make; the last of a repeated key counts.
pub(crate) fn object(pairs: &[Pair]) -> Result<Map<String, Value>, String> {
    let object = pairs.iter().map(|pair| (pair.key.clone(), Value::from(pair.value.as_str()))).collect();
    check(&object)?;
    Ok(object)
}

/// What the service takes: short texts, numbers and booleans by short keys.
pub(crate) fn check(metadata: &Map<String, Value>) -> Result<(), String> {
    for (key, value) in metadata {
        let count = key.chars().count();
        if count > MOST.0 {
            return Err(format!("metadata {key:?}: a key has at most {} characters, not {count}", MOST.0));
        }
        match value {
            Value::String(text) => {
                let count = text.chars().count();
                if count > MOST.1 {
                    return Err(format!(
                        "metadata {key:?}: a value has at most {} characters, not {count}",
                        MOST.1
                    ));
                }
            }
            Value::Number(_) | Value::Bool(_) => {}
            _ => return Err(format!("metadata {key:?}: a value is a string, a number, true or false")),
        }
    }
    Ok(())
}
