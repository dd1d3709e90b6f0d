//! Firmware that streams a task group by Mbed TLS, on QEMU's machine `virt`: what
//! `taskgroup sandbox --tls` has printed in, one line per event on the host's stdout.
//!
//! Connector and stream are those that taskgroup-embassy's documentation shows; here is what it needs
//! around it: a heap, C's functions, random numbers. It can also count what a byte costs over Mbed TLS, over
//! taskgroup-tls and in the clear.
#![no_std]
#![no_main]

#[allow(dead_code, reason = "another image tells how much RAM it takes")]
#[path = "../../qemu-riscv/src/card.rs"]
mod card;
#[path = "../../qemu-riscv/src/clock.rs"]
mod clock;
mod comparison;
mod executor;
mod libc;
#[path = "../../../adapters/embassy/src/another_tls/mbedtls.rs"]
mod mbedtls;
mod settings;
#[path = "../../../adapters/embassy/src/another_tls/stream.rs"]
mod stream;

use core::{convert::Infallible, net::Ipv4Addr, panic::PanicInfo};

use embassy_executor::Spawner;
use embassy_net::{Runner, Stack, StackResources};
use log::{LevelFilter, Log, Metadata, Record};
use rand_core::{Rng as _, TryCryptoRng, TryRng};
use riscv::register::{mcause, mepc};
use riscv_rt::TrapFrame;
use semihosting::{eprintln, experimental::random, println, process};
use static_cell::StaticCell;
use taskgroup::{
    api, record,
    session::{Config, Event, Outcome},
    text::Text,
};
use taskgroup_embassy::Tcp;

use crate::{card::Card, settings::Settings, stream::stream};

/// The address of the host's loopback in QEMU's network.
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
/// DHCP, DNS, and the socket of the stream.
const SOCKETS: usize = 3;

record! {
    /// The members of an event that are shown.
    struct Seen {
        event_id: Text<128> = "/event_id",
    }
}

#[riscv_rt::entry]
fn main() -> ! {
    executor::run(start)
}

fn start(spawner: Spawner) {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    libc::start();
    clock::start();
    // SAFETY: nothing else runs yet.
    unsafe {
        if log::set_logger_racy(&Console).is_ok() {
            log::set_max_level_racy(LevelFilter::Warn);
        }
    }
    let card = Card::new().expect("the machine has a network card");
    // SAFETY: no critical section is open.
    unsafe { riscv::interrupt::enable() };
    let resources = RESOURCES.init(StackResources::new());
    let configuration = embassy_net::Config::dhcpv4(Default::default());
    let (network, runner) = embassy_net::new(card, configuration, resources, seed());
    spawner.spawn(run(runner).expect("it is spawned once"));
    spawner.spawn(application(network).expect("it is spawned once"));
}

#[embassy_executor::task]
async fn run(mut runner: Runner<'static, Card>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn application(network: Stack<'static>) -> ! {
    network.wait_config_up().await;
    let settings = Settings::read();
    let outcome = match &settings.others {
        Some(others) => comparison::compare(network, &settings, others).await,
        None => show(network, &settings).await,
    };
    eprintln!("{outcome}");
    process::exit(if outcome == Outcome::Done { 0 } else { 1 })
}

async fn show(network: Stack<'_>, settings: &Settings) -> Outcome {
    let (mut receive, mut send) = ([0; 4096], [0; 512]);
    let tcp = Tcp::new(network, &mut receive, &mut send).with_address(HOST.into());
    let config = Config::new(settings.key).with_seed(seed());
    let config = config.with_base_url(settings.base_url).expect("it is a URL");
    let request = api::runs(settings.taskgroup_id).include_output(true);
    let print = |event: Event<'_, Seen>| match event {
        Event::Opened { resumed } => eprintln!("connected, resumed: {resumed}"),
        Event::Record(event) => println!("{}", event.event_id),
        Event::Skipped(why) => eprintln!("{why}"),
    };
    stream(tcp, settings.authorities, host(), config, request, Seen::default(), print).await
}

/// Random numbers from the host; a board has its own generator.
struct Host;

impl TryCryptoRng for Host {}

impl TryRng for Host {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        random::fill_bytes(bytes).expect("the host has random numbers");
        Ok(())
    }
}

fn host() -> &'static mut Host {
    static HOST: StaticCell<Host> = StaticCell::new();
    HOST.init(Host)
}

fn seed() -> u64 {
    Host.next_u64()
}

struct Console;

impl Log for Console {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        eprintln!("{}", record.args());
    }

    fn flush(&self) {}
}

/// Ends the image on an exception of the processor, which would hang otherwise.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn refused(_: &TrapFrame) -> ! {
    panic!("exception {} at {:#x}", mcause::read().code(), mepc::read())
}

#[panic_handler]
fn panic(why: &PanicInfo<'_>) -> ! {
    eprintln!("{why}");
    process::exit(101)
}
