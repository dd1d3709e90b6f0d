//! A Raspberry Pi Pico W, or a board with an RP2040 and a W5500, that shows the runs of a task group: each by a
//! line of the log, and how it is going by the lamp on the board.
//!
//! ```text
//! pico_w or w5500: network, lamp ─► board ─► log, lamp, cursor in the flash
//! ```
#![no_std]
#![no_main]

#[cfg_attr(feature = "pico-w", path = "pico_w.rs")]
#[cfg_attr(not(feature = "pico-w"), path = "w5500.rs")]
mod hardware;

use core::ops::Range;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_net::{Runner, StackResources};
use embassy_rp::{
    clocks::RoscRng,
    flash::{Async, Flash},
    peripherals::FLASH,
};
use panic_probe as _;
use portable_atomic as _;
use static_cell::StaticCell;

#[cfg(not(any(feature = "pico-w", feature = "w5500")))]
compile_error!("the feature pico-w or w5500 says which board it is");
#[cfg(all(feature = "pico-w", feature = "w5500"))]
compile_error!("pico-w and w5500 are different boards: --no-default-features --features w5500");

/// As `memory.x` has it.
const FLASH_SIZE: usize = 2048 * 1024;
const CURSOR: Range<u32> = (2048 - 16) * 1024..2048 * 1024;

/// DHCP, DNS, and the socket of the stream.
const SOCKETS: usize = 3;

type BoardFlash = Flash<'static, FLASH, Async, FLASH_SIZE>;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    let (device, lamp, flash) = hardware::start(spawner, embassy_rp::init(Default::default())).await;
    let configuration = embassy_net::Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(device, configuration, resources, RoscRng.next_u64());
    spawner.spawn(network(runner).expect("it is spawned once"));
    spawner.spawn(hardware::attend(lamp, stack).expect("it is spawned once"));
    board::runs::show(stack, flash, CURSOR, RoscRng.next_u64()).await
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, hardware::Device>) -> ! {
    runner.run().await
}
