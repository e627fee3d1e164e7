//! How many vectors the processor's registers hold, which says how large tiles may be.

use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registers {
    /// The processor.
    Detected,
    /// Sixteen, as on x64.
    Few,
    /// 32, as on arm64.
    Many,
}

static REGISTERS: AtomicU8 = AtomicU8::new(Registers::Detected as u8);

/// Makes tiles as large as so many registers allow, so that both sizes can be tested and measured on any machine.
pub fn use_registers(registers: Registers) {
    REGISTERS.store(registers as u8, Ordering::Relaxed);
}

/// Whether tiles may be as large as 32 registers allow.
#[inline]
pub fn many_registers() -> bool {
    let registers = REGISTERS.load(Ordering::Relaxed);
    if registers == Registers::Detected as u8 {
        detected()
    } else {
        registers == Registers::Many as u8
    }
}

/// A difference of infinities is a NaN whose sign is set on x64, and is not on arm64.
fn detected() -> bool {
    let infinity = black_box(f32::INFINITY);
    (infinity - black_box(infinity)).is_sign_positive()
}
