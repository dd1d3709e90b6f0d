//! An ESP32-C3 or an ESP32-C6 that asks a question when its button is pressed, or shows the runs of a task
//! group: as lines of the log, and a lamp says how it is going.
//!
//! ```text
//! Wi-Fi, its noise, lamp, button ─► board ─► log, lamp, state in the flash
//! ```
#![no_std]
#![no_main]

use core::ops::Range;

use board::{lamp, network::Linked};
use defmt::{info, unwrap, warn};
use embassy_embedded_hal::adapter::BlockingAsync;
use embassy_executor::Spawner;
use embassy_net::{Runner, StackResources};
use embassy_time::Timer;
use esp_backtrace as _;
use esp_hal::{
    clock::CpuClock,
    gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull},
    ram,
    rng::Trng,
    timer::timg::TimerGroup,
};
use esp_println as _;
use esp_radio::wifi::{
    AuthenticationMethodConfig, Config, ControllerConfig, Interface, WifiController, sta::StationConfig,
};
use esp_storage::FlashStorage;
use rand_core::RngCore;
use static_cell::StaticCell;

const SSID: &str = env!("WIFI_SSID");
const PASSWORD: &str = env!("WIFI_PASSWORD");

/// The partition `nvs` of espflash's own partition table. The radio is configured to store nothing there.
const KEPT: Range<u32> = 0x9000..0xF000;

esp_bootloader_esp_idf::esp_app_desc!();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    static RESOURCES: StaticCell<StackResources<{ board::SOCKETS }>> = StaticCell::new();

    let board = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // The heap is for the radio only, and as large as esp-radio's documentation demands.
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 36 * 1024);
    esp_rtos::start(TimerGroup::new(board.TIMG0).timer0, board.FROM_CPU_INTR0);

    // The radio's tasks are threads that interrupt this one, whatever it computes.
    let radio = unwrap!(WifiController::new(board.WIFI, ControllerConfig::default()));
    // It needs the noise that the radio receives, so it comes after the radio.
    let mut random = unwrap!(Trng::try_new());
    let configuration = embassy_net::Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) =
        embassy_net::new(Linked::new(Interface::station()), configuration, resources, random.next_u64());
    spawner.spawn(network(runner).expect("it is spawned once"));
    spawner.spawn(join(radio).expect("it is spawned once"));
    #[cfg(feature = "esp32c3")]
    let lamp = Output::new(board.GPIO8, Level::High, OutputConfig::default());
    #[cfg(feature = "esp32c6")]
    let lamp = Output::new(board.GPIO15, Level::High, OutputConfig::default());
    spawner.spawn(shine(lamp).expect("it is spawned once"));
    // The button BOOT of Espressif's boards.
    let button = Input::new(board.GPIO9, InputConfig::default().with_pull(Pull::Up));
    spawner.spawn(watch(button).expect("it is spawned once"));
    let flash = BlockingAsync::new(FlashStorage::new(board.FLASH));
    board::run(stack, random, flash, KEPT).await
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Linked<Interface>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn watch(button: Input<'static>) -> ! {
    board::button::watch(button).await
}

/// Joins the Wi-Fi whenever it is lost.
#[embassy_executor::task]
async fn join(mut radio: WifiController<'static>) -> ! {
    let station = StationConfig::default().with_ssid(unwrap!(SSID.try_into()));
    let station = match PASSWORD {
        "" => station.with_authentication(AuthenticationMethodConfig::Open),
        password => station
            .with_authentication(AuthenticationMethodConfig::Wpa2Personal(unwrap!(password.try_into()))),
    };
    unwrap!(radio.set_config(&Config::Station(station)));
    loop {
        match radio.connect_async().await {
            Ok(_) => {
                info!("joined {}", SSID);
                let why = radio.wait_for_disconnect_async().await;
                warn!("lost {}: {}", SSID, why);
            }
            Err(why) => warn!("{}: {}", SSID, why),
        }
        Timer::after_secs(1).await;
    }
}

/// Switches the lamp, which is lit when its pin is low.
#[embassy_executor::task]
async fn shine(mut pin: Output<'static>) -> ! {
    lamp::show(async |is_on| pin.set_level((!is_on).into())).await
}
