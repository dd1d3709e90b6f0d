//! JSON in chunks in, its tokens out, each whole.

use taskgroup::json::{Error, Token, Tokenizer};

/// A token with its pieces joined.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Item {
    BeginObject,
    EndObject,
    BeginArray,
    EndArray,
    Name(String),
    String(String),
    Number(String),
    Bool(bool),
    Null,
}

/// The tokens of a text that comes in these chunks.
///
/// # Errors
///
/// The tokenizer's.
///
/// # Panics
///
/// When it leaves something of a chunk.
pub fn tokens(chunks: &[&[u8]]) -> Result<Vec<Item>, Error> {
    let mut tokenizer = Tokenizer::new();
    let mut items = Vec::new();
    let mut begun = String::new();
    for mut chunk in chunks.iter().copied() {
        while let Some(token) = tokenizer.feed(&mut chunk)? {
            let mut join = |piece: &str, last: bool| {
                begun += piece;
                last.then(|| std::mem::take(&mut begun))
            };
            items.extend(match token {
                Token::BeginObject => Some(Item::BeginObject),
                Token::EndObject => Some(Item::EndObject),
                Token::BeginArray => Some(Item::BeginArray),
                Token::EndArray => Some(Item::EndArray),
                Token::Name { piece, last } => join(piece, last).map(Item::Name),
                Token::String { piece, last } => join(piece, last).map(Item::String),
                Token::Number { piece, last } => join(piece, last).map(Item::Number),
                Token::Bool(value) => Some(Item::Bool(value)),
                Token::Null => Some(Item::Null),
            });
        }
        assert!(chunk.is_empty(), "no more tokens means no more input");
    }
    tokenizer.finish()?;
    if !begun.is_empty() {
        items.push(Item::Number(begun));
    }
    Ok(items)
}
