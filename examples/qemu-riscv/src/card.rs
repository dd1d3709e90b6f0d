//! The machine's network card, virtio-net, for embassy-net: no heap, no copies, and asleep until the
//! card interrupts.
//!
//! # Limits
//!
//! Eight frames of 1,514 bytes can wait. While all are full, further ones are lost, as on any Ethernet. One
//! frame is sent at a time.

use core::{
    cell::{Cell, RefCell},
    ptr::NonNull,
    sync::atomic::Ordering,
    task::Context,
};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;
use portable_atomic::AtomicUsize;
use riscv::{interrupt::Interrupt, register::mie};
use static_cell::{ConstStaticCell, StaticCell};
use virtio_drivers::{
    BufferDirection, Hal, PAGE_SIZE, PhysAddr,
    device::net::VirtIONetRaw,
    transport::{DeviceType, Transport, mmio::MmioTransport},
};

/// The addresses of the eight slots for virtio devices, which have the interrupts 1 to 8.
const PLACES: usize = 0x1000_1000;
const PLACE: usize = 0x1000;
/// In a slot: the registers for the reason of an interrupt, and to acknowledge it.
const INTERRUPT_STATUS: usize = 0x60;
const INTERRUPT_ACKNOWLEDGE: usize = 0x64;
/// The registers of the machine's PLIC: the priorities of the interrupts, which of them are enabled, and
/// which is next.
const PLIC_PRIORITIES: usize = 0x0C00_0000;
const PLIC_ENABLED: usize = 0x0C00_2000;
const PLIC_CLAIM: usize = 0x0C20_0004;
const FRAMES: usize = 8;
/// Bytes that the card needs in front of each frame.
const HEADER: usize = 12;
/// Bytes of a frame: Ethernet's header and 1,500 bytes.
const MTU: usize = 1514;
const QUEUE: usize = 16;
/// Pages for the card's two queues.
const PAGES: usize = 4;

type Frame = [u8; HEADER + MTU + 2];
type Device = VirtIONetRaw<Memory, MmioTransport<'static>, QUEUE>;

/// Bytes of static RAM that the card takes.
pub(crate) const RAM: usize = size_of::<Pages>() + (FRAMES + 1) * size_of::<Frame>() + size_of::<Card>();

/// The task that waits for a frame.
static RECEIVER: AtomicWaker = AtomicWaker::new();

/// The card.
pub(crate) struct Card {
    device: RefCell<Device>,
    /// The frames that the card may fill, each with the card's number for it.
    receiving: [Cell<Option<(u16, &'static mut Frame)>>; FRAMES],
    sending: RefCell<&'static mut Frame>,
}

impl Card {
    /// Initializes the machine's card. Call it once.
    pub(crate) fn new() -> Option<Self> {
        static RECEIVING: ConstStaticCell<[Frame; FRAMES]> =
            ConstStaticCell::new([[0; size_of::<Frame>()]; FRAMES]);
        static SENDING: StaticCell<Frame> = StaticCell::new();

        let (place, mut device) = (0..8).find_map(|place| {
            let header = NonNull::new((PLACES + place * PLACE) as *mut _)?;
            // SAFETY: the machine has a virtio slot there, which nobody else uses.
            let transport = unsafe { MmioTransport::new(header, PLACE) }.ok()?;
            if transport.device_type() != DeviceType::Network {
                return None;
            }
            Some((place, Device::new(transport).ok()?))
        })?;
        let mut frames = RECEIVING.take().iter_mut();
        let receiving = core::array::from_fn(|_| {
            let frame = frames.next()?;
            // SAFETY: nobody reads the frame before `receive_complete` says that it is full.
            let token = unsafe { device.receive_begin(frame) }.ok()?;
            Some((token, frame))
        });
        let interrupt = place + 1;
        // SAFETY: the machine has these registers at these addresses, and no code before this relies on the
        // card not to interrupt.
        unsafe {
            register(PLIC_PRIORITIES + 4 * interrupt).write_volatile(1);
            register(PLIC_ENABLED).write_volatile(1 << interrupt);
            mie::set_mext();
        }
        Some(Self {
            device: RefCell::new(device),
            receiving: receiving.map(Cell::new),
            sending: RefCell::new(SENDING.init([0; _])),
        })
    }
}

impl Driver for Card {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_>)> {
        // First, so that no frame comes in between.
        RECEIVER.register(context.waker());
        let token = self.device.get_mut().poll_receive()?;
        Some((Received { card: self, token }, Sending { card: self }))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Sending<'_>> {
        Some(Sending { card: self })
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.device.borrow().mac_address())
    }
}

