//! The button: a board's own part watches its pin, and the questions wait for it.

use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, signal::Signal};
use embassy_time::Timer;
use embedded_hal_async::digital::Wait;

static PRESSED: Signal<CriticalSectionRawMutex, ()> = Signal::new();

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

/// Waits until the button is pressed, unless it was since [`forget`].
pub(crate) async fn pressed() {
    PRESSED.wait().await;
}

/// When the button was pressed before, that does not count.
pub(crate) fn forget() {
    PRESSED.reset();
}
