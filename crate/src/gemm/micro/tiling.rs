//! How large tiles are: as the processor's registers allow.
//!
//! V8 has 15 vector registers to give on x64, and with ten sums and what they are made of some go to the stack. On arm64 it
//! has 28 or so, and processors there begin up to four fused additions a cycle, each of which takes four: sixteen
//! sums are the fewest that do not wait for themselves. A sum has the same bits in a tile of any size.

use crate::vector::many_registers;

/// Work on a panel of NV vectors of columns, P rows at a time.
pub trait Tiled {
    /// Does it.
    fn run<const P: usize, const NV: usize>(self);
}

/// Does work on a panel of one to four vectors in the tiles that suit the processor.
#[inline(always)]
pub fn tiled(vectors: usize, work: impl Tiled) {
    match (vectors, many_registers()) {
        (4, false) => work.run::<2, 4>(),
        (3, false) => work.run::<3, 3>(),
        (2, false) => work.run::<4, 2>(),
        (4, true) => work.run::<4, 4>(),
        (3, true) => work.run::<6, 3>(),
        (2, true) => work.run::<8, 2>(),
        _ => work.run::<8, 1>(),
    }
}
