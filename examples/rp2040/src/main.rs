//! A Raspberry Pi Pico W, or a board with an RP2040 and a W5500, that shows the runs of a task group: each as
//! a line of the log, and its state with the lamp on the board.
//!
//! ```text
//! pico_w or w5500: network, lamp ─► board ─► log, lamp, cursor in the flash
//! ring oscillator ─► entropy ───────┘
//! ```
#![no_std]
#![no_main]

mod entropy;
#[cfg_attr(feature = "pico-w", path = "pico_w.rs")]
#[cfg_attr(not(feature = "pico-w"), path = "w5500.rs")]
mod hardware;
#[cfg(feature = "pico-w")]
mod packets;

use core::ops::Range;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_net::{Runner, StackResources};
use embassy_rp::{
    flash::{Async, Flash},
    peripherals::FLASH,
};
use panic_probe as _;
use portable_atomic as _;
use rand_core::RngCore;
use static_cell::StaticCell;

use crate::entropy::Entropy;

#[cfg(not(any(feature = "pico-w", feature = "w5500")))]
compile_error!("the feature pico-w or w5500 says which board it is");
#[cfg(all(feature = "pico-w", feature = "w5500"))]
compile_error!("pico-w and w5500 are different boards: --no-default-features --features w5500");

/// As in `memory.x`.
const FLASH_SIZE: usize = 2048 * 1024;
const CURSOR: Range<u32> = (2048 - 16) * 1024..2048 * 1024;

type BoardFlash = Flash<'static, FLASH, Async, FLASH_SIZE>;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static RESOURCES: StaticCell<StackResources<{ board::runs::SOCKETS }>> = StaticCell::new();

    let (device, flash) = hardware::start(spawner, embassy_rp::init(Default::default())).await;
    let mut entropy = Entropy::new();
    let configuration = embassy_net::Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(device, configuration, resources, entropy.next_u64());
    spawner.spawn(network(runner).expect("it is spawned once"));
    board::runs::show(stack, entropy, flash, CURSOR).await
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, hardware::Device>) -> ! {
    runner.run().await
}
