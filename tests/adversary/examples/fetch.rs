//! A server's address, name, root and path in, what a device gets from it out: a line for each connection,
//! with `full` or `resumed`, the length of the body and its SHA-256.
//!
//! `fetch ADDRESS NAME ROOT.der PATH CONNECTIONS RECEIVE`: the last is how many bytes the buffer for
//! receiving has. All connections are of one client. With the path `-` it does not ask by HTTP, but sends
//! back what comes, until that ends with `bye` and the end of a line.

use std::{
    error::Error,
    fs, io,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use embassy_futures::block_on;
use embedded_io_async::{BufRead, ErrorKind, ErrorType, Read, Write};
use rand_core::OsRng;
use ring::digest::{SHA256, digest};
use taskgroup_tls::{Client, Connection, Dates, Roots, SEND_MIN};

/// A socket that blocks.
struct Tcp(TcpStream);

impl ErrorType for Tcp {
    type Error = ErrorKind;
}

impl Read for Tcp {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(out).map_err(kind)
    }
}

impl Write for Tcp {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(bytes).map_err(kind)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.0.flush().map_err(kind)
    }
}

fn kind(error: io::Error) -> ErrorKind {
    error.kind().into()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, name, root, path, connections, receive] = &arguments[..] else {
        return Err("fetch ADDRESS NAME ROOT.der PATH CONNECTIONS RECEIVE".into());
    };
    let (mut receive, mut send) = (vec![0; receive.parse()?], [0; SEND_MIN]);
    let root = fs::read(root)?;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    let (roots, dates) = ([&root[..]], Dates::CheckedBy(&now));
    let client = Client::new(Roots::Certificates(&roots), dates, OsRng, &mut receive, &mut send);
    for _ in 0..connections.parse()? {
        let tcp = TcpStream::connect(address)?;
        tcp.set_read_timeout(Some(Duration::from_secs(20)))?;
        let (how, body) = block_on(async {
            let mut tls = client.connect(Tcp(tcp), name).await?;
            let how = if tls.is_resumed() { "resumed" } else { "full" };
            let body = if path == "-" { echo(&mut tls).await } else { get(&mut tls, name, path).await }?;
            let _ = tls.close().await;
            Ok::<_, taskgroup_tls::Error>((how, body))
        })
        .map_err(|error| error.to_string())?;
        let hash: String = digest(&SHA256, &body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{how} {} {hash}", body.len());
    }
    Ok(())
}

/// The body of an answer, which ends with the connection.
async fn get(tls: &mut Connection<'_, Tcp>, name: &str, path: &str) -> Result<Vec<u8>, taskgroup_tls::Error> {
    let request = format!("GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n");
    tls.write_all(request.as_bytes()).await?;
    tls.flush().await?;
    let mut answer = Vec::new();
    while read(tls, &mut answer).await? > 0 {}
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |end| end + 4);
    Ok(answer.split_off(head))
}

/// What came, and was sent back.
async fn echo(tls: &mut Connection<'_, Tcp>) -> Result<Vec<u8>, taskgroup_tls::Error> {
    let mut heard = Vec::new();
    while !heard.ends_with(b"bye\n") {
        let length = read(tls, &mut heard).await?;
        if length == 0 {
            break;
        }
        tls.write_all(&heard[heard.len() - length..]).await?;
        tls.flush().await?;
    }
    Ok(heard)
}

/// How many bytes came; 0: the end.
async fn read(tls: &mut Connection<'_, Tcp>, heard: &mut Vec<u8>) -> Result<usize, taskgroup_tls::Error> {
    let lent = tls.fill_buf().await?;
    let length = lent.len();
    heard.extend_from_slice(lent);
    tls.consume(length);
    Ok(length)
}