#[riscv_rt::core_interrupt(Interrupt::MachineExternal)]
fn interrupted() {
    // SAFETY: the machine has these registers at these addresses, and only the card in this slot was
    // enabled to interrupt.
    unsafe {
        let interrupt = register(PLIC_CLAIM).read_volatile();
        if let Some(place) = (interrupt as usize).checked_sub(1) {
            let place = PLACES + place * PLACE;
            let status = register(place + INTERRUPT_STATUS).read_volatile();
            register(place + INTERRUPT_ACKNOWLEDGE).write_volatile(status);
            register(PLIC_CLAIM).write_volatile(interrupt);
        }
    }
    RECEIVER.wake();
}

fn register(address: usize) -> *mut u32 {
    address as *mut u32
}

/// A frame that has arrived.
pub(crate) struct Received<'a> {
    card: &'a Card,
    token: u16,
}

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, take: F) -> R {
        let Self { card, token } = self;
        for place in &card.receiving {
            let Some((number, frame)) = place.take() else { continue };
            if number != token {
                place.set(Some((number, frame)));
                continue;
            }
            // SAFETY: this is the frame that was given to the card under this number.
            let length = unsafe { card.device.borrow_mut().receive_complete(token, frame) };
            let length = length.map_or(0, |(_, length)| length);
            let result = take(&mut frame[HEADER..][..length]);
            // SAFETY: as in `new`.
            let number = unsafe { card.device.borrow_mut().receive_begin(frame) };
            place.set(number.ok().map(|number| (number, frame)));
            return result;
        }
        unreachable!("the card fills only what it was given")
    }
}

/// Room for a frame to send.
pub(crate) struct Sending<'a> {
    card: &'a Card,
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = self.card.sending.borrow_mut();
        let result = fill(&mut frame[HEADER..][..length]);
        let mut device = self.card.device.borrow_mut();
        let _ = device.fill_buffer_header(&mut frame[..]);
        let bytes = &frame[..HEADER + length];
        // SAFETY: the bytes do not change until the card has sent them: this call waits for it.
        unsafe {
            if let Ok(token) = device.transmit_begin(bytes) {
                while device.poll_transmit().is_none() {}
                let _ = device.transmit_complete(token, bytes);
            }
        }
        result
    }
}

#[repr(C, align(4096))]
struct Pages([u8; PAGES * PAGE_SIZE]);

/// How the card reaches RAM: addresses are not translated.
struct Memory;

// SAFETY: the pages given out are static, aligned, zeroed and given out once; there is no
// translation between the addresses of the processor and those of the card.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        static POOL: ConstStaticCell<Pages> = ConstStaticCell::new(Pages([0; PAGES * PAGE_SIZE]));
        static START: AtomicUsize = AtomicUsize::new(0);
        static TAKEN: AtomicUsize = AtomicUsize::new(0);

        if let Some(pool) = POOL.try_take() {
            START.store(pool.0.as_mut_ptr().addr(), Ordering::Relaxed);
        }
        let taken = TAKEN.fetch_add(pages, Ordering::Relaxed);
        assert!(taken + pages <= PAGES, "the card wants more than {PAGES} pages");
        let address = START.load(Ordering::Relaxed) + taken * PAGE_SIZE;
        (address as PhysAddr, NonNull::new(address as *mut u8).expect("RAM does not begin at 0"))
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(address as usize as *mut u8).expect("no device is at 0")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.as_ptr().cast::<u8>().addr() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
