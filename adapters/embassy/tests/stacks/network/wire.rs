//! A wire between two network cards, and what goes wrong on it: frames lost, doubled, late, and the plug
//! pulled out.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use embassy_futures::{join::join, select::Either, select::select};
use embassy_net_driver_channel::{Runner, RxRunner, StateRunner, TxRunner, driver::LinkState};
use embassy_time::{Duration, Instant, Timer};

use super::Random;

/// Bytes of an Ethernet frame, its head included.
pub(crate) const MTU: usize = 1514;

/// How long a frame is on its way.
const LATENCY: Duration = Duration::from_millis(2);

/// How much later it may arrive than that.
const DELAY: u64 = 15_000;

/// What the wire does to frames, in percent, the same in both directions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) seed: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Up to 15 ms later than sent: overtaken by others.
    pub(crate) late: u64,
}

/// The two links of a wire that has been plugged in.
pub(crate) struct Wire<'d> {
    weather: Weather,
    random: Random,
    links: [StateRunner<'d>; 2],
    plugged: Cell<bool>,
    sent: RefCell<Vec<Frame>>,
}

/// What the device has sent, whether or not it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// To this port.
    Udp(u16),
    /// From this port, with these flags.
    Tcp(u16, Flags),
    Other,
}

/// Of a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) syn: bool,
    pub(crate) fin: bool,
    pub(crate) reset: bool,
}

impl<'d> Wire<'d> {
    pub(crate) fn new(weather: Weather, links: [StateRunner<'d>; 2]) -> Self {
        let random = Random::new(weather.seed);
        let wire = Self { weather, random, links, plugged: Cell::new(false), sent: RefCell::default() };
        wire.plug(true);
        wire
    }

    /// Pulls the plug out, or puts it back in: both cards notice.
    pub(crate) fn plug(&self, plugged: bool) {
        self.plugged.set(plugged);
        for link in &self.links {
            link.set_link_state(if plugged { LinkState::Up } else { LinkState::Down });
        }
    }

    /// What the device has sent so far.
    pub(crate) fn sent(&self) -> Vec<Frame> {
        self.sent.borrow().clone()
    }

    /// From which ports the device has asked for a connection so far, each once.
    pub(crate) fn asked(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        for frame in self.sent.borrow().iter() {
            match frame {
                Frame::Tcp(port, Flags { syn: true, .. }) if !ports.contains(port) => ports.push(*port),
                _ => {}
            }
        }
        ports
    }

    /// Carries frames from each to the other, forever.
    pub(crate) async fn carry(&self, device: Runner<'_, MTU>, server: Runner<'_, MTU>) {
        let (_, mut to_device, mut from_device) = device.split();
        let (_, mut to_server, mut from_server) = server.split();
        let there = self.one_way(&mut from_device, &mut to_server, |frame| {
            self.sent.borrow_mut().push(Frame::parse(frame));
        });
        join(there, self.one_way(&mut from_server, &mut to_device, |_| {})).await;
    }

    async fn one_way(&self, from: &mut TxRunner<'_, MTU>, to: &mut RxRunner<'_, MTU>, see: impl Fn(&[u8])) {
        // By when they arrive, and those of the same moment as they were sent.
        let mut flying = BTreeMap::<(Instant, u64), Vec<u8>>::new();
        let mut count = 0;
        loop {
            let first = flying.first_key_value().map_or(Instant::MAX, |((at, _), _)| *at);
            match select(Timer::at(first), from.tx_buf()).await {
                Either::First(()) => {
                    if let Some((_, frame)) = flying.pop_first() {
                        to.rx_buf().await[..frame.len()].copy_from_slice(&frame);
                        to.rx_done(frame.len());
                    }
                }
                Either::Second(frame) => {
                    see(frame);
                    for _ in 0..self.copies() {
                        count += 1;
                        flying.insert((Instant::now() + self.latency(), count), frame.to_vec());
                    }
                    from.tx_done();
                }
            }
        }
    }

    fn copies(&self) -> usize {
        if !self.plugged.get() || self.random.percent(self.weather.lost) {
            0
        } else {
            1 + usize::from(self.random.percent(self.weather.doubled))
        }
    }

    fn latency(&self) -> Duration {
        if self.random.percent(self.weather.late) {
            LATENCY + Duration::from_micros(self.random.below(DELAY))
        } else {
            LATENCY
        }
    }
}

impl Frame {
    /// RFC 894, 791, 768 and 9293; IPv4 without options, as smoltcp sends it.
    fn parse(frame: &[u8]) -> Self {
        let port = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
        match (frame.get(12..14), frame.get(23)) {
            (Some([0x08, 0x00]), Some(17)) => Self::Udp(port(36)),
            (Some([0x08, 0x00]), Some(6)) => Self::Tcp(
                port(34),
                Flags { fin: frame[47] & 1 != 0, syn: frame[47] & 2 != 0, reset: frame[47] & 4 != 0 },
            ),
            _ => Self::Other,
        }
    }
}
