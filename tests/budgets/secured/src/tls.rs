//! A flight in; what its handshake takes, and each byte after it, out.

use core::pin::pin;

use embedded_io_async::{BufRead, Write};
use semihosting::println;
#[cfg(feature = "flights")]
use taskgroup_tls::CipherSuite;
use taskgroup_tls::{Client, Dates, Error, RECEIVE, RECEIVE_4K, Roots, SEND_MIN};

use crate::{Flight, Suite, platform::instructions, replay::Replay, run, same::Same, stack};

/// For sending: a request in one record.
const SEND: usize = 1024;

pub(crate) fn measure(flight: &Flight, now: u64) {
    if let Err(error) = hear(flight, now) {
        // Words for a person are part of what is paid for.
        println!("failed|{}|{error}", flight.what);
    }
}

fn hear(flight: &Flight, now: u64) -> Result<(), Error> {
    let Flight { what, name, root, first, sent, said, suite } = *flight;
    let (mut receive, mut send) = ([0; RECEIVE], [0; SEND]);
    let (roots, clock) = ([root], || Some(now));
    #[cfg(not(feature = "mozilla"))]
    let roots = Roots::Certificates(&roots);
    #[cfg(feature = "mozilla")]
    let roots = if root.is_empty() { Roots::mozilla() } else { Roots::Certificates(&roots) };
    let client = Client::new(roots, Dates::CheckedBy(&clock), Same::new(), &mut receive, &mut send);
    #[cfg(feature = "flights")]
    let client = client.with_suites(suites(suite));
    if !first.is_empty() {
        run(pin!(async {
            let mut server = client.connect(Replay(first), name).await?;
            server.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
            server.flush().await?;
            loop {
                let length = server.fill_buf().await?.len();
                if length == 0 {
                    return Ok::<_, Error>(());
                }
                server.consume(length);
            }
        }))?;
    }

    let mut connect = pin!(client.connect(Replay(sent), name));
    let (mut connected, mut handshake) = (None, 0);
    let stack = stack::used(&mut || {
        let start = instructions();
        connected = Some(run(connect.as_mut()));
        handshake = instructions() - start;
    });
    let mut server = connected.ok_or(Error::Cut)??;
    println!("handshake|{what}|{handshake}");
    println!("stack|{what}|{stack}");

    run(pin!(async {
        server.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        server.flush().await
    }))?;
    let (start, mut heard) = (instructions(), 0);
    loop {
        let length = run(pin!(server.fill_buf()))?.len();
        if length == 0 {
            break;
        }
        heard += length;
        server.consume(length);
    }
    if heard != said {
        return Err(Error::Cut);
    }
    if said > 1 {
        let cipher = match suite {
            Suite::ChaCha20Poly1305 => "ChaCha20-Poly1305",
            Suite::Aes128Gcm => "AES-128-GCM",
        };
        println!("byte|{cipher}|{}", (instructions() - start) * 100 / said as u64);
        println!("ram|`Client`|{}", size_of_val(&client));
        println!("ram|`Connection` besides the transport|{}", size_of_val(&server) - size_of::<Replay<'_>>());
        println!("ram|the future of `connect`|{}", size_of_val(&*connect));
        println!("buffers|with records of 16 KB|{}", RECEIVE + SEND);
        println!("buffers|with records of 4 KB|{}", RECEIVE_4K + SEND_MIN);
    }
    Ok(())
}

/// As the flight was recorded.
#[cfg(feature = "flights")]
fn suites(suite: Suite) -> &'static [CipherSuite] {
    match suite {
        Suite::ChaCha20Poly1305 => &[CipherSuite::ChaCha20Poly1305],
        Suite::Aes128Gcm => &[CipherSuite::Aes128Gcm],
    }
}
