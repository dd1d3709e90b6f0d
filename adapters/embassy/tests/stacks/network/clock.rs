//! Tasks in, the result of the first of them out, in no time: the clock jumps to the next alarm when all of
//! them wait.
//!
//! Each thread has a clock of its own, so tests do not see each other, and the same test sees the same
//! times on every machine. What is read from a real socket meanwhile takes no time at all.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
};

/// The tick by which every test should have ended: a day.
const TOO_LATE: u64 = 24 * 3600 * embassy_time_driver::TICK_HZ;

/// Rounds in a row, without a tick in between, after which a test counts as going in circles.
const TOO_OFTEN: u32 = 10_000;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
    static ALARMS: RefCell<BTreeMap<u64, Vec<Waker>>> = const { RefCell::new(BTreeMap::new()) };
}

struct Driver;

embassy_time_driver::time_driver_impl!(static DRIVER: Driver = Driver);

impl embassy_time_driver::Driver for Driver {
    fn now(&self) -> u64 {
        NOW.get()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        if at <= NOW.get() {
            return waker.wake_by_ref();
        }
        ALARMS.with_borrow_mut(|alarms| {
            let alarm = alarms.entry(at).or_default();
            if !alarm.iter().any(|known| known.will_wake(waker)) {
                alarm.push(waker.clone());
            }
        });
    }
}

/// Back to zero, so that what was run before on this thread changes nothing.
pub(crate) fn restart() {
    NOW.set(0);
    ALARMS.with_borrow_mut(BTreeMap::clear);
}

/// A task that is polled only when it was woken: a stack of embassy-net wakes itself whenever one of its
/// sockets is looked at.
pub(crate) type Task<'t> = Pin<Box<dyn Future<Output = ()> + 't>>;

/// Runs the program to its end, and the others beside it.
///
/// # Panics
///
/// If all wait and nothing will ever wake them, or they go in circles.
pub(crate) fn block_on<T, const N: usize>(program: impl Future<Output = T>, others: [Task<'_>; N]) -> T {
    let value = Cell::new(None);
    let program: Task<'_> = Box::pin(async { value.set(Some(program.await)) });
    let tasks = [program].into_iter().chain(others);
    let mut tasks: Vec<_> = tasks.map(|task| (task, Arc::new(Woken(AtomicBool::new(true))))).collect();
    let mut rounds = 0;
    loop {
        let mut idle = true;
        for (task, woken) in &mut tasks {
            if woken.0.swap(false, Ordering::Relaxed) {
                idle = false;
                let _ = task.as_mut().poll(&mut Context::from_waker(&Waker::from(woken.clone())));
            }
            if let Some(value) = value.take() {
                return value;
            }
        }
        rounds += 1;
        assert!(rounds < TOO_OFTEN, "busy for ever at tick {}", NOW.get());
        if idle {
            jump();
            rounds = 0;
        }
    }
}

/// On to the next moment that somebody waits for.
fn jump() {
    let next = ALARMS.with_borrow_mut(BTreeMap::pop_first);
    let (at, wakers) = next.filter(|(at, _)| *at < TOO_LATE).expect("nobody has anything left to wait for");
    NOW.set(at);
    wakers.into_iter().for_each(Waker::wake);
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
