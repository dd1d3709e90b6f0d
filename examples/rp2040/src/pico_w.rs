//! The Pico W and the Pico 2 W: the radio joins the Wi-Fi, and switches the lamp, which hangs on it.
//!
//! Everything about the radio runs on an executor of its own, which interrupts the computation of a
//! handshake.

use board::lamp;
use cyw43::{A4, Aligned, Control, JoinOptions, State};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use defmt::{info, warn};
use embassy_executor::{InterruptExecutor, Spawner};
use embassy_futures::{join::join3, select::select};
use embassy_rp::{
    Peripherals, bind_interrupts, dma,
    flash::Flash,
    gpio::{Input, Level, Output, Pull},
    interrupt,
    interrupt::{InterruptExt, Priority},
    peripherals::{DMA_CH0, DMA_CH1, PIO0},
    pio::{self, Pio},
};
use embassy_time::{Duration, with_timeout};
use static_cell::StaticCell;

pub(crate) use crate::packets::Device;
use crate::{
    BoardFlash,
    entropy::{self, Entropy},
    packets::{self, Radio, Watching},
};

const SSID: &str = env!("WIFI_SSID");
const PASSWORD: &str = env!("WIFI_PASSWORD");

/// The firmware of the radio's own processor, the rules of the countries, and how the radio is wired. Static,
/// so that they stay in flash.
static FIRMWARE: &Aligned<A4, [u8]> =
    &Aligned(*include_bytes!(concat!(env!("CYW43_FIRMWARE"), "/43439A0.bin")));
static COUNTRIES: &[u8] = include_bytes!(concat!(env!("CYW43_FIRMWARE"), "/43439A0_clm.bin"));
static WIRING: &Aligned<A4, [u8]> =
    &Aligned(*include_bytes!(concat!(env!("CYW43_FIRMWARE"), "/nvram_rp2040.bin")));

/// The pin of the radio that the lamp is connected to.
const LAMP: u8 = 0;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
});

static ABOVE: InterruptExecutor = InterruptExecutor::new();

#[interrupt]
#[allow(unsafe_code, reason = "an interrupt's handler is")]
unsafe fn SWI_IRQ_1() {
    // SAFETY: this is the handler, and the interrupt is enabled only when the executor starts.
    unsafe { ABOVE.on_interrupt() }
}

/// Starts the radio.
pub(crate) async fn start(_: Spawner, board: Peripherals) -> (Device, Input<'static>, BoardFlash, Entropy) {
    let power = Output::new(board.PIN_23, Level::Low);
    let select = Output::new(board.PIN_25, Level::High);
    let mut pio = Pio::new(board.PIO0, Interrupts);
    let spi = PioSpi::new(
        &mut pio.common,
        pio.sm0,
        DEFAULT_CLOCK_DIVIDER,
        pio.irq0,
        select,
        board.PIN_24,
        board.PIN_29,
        dma::Channel::new(board.DMA_CH0, Interrupts),
    );
    let (radio, device) = packets::split();
    interrupt::SWI_IRQ_1.set_priority(Priority::P3);
    let above = ABOVE.start(interrupt::SWI_IRQ_1);
    above.spawn(attend(power, spi, radio, packets::watching()).expect("it is spawned once"));
    #[cfg(feature = "rp2040")]
    let entropy = entropy::start();
    #[cfg(feature = "rp2350")]
    let entropy = entropy::start(board.TRNG);
    let button = Input::new(board.PIN_14, Pull::Up);
    (device, button, Flash::new(board.FLASH, board.DMA_CH1, Interrupts), entropy)
}

/// Runs the radio.
#[embassy_executor::task]
async fn attend(power: Output<'static>, spi: PioSpi<'static, PIO0, 0>, radio: Radio, link: Watching) -> ! {
    static STATE: StaticCell<State> = StaticCell::new();
    let (driver, mut control, runner) =
        cyw43::new(STATE.init(State::new()), power, spi, FIRMWARE, WIRING).await;
    let joined = async {
        control.init(COUNTRIES).await;
        join(control, link).await
    };
    join3(runner.run(), radio.run(driver), joined).await.0
}

/// Joins the Wi-Fi whenever it is lost, with one blink for each attempt; while it is there, switches the
/// lamp.
async fn join(mut control: Control<'static>, mut link: Watching) -> ! {
    loop {
        control.gpio_set(LAMP, true).await;
        let options = match PASSWORD {
            "" => JoinOptions::new_open(),
            password => JoinOptions::new(password.as_bytes()),
        };
        match control.join(SSID, options).await {
            Ok(()) => info!("joined {}", SSID),
            Err(why) => warn!("{}: {}", SSID, why),
        }
        control.gpio_set(LAMP, false).await;
        if with_timeout(Duration::from_secs(1), link.get_and(|link| link.is_up)).await.is_ok() {
            let shown = lamp::show(async |is_on| control.gpio_set(LAMP, is_on).await);
            select(shown, link.get_and(|link| !link.is_up)).await;
            warn!("lost {}", SSID);
        }
    }
}
