//! The same runs in the clear, over taskgroup-tls and over Mbed TLS; out come the instructions for each way,
//! from the answer's head to its end: no handshake is in them.

use embassy_net::Stack;
use rand_core_06::{CryptoRng, Error, RngCore, impls};
use semihosting::{experimental::random, println};
use static_cell::ConstStaticCell;
use taskgroup::{
    api, record,
    session::{Config, Event, Outcome},
};
use taskgroup_embassy::{Clock, Connector, Stream, Tcp, Tls};
use taskgroup_tls::{Client, Dates, RECEIVE, Roots};

use crate::{
    HOST,
    executor::instructions,
    settings::{Others, Settings},
    stream::stream,
};

record! {
    /// All is checked and nothing kept.
    struct Nothing {}
}

/// Prints a line for each way.
pub(crate) async fn compare(network: Stack<'_>, settings: &Settings, others: &Others) -> Outcome {
    static RECEIVED: ConstStaticCell<[u8; RECEIVE]> = ConstStaticCell::new([0; RECEIVE]);

    let config = Config::new(settings.key);
    let secure = config.with_base_url(settings.base_url).expect("it is a URL");
    let plain = config.with_base_url(others.plain_url).expect("it is a URL");
    let request = || api::runs(settings.taskgroup_id).include_output(true);
    let (mut receive, mut send) = ([0; 4096], [0; 512]);

    let tcp = Tcp::new(network, &mut receive, &mut send).with_address(HOST.into()).allow_plaintext();
    tell("in the clear", count(&tcp, plain, request()).await);
    drop(tcp);

    let (roots, mut sent) = ([others.authority], [0; 512]);
    let tcp = Tcp::new(network, &mut receive, &mut send).with_address(HOST.into());
    let client = Client::new(Roots::Certificates(&roots), Dates::Ignored, Host, RECEIVED.take(), &mut sent);
    let tls = Tls::new(tcp, client);
    tell("taskgroup-tls", count(&tls, secure, request()).await);
    drop(tls);

    let tcp = Tcp::new(network, &mut receive, &mut send).with_address(HOST.into());
    let mut counter = Counter::default();
    let show = |event: Event<'_, Nothing>| counter.see(&event);
    let outcome =
        stream(tcp, settings.authorities, crate::host(), secure, request(), Nothing::default(), show).await;
    tell("Mbed TLS", (counter.until_now(), outcome));
    outcome
}

fn tell(what: &str, (instructions, outcome): (u64, Outcome)) {
    println!("{what}|{instructions}|{outcome}");
}

/// The instructions of a stream's body, and how it ended.
async fn count(network: &impl Connector, config: Config<'_>, request: api::Runs<'_>) -> (u64, Outcome) {
    let mut stream = Stream::new(config, request, Nothing::default(), network, Clock);
    let mut counter = Counter::default();
    while let Some(event) = stream.next().await {
        counter.see(&event);
    }
    (counter.until_now(), stream.outcome().expect("a stream that has ended says how"))
}

/// Counts from the answer's head on.
#[derive(Default)]
struct Counter {
    since: u64,
}

impl Counter {
    fn see(&mut self, event: &Event<'_, Nothing>) {
        if let Event::Opened { .. } = event {
            self.since = instructions();
        }
    }

    fn until_now(&self) -> u64 {
        instructions() - self.since
    }
}

/// Random numbers from the host.
struct Host;

impl CryptoRng for Host {}

impl RngCore for Host {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        random::fill_bytes(bytes).expect("the host has random numbers");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
