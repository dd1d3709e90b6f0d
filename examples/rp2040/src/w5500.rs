//! A W5500 on an RP2040, wired as on WIZnet's W5500-EVB-Pico: Ethernet, and the lamp.

use board::lamp;
use defmt::unwrap;
use embassy_executor::Spawner;
use embassy_net_wiznet::{Runner, State, chip::W5500};
use embassy_rp::{
    Peripherals, bind_interrupts, dma,
    flash::Flash,
    gpio::{Input, Level, Output, Pull},
    peripherals::{DMA_CH0, DMA_CH1, DMA_CH2, SPI0},
    spi::{self, Spi},
};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use static_cell::StaticCell;

use crate::{
    BoardFlash,
    entropy::{self, Entropy},
};

/// The number of packets in memory, in each direction.
const PACKETS: usize = 4;

/// The clock of the bus: the most that the wires on the board carry without errors.
const HERTZ: u32 = 40_000_000;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>, dma::InterruptHandler<DMA_CH2>;
});

pub(crate) type Device = embassy_net_wiznet::Device<'static>;
type Bus = ExclusiveDevice<Spi<'static, SPI0, spi::Async>, Output<'static>, Delay>;

/// Starts the Ethernet chip.
pub(crate) async fn start(
    spawner: Spawner,
    board: Peripherals,
) -> (Device, Input<'static>, BoardFlash, Entropy) {
    static STATE: StaticCell<State<PACKETS, PACKETS>> = StaticCell::new();

    let mut flash = Flash::new(board.FLASH, board.DMA_CH2, Interrupts);
    let mut config = spi::Config::default();
    config.frequency = HERTZ;
    let (clock, out, into) = (board.PIN_18, board.PIN_19, board.PIN_16);
    let bus = Spi::new(board.SPI0, clock, out, into, board.DMA_CH0, board.DMA_CH1, Interrupts, config);
    let chip = unwrap!(ExclusiveDevice::new(bus, Output::new(board.PIN_17, Level::High), Delay));
    let interrupt = Input::new(board.PIN_21, Pull::Up);
    let reset = Output::new(board.PIN_20, Level::High);
    let state = STATE.init(State::new());
    let started = embassy_net_wiznet::new(mac_address(&mut flash), state, chip, interrupt, reset).await;
    let (device, runner) = started.unwrap_or_else(|_| defmt::panic!("no W5500 answers"));
    spawner.spawn(ethernet(runner).expect("it is spawned once"));
    spawner.spawn(shine(Output::new(board.PIN_25, Level::Low)).expect("it is spawned once"));
    (device, Input::new(board.PIN_14, Pull::Up), flash, entropy::start())
}

#[embassy_executor::task]
async fn ethernet(runner: Runner<'static, W5500, Bus, Input<'static>, Output<'static>>) -> ! {
    runner.run().await
}

/// Switches the lamp.
#[embassy_executor::task]
async fn shine(mut lamp: Output<'static>) -> ! {
    lamp::show(async |is_on| lamp.set_level(is_on.into())).await
}

/// The chip has no MAC address of its own: this is a locally administered one, from the number of the flash
/// chip.
fn mac_address(flash: &mut BoardFlash) -> [u8; 6] {
    let mut number = [0; 8];
    unwrap!(flash.blocking_unique_id(&mut number));
    let [.., a, b, c, d, e] = number;
    [0x02, a, b, c, d, e]
}
