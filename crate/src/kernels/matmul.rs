//! Matrix products: `c = ending(op(a) · op(b) + bias)`, row-major.
//!
//! A block of the reduction of `b` is packed into panels of sixteen columns, of which one stays in the first-level cache
//! while tiles of a few rows pass. Rows of `a` are contiguous along the reduction and read as they lie; those of a transposed
//! `a` are transposed block by block first. Few rows or columns, and long reductions with a transposed
//! `a`, have ways of their own.

use super::ahead::{touch_all, Ahead};
use super::bias::broadcast;
use super::ending::Ending;
use super::panel::{Down, Part};
use super::{between, by_panels, dots, far_rows, few_rows, narrow, tall, with_vector};
use crate::error::{checked_product, Error};
use crate::gemm::micro::{along, by_halves, in_sixes, SIX};
use crate::gemm::pack::{pack_panel, pack_panel_transposed, packed_size, panel_start, panel_width, transpose, PANEL};
use crate::threads::{each_pair, each_part, each_share, share, OF_COPYING};
use crate::vector::{copy, many_registers, Real, FUSED, LANES};

/// Steps of the reduction at a time: a panel of sixteen columns then takes 16 KiB, half of a first-level cache.
pub const BLOCK: usize = 256;

/// Most rows of `c` that are computed together: their part of `a` stays in the second-level cache while all panels pass. Eleven tiles
/// of six rows.
const ROWS: usize = 66;

/// More values of `c` than stay in a near cache, 2 MiB. Tiles of two vectors write half a line a row, and wait for it: all lines are asked
/// for in their order before (12,544 rows, 128 steps and columns on Zen 4: 82 → 89 % of the FMA peak). Whole lines do not wait.
const FAR: usize = 1 << 19;

/// With so few steps it is writing `c` that takes time: two rows of some panels are then finished before the next ones.
const SHORT: usize = 32;

/// Elements of the panels that pass two rows in turn, in a first-level cache.
const SHORT_BLOCK: usize = 4096;

/// Fewest rows: with fewer, each panel would come from the second-level cache for one or two tiles.
const LEAST_ROWS: usize = 16;

/// Rows from which on a panel's way from the second-level cache, and the rows that are no tile of six, do not count: four such tiles.
const ENOUGH_ROWS: usize = 24;

/// With so many parts it does not matter for threads of which size they are.
const MANY_PARTS: usize = 16;

/// Most columns for which the next rows are not asked for.
const FEW_COLUMNS: usize = 48;

/// Sizes of a product.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Product {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// `a` is `[k, m]`.
    pub transpose_a: bool,
    /// `b` is `[n, k]`.
    pub transpose_b: bool,
}

/// What is multiplied, and what every row of the result begins with.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// The left side.
    pub a: &'a [Real],
    /// The right side.
    pub b: &'a [Real],
    /// A value a column.
    pub bias: Option<&'a [Real]>,
}

/// How a product is computed.
enum Way {
    /// One side is a vector.
    Vector,
    Between,
    FarRows,
    FewRows,
    Dots,
    Narrow,
    Tall,
    ByPanels,
    /// The general case.
    Blocked,
}

impl Way {
    fn of(product: &Product) -> Self {
        if with_vector::fits(product) {
            Self::Vector
        } else if between::fits(product) {
            Self::Between
        } else if far_rows::fits(product) {
            Self::FarRows
        } else if few_rows::fits(product) {
            Self::FewRows
        } else if dots::fits(product) {
            Self::Dots
        } else if narrow::fits(product) {
            Self::Narrow
        } else if tall::fits(product) {
            Self::Tall
        } else if by_panels::fits(product) {
            Self::ByPanels
        } else {
            Self::Blocked
        }
    }
}

