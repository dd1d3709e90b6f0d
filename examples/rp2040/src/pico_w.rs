//! The Pico W: its radio joins the Wi-Fi, and switches the lamp, which hangs on it.

use board::lamp;
use cyw43::{A4, Aligned, Control, JoinOptions, NetDriver, Runner, SpiBus, State};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use defmt::{info, warn};
use embassy_executor::Spawner;
use embassy_futures::select::select;
use embassy_net::Stack;
use embassy_rp::{
    Peripherals, bind_interrupts, dma,
    flash::Flash,
    gpio::{Level, Output},
    peripherals::{DMA_CH0, DMA_CH1, PIO0},
    pio::{self, Pio},
};
use embassy_time::{Duration, with_timeout};
use static_cell::StaticCell;

use crate::BoardFlash;

const SSID: &str = env!("WIFI_SSID");
const PASSWORD: &str = env!("WIFI_PASSWORD");

/// What the radio's own processor runs, which countries allow what, and how the radio is wired. Static, so that they
/// stay in the flash.
static FIRMWARE: &Aligned<A4, [u8]> =
    &Aligned(*include_bytes!(concat!(env!("CYW43_FIRMWARE"), "/43439A0.bin")));
static COUNTRIES: &[u8] = include_bytes!(concat!(env!("CYW43_FIRMWARE"), "/43439A0_clm.bin"));
static WIRING: &Aligned<A4, [u8]> =
    &Aligned(*include_bytes!(concat!(env!("CYW43_FIRMWARE"), "/nvram_rp2040.bin")));

/// The pin of the radio that the lamp hangs on.
const LAMP: u8 = 0;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
});

pub(crate) type Device = NetDriver<'static>;
type Radio = SpiBus<Output<'static>, PioSpi<'static, PIO0, 0>>;

/// Starts the radio.
pub(crate) async fn start(spawner: Spawner, board: Peripherals) -> (Device, Control<'static>, BoardFlash) {
    static STATE: StaticCell<State> = StaticCell::new();
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
    let (device, mut control, runner) =
        cyw43::new(STATE.init(State::new()), power, spi, FIRMWARE, WIRING).await;
    spawner.spawn(radio(runner).expect("it is spawned once"));
    control.init(COUNTRIES).await;
    (device, control, Flash::new(board.FLASH, board.DMA_CH1, Interrupts))
}

#[embassy_executor::task]
async fn radio(runner: Runner<'static, Radio>) -> ! {
    runner.run().await
}

/// Joins the Wi-Fi whenever it is lost, by one blink for each attempt; switches the lamp while it is there.
#[embassy_executor::task]
pub(crate) async fn attend(mut control: Control<'static>, network: Stack<'static>) -> ! {
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
        if with_timeout(Duration::from_secs(1), network.wait_link_up()).await.is_ok() {
            let shown = lamp::show(async |is_on| control.gpio_set(LAMP, is_on).await);
            select(shown, network.wait_link_down()).await;
            warn!("lost {}", SSID);
        }
    }
}
