//! The state of the board, as a person sees it from across the room.

use embassy_futures::select::{Either, select};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, watch::Watch};
use embassy_time::Timer;

/// What the board is doing, and how the lamp shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, defmt::Format)]
pub enum Light {
    /// It has no network, or no address: blinks five times a second.
    Joining,
    /// It waits for the button: a short flash every three seconds.
    Ready,
    /// It asks the server, or waits before it asks again: a short flash each second.
    Asking,
    /// The server is at work, and what it is to give is to come: on, and off for a moment each second.
    Coming,
    /// All of it is in the log: on.
    Shown,
    /// It ended in another way, which the log names: three flashes and a pause.
    Failed,
}

static STATE: Watch<CriticalSectionRawMutex, Light, 1> = Watch::new_with(Light::Joining);

/// Shows this state from now on.
pub fn set(state: Light) {
    STATE.sender().send(state);
}

/// Switches the lamp, forever. You may drop it and call it again.
pub async fn show(mut switch: impl AsyncFnMut(bool)) -> ! {
    let mut states = defmt::unwrap!(STATE.receiver());
    let mut state = states.get().await;
    loop {
        for (is_on, millis) in pattern(state) {
            switch(*is_on).await;
            let other = states.changed_and(|next| *next != state);
            if let Either::Second(next) = select(Timer::after_millis(*millis), other).await {
                state = next;
                break;
            }
        }
    }
}

/// On or off, and for how many milliseconds.
fn pattern(state: Light) -> &'static [(bool, u64)] {
    match state {
        Light::Joining => &[(true, 100), (false, 100)],
        Light::Ready => &[(true, 100), (false, 2900)],
        Light::Asking => &[(true, 100), (false, 900)],
        Light::Coming => &[(true, 900), (false, 100)],
        Light::Shown => &[(true, 1000)],
        Light::Failed => &[(true, 100), (false, 200), (true, 100), (false, 200), (true, 100), (false, 1300)],
    }
}
