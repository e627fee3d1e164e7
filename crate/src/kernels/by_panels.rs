//! Matrix products of a few tiles of rows and many columns, such as the pixels of one small image or a dense layer on a batch of some dozens:
//! a panel of `b` is packed, and passes all rows while it is in the first-level cache. Threads share the panels. Sums are added up in
//! the same order as by [`super::matmul`]'s general way, for the same bits.

use super::ahead::{touch_all, Ahead};
use super::bias::broadcast;
use super::ending::Ending;
use super::matmul::{put_parts, Block, Product, Sides, BLOCK};
use super::panel::{Down, Part};
use crate::error::{checked_product, Error};
use crate::gemm::pack::{panel_width, PANEL};
use crate::threads::{each_with_scratch, share};
use crate::vector::{Real, LANES};
use std::ops::Range;

/// Fewest and most rows. Of more the general way packs all panels for many rows, and threads share these.
const ROWS: Range<usize> = 8..97;

/// So much of `b` is in memory or a far cache: more than 8 MiB. Then it is read in the order in which it lies, not a panel after the other.
const FAR: usize = 1 << 21;

/// Panels whose lines of each row are asked for together: half a second-level cache has their block of the reduction.
const TOGETHER: usize = 8;

/// Fewest rows of a far `b`: [`super::few_rows`] reads it in narrower pieces.
const LEAST_FAR: usize = 3;

/// Fewest columns: eight panels, so that four threads have two each.
const COLUMNS: usize = 8 * PANEL;

/// Most parts, each with scratch memory of its own.
const PARTS: usize = 16;

/// Whether this way is taken.
pub fn fits(product: &Product) -> bool {
    let enough = ROWS.contains(&product.m) || is_far(product) && (LEAST_FAR..ROWS.end).contains(&product.m);
    !product.transpose_a && enough && product.n >= COLUMNS
}

/// Whether `b` comes from far away, row after row.
fn is_far(&Product { n, k, transpose_b, .. }: &Product) -> bool {
    !transpose_b && n * k > FAR
}

/// How a product is cut.
struct Sizes {
    /// Columns of a part, whole panels.
    columns: usize,
    /// Parts.
    parts: usize,
    /// Elements of a packed panel.
    panel: usize,
    /// Elements of the results of all parts, where there are several.
    results: usize,
}

impl Sizes {
    fn of(&Product { m, n, k, .. }: &Product) -> Self {
        let panels = n.div_ceil(PANEL);
        let columns = share(panels, 2 * m * PANEL * k).max(panels.div_ceil(PARTS)) * PANEL;
        let parts = n.div_ceil(columns);
        let results = if parts > 1 { parts * m * columns } else { 0 };
        Self { columns, parts, panel: k.min(BLOCK) * PANEL, results }
    }
}

/// float32 values of scratch memory.
pub fn workspace(product: &Product) -> Result<usize, Error> {
    // The columns of all parts are less than twice those of the result.
    checked_product(&[2 * product.m, product.n + PANEL])?;
    let sizes = Sizes::of(product);
    Ok(sizes.results + sizes.parts * sizes.panel)
}

/// `c = ending(a · op(b) + bias)`.
#[inline(never)]
pub fn multiply(product: Product, sides: Sides, c: &mut [Real], ending: Ending, workspace: &mut [Real]) {
    let (Product { m, n, .. }, sizes) = (product, Sizes::of(&product));
    let (results, packed) = workspace.split_at_mut(sizes.results);
    if sizes.parts == 1 {
        columns(product, sides, 0..n, c, &mut packed[..sizes.panel]);
        return ending.apply(c);
    }
    each_with_scratch([(&mut *results, m * sizes.columns)], (packed, sizes.panel), |part, [result], packed| {
        let first = part * sizes.columns;
        let own = first..n.min(first + sizes.columns);
        columns(product, sides, own.clone(), &mut result[..m * own.len()], packed);
    });
    put_parts((results, m * sizes.columns), sizes.columns, (c, n), ending);
}

/// Some columns of the result, which are all that `c` has.
fn columns(product: Product, Sides { a, b, bias }: Sides, own: Range<usize>, c: &mut [Real], packed: &mut [Real]) {
    let (Product { n, k, .. }, width) = (product, own.len());
    if bias.is_some() {
        broadcast(bias.map(|bias| &bias[own.clone()]), width, c);
    }
    let is_far = is_far(&product);
    let together = if is_far { TOGETHER } else { 1 } * PANEL;
    for first in own.clone().step_by(together) {
        let panels = first..own.end.min(first + together);
        for start in (0..k).step_by(BLOCK) {
            let block = Block { product, start, steps: BLOCK.min(k - start) };
            if is_far {
                b[start * n..].chunks(n).take(block.steps).for_each(|row| touch_all(&row[panels.clone()]));
            }
            let fresh = start == 0 && bias.is_none();
            for column in panels.clone().step_by(PANEL) {
                let wide = panel_width(n, column);
                let panel = &mut packed[..block.steps * wide];
                block.pack(b, column, panel);
                let part = Part { n: width, stride: k, column: column - own.start, used: wide.min(n - column), fresh };
                Down { part, a: &a[start..], panel, c: &mut *c, ahead: &mut Ahead::nothing() }.all(wide / LANES);
            }
        }
    }
}
