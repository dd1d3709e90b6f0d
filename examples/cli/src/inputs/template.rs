//! A text with `{column}` in it and a row in, the text with the row's values out.
//!
//! `{{` is a brace. A closing brace that ends no column is itself.

use csv::StringRecord;

/// A text with places for values.
#[derive(Debug, PartialEq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    /// The value in this column.
    Column(usize),
}

impl Template {
    /// Looks for the columns in the text.
    pub(super) fn parse(text: &str, columns: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let Some((name, after)) = after.split_once('}') else {
                return Err(format!("no }} ends {{{after}; {{{{ is a brace"));
            };
            let Some(column) = columns.iter().position(|column| *column == name) else {
                let names: Vec<_> = columns.iter().map(|name| format!("{{{name}}}")).collect();
                return Err(format!("there is no column {{{name}}}; there are {}", names.join(", ")));
            };
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Column(column));
            rest = after;
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// The text with the values of this row.
    pub(super) fn fill(&self, row: &StringRecord) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Column(column) => row.get(*column).unwrap_or_default(),
        });
        pieces.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_values_and_two_braces_one() {
        let row = StringRecord::from(vec!["Zürich", "{name}"]);
        for (template, text) in [
            ("Size of {name}?", "Size of Zürich?"),
            ("{a b}{name}", "{name}Zürich"),
            ("{{name}", "{name}"),
            ("{{{name}}", "{Zürich}"),
            ("a } b", "a } b"),
            ("", ""),
        ] {
            assert_eq!(Template::parse(template, &["name", "a b"]).unwrap().fill(&row), text, "{template}");
        }
    }

    #[test]
    fn what_is_not_a_column_is_named_with_those_that_are() {
        let why = |template| Template::parse(template, &["name", "a b"]).unwrap_err();
        assert_eq!(why("{Name}"), "there is no column {Name}; there are {name}, {a b}");
        assert_eq!(why("x {name"), "no } ends {name; {{ is a brace");
    }
}
