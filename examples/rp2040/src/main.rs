//! A Raspberry Pi Pico W or Pico 2 W, or a board with an RP2040 and a W5500, that asks a question when its
//! button is pressed, or shows the runs of a task group: as lines of the log, and the lamp on the board says
//! how it is going.
//!
//! ```text
//! pico_w or w5500: network, lamp, button ─► board ─► log, lamp, state in the flash
//! entropy (RP2040) or trng (RP2350) ─┘
//! ```
#![no_std]
#![no_main]

#[cfg_attr(feature = "rp2350", path = "trng.rs")]
mod entropy;
#[cfg_attr(feature = "radio", path = "pico_w.rs")]
#[cfg_attr(not(feature = "radio"), path = "w5500.rs")]
mod hardware;
#[cfg(feature = "radio")]
mod packets;

use core::ops::Range;

use board::network::Linked;
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_net::{Runner, StackResources};
use embassy_rp::{
    flash::{Async, Flash},
    gpio::Input,
    peripherals::FLASH,
};
use panic_probe as _;
use portable_atomic as _;
use rand_core::RngCore;
use static_cell::StaticCell;

#[cfg(not(any(feature = "pico-w", feature = "pico-2-w", feature = "w5500")))]
compile_error!("the feature pico-w, pico-2-w or w5500 says which board it is");
#[cfg(any(
    all(feature = "pico-w", feature = "w5500"),
    all(feature = "pico-w", feature = "pico-2-w"),
    all(feature = "pico-2-w", feature = "w5500")
))]
compile_error!("these are different boards, and one is the default: --no-default-features --features w5500");

/// As `rp2040.x` and `rp2350.x` have it.
const FLASH_SIZE: usize = if cfg!(feature = "rp2350") { 4096 * 1024 } else { 2048 * 1024 };
/// Where it is kept how far the program is.
const KEPT: Range<u32> = FLASH_SIZE as u32 - 16 * 1024..FLASH_SIZE as u32;

type BoardFlash = Flash<'static, FLASH, Async, FLASH_SIZE>;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static RESOURCES: StaticCell<StackResources<{ board::SOCKETS }>> = StaticCell::new();

    let (device, button, flash, mut random) =
        hardware::start(spawner, embassy_rp::init(Default::default())).await;
    spawner.spawn(watch(button).expect("it is spawned once"));
    let configuration = embassy_net::Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(Linked::new(device), configuration, resources, random.next_u64());
    spawner.spawn(network(runner).expect("it is spawned once"));
    board::run(stack, random, flash, KEPT).await
}

#[embassy_executor::task]
async fn watch(button: Input<'static>) -> ! {
    board::button::watch(button).await
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Linked<hardware::Device>>) -> ! {
    runner.run().await
}