impl Product {
    /// float32 values of scratch memory: a packed block of `b`, and the transposed blocks of `a`.
    pub fn workspace(&self) -> Result<usize, Error> {
        checked_product(&[self.m, self.k])?;
        checked_product(&[self.k, self.n])?;
        checked_product(&[self.m, self.n])?;
        match Way::of(self) {
            Way::Vector => Ok(0),
            Way::Between => {
                checked_product(&[2, self.m, self.n])?;
                Ok(between::workspace(self))
            }
            Way::FarRows => far_rows::workspace(self),
            Way::FewRows => few_rows::workspace(self),
            Way::Dots => Ok(dots::workspace(self)),
            Way::Narrow => {
                checked_product(&[self.m + 2 * PANEL, self.n])?;
                Ok(narrow::workspace(self))
            }
            Way::Tall => Ok(tall::workspace(self)),
            Way::ByPanels => by_panels::workspace(self),
            Way::Blocked => {
                let steps = self.k.min(BLOCK);
                checked_product(&[steps, self.n + PANEL])?;
                checked_product(&[steps, self.m])?;
                Ok(packed_size(steps, self.n) + if self.transpose_a { steps * self.m } else { 0 })
            }
        }
    }

    /// Rows of `c` that one thread computes together. Those of a transposed `a` are columns: whole cache lines.
    fn rows(&self) -> usize {
        let enough = if self.m >= ENOUGH_ROWS * MANY_PARTS {
            self.m.div_ceil(MANY_PARTS).next_multiple_of(SIX)
        } else {
            // As `share` does: a number of parts that suits twos and fours of processors.
            self.m.div_ceil((self.m / ENOUGH_ROWS / 4 * 4).max(4))
        };
        let unit = if self.transpose_a { PANEL } else { 2 };
        let worth = share(self.m, 2 * self.n * self.k.min(BLOCK));
        worth.max(enough).next_multiple_of(unit).clamp(LEAST_ROWS, ROWS / unit * unit)
    }
}

/// `c = ending(op(a) · op(b) + bias)`.
pub fn matmul(
    product: Product,
    a: &[Real],
    b: &[Real],
    bias: Option<&[Real]>,
    c: &mut [Real],
    ending: Ending,
    workspace: &mut [Real],
) {
    let sides = Sides { a, b, bias };
    match Way::of(&product) {
        Way::Vector => with_vector::multiply(product, sides, c, ending),
        Way::Between => between::multiply(product, sides, c, ending, workspace),
        Way::FarRows => far_rows::multiply(product, sides, c, ending, workspace),
        Way::FewRows => few_rows::multiply(product, sides, c, ending, workspace),
        Way::Dots => dots::multiply(product, sides, c, ending, workspace),
        Way::Narrow => narrow::multiply(product, sides, c, ending, workspace),
        Way::Tall => tall::multiply(product, sides, c, ending, workspace),
        Way::ByPanels => by_panels::multiply(product, sides, c, ending, workspace),
        Way::Blocked => blocked(product, sides, c, ending, workspace),
    }
}

/// Puts what parts have computed of some columns each into `c`, whose rows have `n` values, and ends it. A part's results, `size` elements from
/// those of the one before, begin with its rows, which have no columns but its own.
pub fn put_parts((results, size): (&[Real], usize), columns: usize, (c, n): (&mut [Real], usize), ending: Ending) {
    each_share(c, n, n * OF_COPYING, |row, c| {
        for (result, first) in results.chunks_exact(size).zip((0..n).step_by(columns)) {
            let width = columns.min(n - first);
            for (values, c) in result[row * width..].chunks_exact(width).zip(c.chunks_exact_mut(n)) {
                copy(values, &mut c[first..first + width]);
            }
        }
        ending.after(row * n).apply(c);
    });
}

/// The general case.
#[inline(never)]
fn blocked(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let Sides { a, b, bias } = sides;
    let Product { n, k, transpose_a, .. } = product;
    let rows = product.rows();
    let (packed, turned) = workspace.split_at_mut(packed_size(k.min(BLOCK), n));
    let is_far = c.len() > FAR && by_halves();
    for start in (0..k).step_by(BLOCK) {
        let block = Block { product, start, steps: BLOCK.min(k - start) };
        let packed = &mut packed[..packed_size(block.steps, n)];
        each_part(packed, block.steps * PANEL, |panel, packed| block.pack(b, panel * PANEL, packed));
        let compute = |part: usize, a: &[Real], stride: usize, c: &mut [Real]| {
            if start == 0 && bias.is_some() {
                broadcast(bias, n, c);
            }
            let fresh = start == 0 && bias.is_none();
            if block.steps > SHORT {
                if is_far && (start > 0 || fresh) {
                    touch_all(c);
                }
                block.multiply(a, stride, packed, 0, c, fresh);
            } else {
                block.multiply_short(a, stride, packed, c, fresh);
            }
            if start + block.steps == k {
                ending.after(part * rows * n).apply(c);
            }
        };
        if transpose_a {
            let turned = &mut turned[..block.steps * product.m];
            each_pair((c, rows * n), (turned, rows * block.steps), |part, c, turned| {
                transpose(&a[start * product.m + part * rows..], product.m, block.steps, turned);
                compute(part, turned, block.steps, c);
            });
        } else {
            each_part(c, rows * n, |part, c| compute(part, &a[part * rows * k + start..], k, c));
        }
    }
}

