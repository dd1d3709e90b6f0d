//! A network driver for one executor in, a driver for an executor of another priority out.
//!
//! The memory that embassy's drivers share with their runners is not safe from interrupts. So packets are
//! copied through memory that is:
//!
//! ```text
//! interrupt executor: driver ◄─ Radio::run ═ packets ═ Device ─► embassy-net, TLS: thread mode
//! ```
//!
//! # Limits
//!
//! [`UP`] packets wait while the network is busy, and [`DOWN`] while the driver is. Further packets stay in
//! the driver.

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use defmt::unwrap;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::{
    blocking_mutex::raw::CriticalSectionRawMutex,
    watch::{self, Watch},
    zerocopy_channel::{Channel, Receiver, Sender},
};
use static_cell::{ConstStaticCell, StaticCell};

/// Bytes of an Ethernet frame without its checksum.
const FRAME: usize = 1514;

const UP: usize = 4;
const DOWN: usize = 2;

type Guard = CriticalSectionRawMutex;
type Packet = heapless::Vec<u8, FRAME>;

/// Watches the state of the driver's link: for the device, and for the task that keeps the link up.
pub(crate) type Watching = watch::Receiver<'static, Guard, Link, 2>;

static LINK: Watch<Guard, Link, 2> = Watch::new_with(Link { is_up: false, address: [0; 6] });

/// The state of a driver's link.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) is_up: bool,
    address: [u8; 6],
}

/// The driver's end.
pub(crate) struct Radio {
    up: Sender<'static, Guard, Packet>,
    down: Receiver<'static, Guard, Packet>,
}

/// The network's end.
pub(crate) struct Device {
    up: Receiver<'static, Guard, Packet>,
    down: Sender<'static, Guard, Packet>,
    link: Watching,
}

/// Both ends, once.
pub(crate) fn split() -> (Radio, Device) {
    static PACKETS: ConstStaticCell<[Packet; UP + DOWN]> =
        ConstStaticCell::new([const { Packet::new() }; UP + DOWN]);
    static CHANNELS: StaticCell<[Channel<'static, Guard, Packet>; 2]> = StaticCell::new();

    let (up, down) = PACKETS.take().split_at_mut(UP);
    let [up, down] = CHANNELS.init([Channel::new(up), Channel::new(down)]);
    let ((into, from), (send, sent)) = (up.split(), down.split());
    (Radio { up: into, down: sent }, Device { up: from, down: send, link: watching() })
}

/// One more watch on the link.
pub(crate) fn watching() -> Watching {
    unwrap!(LINK.receiver())
}

impl Radio {
    /// Carries packets to and from the driver.
    pub(crate) async fn run(mut self, mut driver: impl Driver) -> ! {
        poll_fn(|context| {
            while let Poll::Ready(packet) = self.up.poll_send(context) {
                let Some((received, _)) = driver.receive(context) else { break };
                received.consume(|bytes| {
                    packet.clear();
                    unwrap!(packet.extend_from_slice(bytes));
                });
                self.up.send_done();
            }
            while let Poll::Ready(packet) = self.down.poll_receive(context) {
                let Some(room) = driver.transmit(context) else { break };
                room.consume(packet.len(), |bytes| bytes.copy_from_slice(packet));
                self.down.receive_done();
            }
            let is_up = driver.link_state(context) == LinkState::Up;
            if let HardwareAddress::Ethernet(address) = driver.hardware_address() {
                LINK.sender().send_if_modified(|link| {
                    let now = Some(Link { is_up, address });
                    core::mem::replace(link, now) != now
                });
            }
            Poll::Pending
        })
        .await
    }
}

impl Driver for Device {
    type RxToken<'a> = Up<'a>;
    type TxToken<'a> = Down<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Up<'_>, Down<'_>)> {
        let is_ready = self.up.poll_receive(context).is_ready() && self.down.poll_send(context).is_ready();
        is_ready.then(|| (Up(self.up.borrow()), Down(self.down.borrow())))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Down<'_>> {
        self.down.poll_send(context).is_ready().then(|| Down(self.down.borrow()))
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        // Until the driver waits for the next one.
        while pin!(self.link.changed()).poll(context).is_ready() {}
        if unwrap!(self.link.try_get()).is_up { LinkState::Up } else { LinkState::Down }
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(unwrap!(LINK.try_get()).address)
    }
}

/// A packet that has arrived.
pub(crate) struct Up<'a>(Receiver<'a, Guard, Packet>);

impl RxToken for Up<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, read: F) -> R {
        let result = read(unwrap!(self.0.try_receive()));
        self.0.receive_done();
        result
    }
}

/// Room for a packet to send.
pub(crate) struct Down<'a>(Sender<'a, Guard, Packet>);

impl TxToken for Down<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, length: usize, write: F) -> R {
        let packet = unwrap!(self.0.try_send());
        unwrap!(packet.resize(length, 0));
        let result = write(packet);
        self.0.send_done();
        result
    }
}
