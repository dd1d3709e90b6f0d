//! The button, and the clock that presses it, too: a board's own part watches the pin, and the program waits.

use core::future::pending;

use defmt::info;
use embassy_futures::select::{Either, select};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, signal::Signal};
use embassy_time::Timer;
use embedded_hal_async::digital::Wait;

static PRESSED: Signal<CriticalSectionRawMutex, ()> = Signal::new();

/// After how many minutes it counts as pressed, as the build has set it; 0: never.
pub(crate) const MINUTES: u64 = include!(concat!(env!("OUT_DIR"), "/minutes.rs"));

/// How long the contacts of a button may bounce, in milliseconds.
const BOUNCE: u64 = 30;

/// Watches a button that pulls its pin to ground, forever.
pub async fn watch(mut pin: impl Wait) -> ! {
    loop {
        if pin.wait_for_low().await.is_ok() {
            PRESSED.signal(());
        }
        Timer::after_millis(BOUNCE).await;
        // If the pin cannot be watched it is looked at again.
        _ = pin.wait_for_high().await;
        Timer::after_millis(BOUNCE).await;
    }
}

/// Waits until the button is pressed, or until it is time. When it was pressed before, that does not count.
pub(crate) async fn wait() {
    let time = async {
        match MINUTES {
            0 => pending().await,
            minutes => Timer::after_secs(minutes.saturating_mul(60)).await,
        }
    };
    PRESSED.reset();
    match select(PRESSED.wait(), time).await {
        Either::First(()) => info!("the button was pressed"),
        Either::Second(()) => info!("{} min are over", MINUTES),
    }
}
