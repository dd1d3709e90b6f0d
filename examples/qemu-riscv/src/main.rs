//! Firmware that asks questions and prints their answers, prints the runs of a task group, or makes any other
//! call of the API: on the instruction set of an ESP32-C3, with a TCP/IP stack and no heap.
//!
//! It runs on QEMU's machine `virt`. The script `run` starts it like the desktop program:
//!
//! ```text
//! host's command line ─► arguments ─► client ─► ask, runs or call ─► line ─► host's stdout
//!                                      ▲│
//!       taskgroup, taskgroup-embassy, taskgroup-tls, embassy-net
//!                                      ▲▼
//!                          clock     card: virtio-net, QEMU's network, any server
//! ```
#![no_std]
#![no_main]

mod arguments;
mod ask;
mod call;
mod card;
mod client;
mod clock;
mod connector;
mod console;
mod line;
mod pem;
mod runs;

use core::{panic::PanicInfo, pin::pin};

use embassy_executor::Spawner;
use embassy_net::{Runner, Stack, StackResources};
use riscv::register::{mcause, mepc};
use riscv_rt::TrapFrame;
use semihosting::{experimental::random, process};
use static_cell::StaticCell;

use crate::{
    arguments::{Arguments, Usage},
    card::Card,
    console::say,
};

/// DHCP, DNS, and the socket of the stream.
const SOCKETS: usize = 3;

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    static ARGUMENTS: StaticCell<Arguments> = StaticCell::new();

    let arguments = match Arguments::read() {
        Ok(arguments) => ARGUMENTS.init(arguments),
        Err(Usage(what, why)) => {
            say!("{what} {why}");
            process::exit(client::USAGE)
        }
    };
    console::start(arguments.key, arguments.verbose);
    clock::start();
    let Some(card) = Card::new() else {
        say!("the machine has no network card");
        process::exit(client::FAILED)
    };
    if arguments.verbose {
        say!("RAM of the network: {} bytes", card::RAM + size_of::<StackResources<SOCKETS>>());
    }
    // SAFETY: no critical section is open.
    unsafe { riscv::interrupt::enable() };
    let configuration = embassy_net::Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(card, configuration, resources, seed());
    spawner.spawn(network(runner).expect("it is spawned once"));
    spawner.spawn(application(stack, arguments).expect("it is spawned once"));
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Card>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn application(stack: Stack<'static>, arguments: &'static Arguments) -> ! {
    stack.wait_config_up().await;
    let run = pin!(client::run(stack, arguments, seed()));
    if arguments.verbose {
        say!("RAM of taskgroup, with the socket's buffers and the line: {} bytes", size_of_val(&*run));
    }
    process::exit(run.await)
}

/// Random bits from the host, so that no two machines pick the same ports and waits.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    match random::fill_bytes(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => embassy_time::Instant::now().as_ticks(),
    }
}

/// Ends the image on an exception of the processor, which would hang otherwise.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn refused(_: &TrapFrame) -> ! {
    panic!("exception {} at {:#x}", mcause::read().code(), mepc::read())
}

#[panic_handler]
fn panic(why: &PanicInfo<'_>) -> ! {
    const PANICKED: i32 = 101;
    say!("panicked: {why}");
    process::exit(PANICKED)
}
