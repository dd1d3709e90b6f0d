//! One program on one input, as the host says: instructions for each byte of the event stream, the most
//! stack, and what was kept.
//!
//! Prints lines of `kind|what|number` for the host. Without a number of a program, it prints what there is.
#![no_std]
#![no_main]

mod digest;
#[cfg_attr(target_arch = "arm", path = "../../../budgets/measured/src/arm.rs")]
#[cfg_attr(target_arch = "riscv32", path = "../../../budgets/measured/src/riscv.rs")]
mod platform;
#[path = "../../../budgets/measured/src/stack.rs"]
mod stack;
mod work;

use core::hint::black_box;

use glue::heap;
use semihosting::{print, println};

use crate::{
    digest::{Digest, Hash},
    work::{INPUTS, PROGRAMS, Task},
};

/// Where QEMU's loader puts what the host wants: the words of [`Order`].
const ORDER: *const Order =
    if cfg!(target_arch = "arm") { 0x2100_0000 as *const Order } else { 0x8700_0000 as *const Order };

#[repr(C)]
struct Order {
    /// A program, the number of its record, and an input; beginning with 1.
    program: u32,
    record: u32,
    input: u32,
    /// Bytes of heap, of the program's own buffer, and of a read.
    heap: u32,
    buffer: u32,
    read: u32,
    /// Only whether all events come: without instructions and stack.
    is_trial: u32,
}

pub(crate) fn measure() {
    // SAFETY: there is RAM, and nothing of this program in it.
    let order = unsafe { ORDER.read_volatile() };
    let Some(program) = (order.program as usize).checked_sub(1) else { return list() };
    heap::init(order.heap as usize);
    let task = Task {
        frames: &INPUTS[order.input as usize - 1],
        buffer: order.buffer as usize,
        read: order.read as usize,
    };
    let (_, programs) = PROGRAMS[program];
    let run = programs[order.record as usize - 1];

    let mut kept = Found::new(true);
    let fixed = run(&task, &mut kept, &mut |work| work());
    println!("right||{}\nwrong||{}\ndigest||{}", kept.right, kept.wrong, kept.hash.get());
    println!("events||{}\nstatic||{fixed}", task.frames.count);
    if order.is_trial != 0 {
        return;
    }

    let mut count = 0;
    run(&task, &mut Found::new(false), &mut |work| {
        let start = platform::instructions();
        work();
        count = platform::instructions() - start;
    });
    let mut deep = 0;
    run(&task, &mut Found::new(false), &mut |work| deep = stack::used(work));
    println!("hundredths||{}\nstack||{deep}", count * 100 / task.frames.sse.0.len() as u64);
}

fn list() {
    for (number, (name, _)) in PROGRAMS.iter().enumerate() {
        println!("program|{name}|{}", number + 1);
    }
    for (number, frames) in INPUTS.iter().enumerate() {
        println!("input|{}|{}", frames.name, number + 1);
    }
}

/// What a program has found.
pub(crate) struct Found {
    is_hashed: bool,
    right: usize,
    wrong: usize,
    hash: Hash,
}

impl Found {
    fn new(is_hashed: bool) -> Self {
        Self { is_hashed, right: 0, wrong: 0, hash: Hash::default() }
    }

    pub(crate) fn event<E: Digest>(&mut self, event: Option<&E>) {
        match event {
            Some(event) => {
                self.right += 1;
                if self.is_hashed {
                    event.digest(&mut self.hash);
                }
                black_box(event);
            }
            None => self.lost(),
        }
    }

    pub(crate) fn lost(&mut self) {
        self.wrong += 1;
    }
}

#[panic_handler]
fn panic(why: &core::panic::PanicInfo<'_>) -> ! {
    print!("failed|{}|0", why.message());
    semihosting::process::exit(101)
}
