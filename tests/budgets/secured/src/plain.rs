//! A flight in, as many bytes out: all that is there without TLS.

use core::pin::pin;

use embedded_io_async::{Read, Write};
use semihosting::println;

use crate::{Flight, platform::instructions, replay::Replay, run};

pub(crate) fn measure(flight: &Flight, now: u64) {
    let (mut buffer, start) = ([0; 64], instructions());
    let read = run(pin!(async {
        let mut server = Replay(if flight.first.is_empty() { flight.sent } else { flight.first });
        server.write_all(flight.root).await?;
        server.flush().await?;
        let mut read = 0;
        loop {
            match server.read(&mut buffer).await? {
                0 => return Ok::<_, embedded_io_async::ErrorKind>(read),
                length => read += length,
            }
        }
    }));
    match read {
        Ok(read) => println!(
            "read|{}|{read} {} {} {now} {} {}",
            flight.what,
            flight.name,
            flight.said,
            matches!(flight.suite, crate::Suite::ChaCha20Poly1305),
            instructions() - start
        ),
        Err(error) => println!("{}: {error:?}", flight.what),
    }
}
