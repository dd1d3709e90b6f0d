//! The bytes of a request in, what a server reads in it out, with another crate's parser.

/// A request as the server has read it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    /// Reads a request whose head is whole.
    ///
    /// # Panics
    ///
    /// If it is not HTTP/1.1.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let status = request.parse(bytes).expect("the request is no HTTP");
        let body = &bytes[status.unwrap()..];
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a header is no UTF-8");
        Self {
            method: request.method.unwrap().into(),
            target: request.path.unwrap().into(),
            headers: request
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
                .collect(),
            body: body.to_vec(),
        }
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        let mut bytes = value.bytes();
        let mut digit = || bytes.next().map(|byte| byte as char);
        let mut decoded = Vec::new();
        while let Some(character) = digit() {
            decoded.push(match character {
                '%' => u8::from_str_radix(&format!("{}{}", digit()?, digit()?), 16).ok()?,
                other => other as u8,
            });
        }
        String::from_utf8(decoded).ok()
    }

    /// The event after which the stream is to continue.
    #[must_use]
    pub fn cursor(&self) -> Option<String> {
        self.parameter("last_event_id")
    }
}