/// A block of the reduction.
#[derive(Clone, Copy)]
pub struct Block {
    /// Of which it is a block.
    pub product: Product,
    /// The first step.
    pub start: usize,
    /// How many.
    pub steps: usize,
}

impl Block {
    /// Packs the panel of `b` that begins at `column`.
    pub fn pack(&self, b: &[Real], column: usize, panel: &mut [Real]) {
        let Product { n, k, transpose_b, .. } = self.product;
        let (width, used) = (panel_width(n, column), PANEL.min(n - column));
        if transpose_b {
            pack_panel_transposed(&b[column * k + self.start..], k, used, panel, width);
        } else {
            pack_panel(&b[self.start * n + column..], n, used, panel, width);
        }
    }

    /// Adds the block's products to some rows of `c`, or writes them when it is `fresh`; rows of `a` lie `stride` apart.
    /// Columns before `first` are left out.
    pub fn multiply(&self, a: &[Real], stride: usize, packed: &[Real], first: usize, c: &mut [Real], fresh: bool) {
        let n = self.product.n;
        let count = c.len() / n;
        // The rows that come next, which nobody has read yet, where they touch these: as many times as there are pairs of tiles. Where columns
        // are few, reading them so would take longer than multiplying them.
        let next = if stride == self.steps && n > FEW_COLUMNS {
            count * stride..(2 * count * stride).min(a.len())
        } else {
            0..0
        };
        let mut ahead = Ahead::new([a.get(next).unwrap_or_default(), &[]], n.div_ceil(PANEL) * (count / SIX));
        for column in (first..n).step_by(PANEL) {
            let width = panel_width(n, column);
            let panel = &packed[panel_start(self.steps, column)..][..self.steps * width];
            let part = Part { n, stride, column, used: width.min(n - column), fresh };
            Down { part, a, panel, c, ahead: &mut ahead }.all(width / LANES);
        }
    }

    /// [`Self::multiply`] for few steps.
    fn multiply_short(&self, a: &[Real], stride: usize, packed: &[Real], c: &mut [Real], fresh: bool) {
        let n = self.product.n;
        let count = c.len() / n;
        let mut short = Short { block: self, a, stride, packed, c, fresh, row: 0 };
        if many_registers() {
            short.down::<4, 4>(count / 4 * 4);
        } else if FUSED {
            let [sixes, fives, fours] = in_sixes(count);
            short.down::<SIX, 2>(sixes);
            short.down::<5, 2>(fives);
            short.down::<4, 2>(fours);
        } else {
            short.down::<2, 4>(count / 2 * 2);
        }
        short.down::<1, 4>(count - short.row);
        self.multiply(a, stride, packed, n / PANEL * PANEL, c, fresh);
    }
}

/// The panels of sixteen columns of a block of few steps.
struct Short<'a> {
    block: &'a Block,
    a: &'a [Real],
    stride: usize,
    packed: &'a [Real],
    c: &'a mut [Real],
    fresh: bool,
    /// The first row that is not computed.
    row: usize,
}

impl Short<'_> {
    /// The next rows, P at a time, NV vectors of a panel at a time.
    fn down<const P: usize, const NV: usize>(&mut self, rows: usize) {
        let Block { product: Product { n, .. }, steps, .. } = *self.block;
        let panel = steps * PANEL;
        let panels = self.packed[..n / PANEL * panel].chunks(SHORT_BLOCK / panel * panel);
        for (packed, first) in panels.zip((0..n).step_by(SHORT_BLOCK / panel * PANEL)) {
            let panels = (packed, packed.len() / panel);
            for row in (self.row..self.row + rows).step_by(P) {
                let values = (self.a, row * self.stride, self.stride, steps);
                along::<P, NV>(values, panels, (self.c, row * n + first, n), self.fresh);
            }
        }
        self.row += rows;
    }
}
