//! Whether this way takes less time than the direct one, and whether it pays to keep transformed filters: all is counted in multiplications
//! of the direct way for each pair of channels. The constants are those near the least squares of the times of both ways with which what
//! is chosen takes the least time on x64: over 2028 convolutions of 4 to 512 channels, of 4×4 to 112×112 pixels and of lines, 1.01 of that
//! of the faster way in the mean. `npm run bench -- race winograd` measures it.

use super::sizes::Convolution;
use super::{FIVE, THREE};
use crate::gemm::pack::PANEL;

/// Most elements of transformed filters.
const MOST: usize = 16 << 20;

/// Most elements of kept filters: where they spare the transform, for what a network has beside pushes more of them out of a second-level
/// cache, and then they take as long to read; and where they spare a third of the time, or the direct way.
const MOST_KEPT: usize = 160 << 10;
const MOST_KEPT_FOR_MORE: usize = 5 << 18;

/// The transform of a filter to a point, which is what kept ones spare, and what it takes to read its value there from the second cache, or a
/// farther one.
const TRANSFORM: f64 = 5.0;
const READING: f64 = 3.0;

/// What kept filters are to take of the direct way's time, as that of the small convolutions that they are for is estimated too roughly for less.
const MARGIN: f64 = 0.9;

/// What the way takes.
struct Costs {
    /// A product at a point.
    product: f64,
    /// The transform of the pixels of a tile to a point, which its windows' channels share.
    pixels: f64,
    /// The transform of what windows make of it, which its pixels' channels share.
    windows: f64,
    /// What a point of a tile takes beside, which all pairs of channels share.
    tile: f64,
    /// What a point takes once for all tiles: filters are transformed to it and packed, or gradients of filters taken back from it.
    filter: f64,
    /// What a call takes beside, which all pairs of channels share.
    call: f64,
}

/// What is made.
enum Made {
    Outputs,
    FilterGradient,
}

impl Costs {
    fn new(c: &Convolution, made: Made) -> Self {
        let is_three = (c.stride, c.kernel[1]) == (1, THREE);
        let is_short = c.stride == 1 && !c.has_pieces();
        let [product, pixels, windows, tile, filter, call] = match (made, c.is_line()) {
            (Made::FilterGradient, true) if is_short => [1.15, 2.8, 3.3, 320.0, 7.5, 100e3],
            (Made::FilterGradient, true) => [1.1, 2.4, 3.5, 435.0, 7.7, 115e3],
            (Made::FilterGradient, false) if is_three => [1.4, 6.2, 8.8, 85.0, 12.0, 105e3],
            (Made::FilterGradient, false) if c.stride == 1 => [1.3, 4.9, 5.7, 79.0, 14.5, 150e3],
            (Made::FilterGradient, false) => [0.9, 5.9, 9.7, 365.0, 15.0, 120e3],
            (Made::Outputs, true) if c.spreads && is_short => [0.8, 11.5, 3.4, 92.0, 11.0, 63e3],
            (Made::Outputs, true) if c.spreads => [0.9, 12.0, 3.5, 44.0, 13.0, 160e3],
            (Made::Outputs, true) if is_short => [1.0, 5.7, 6.9, 62.0, 7.0, 120e3],
            (Made::Outputs, true) => [0.9, 8.8, 7.6, 80.0, 8.8, 150e3],
            (Made::Outputs, false) if c.spreads && is_three => [0.9, 15.5, 8.0, 0.0, 6.3, 118e3],
            (Made::Outputs, false) if c.spreads && c.stride == 1 => [0.8, 12.5, 6.4, 31.0, 14.0, 110e3],
            (Made::Outputs, false) if c.spreads => [1.1, 14.0, 3.4, 0.0, 10.5, 150e3],
            (Made::Outputs, false) if is_three => [0.88, 10.5, 13.5, 70.0, 7.6, 45e3],
            (Made::Outputs, false) if c.stride == 1 => [1.0, 12.5, 8.9, 51.0, 13.0, 55e3],
            (Made::Outputs, false) => [1.0, 7.1, 17.0, 310.0, 11.0, 180e3],
        };
        // Squares of four taps and of pieces have as many values to transform as those of five, at fewer points.
        let has_fewer_points = !c.is_line() && c.stride == 1 && !matches!(c.kernel[1], THREE | FIVE);
        let values = if has_fewer_points { 64.0 / 49.0 } else { 1.0 };
        Self { product, pixels: values * pixels, windows: values * windows, tile, filter, call }
    }

    /// All tiles with transformed filters, and the call. Products weigh the more for the transforms, the fewer channels share these.
    fn beside_filters(&self, c: &Convolution) -> f64 {
        let [pixels, windows] = [c.depth(), c.filters()].map(|channels| channels as f64);
        let [pixels, windows] = if c.spreads { [windows, pixels] } else { [pixels, windows] };
        let weight = self.product + self.pixels / windows + self.windows / pixels + self.tile / (pixels * windows);
        (c.batch * c.points()) as f64 * weight + self.call / pairs(c)
    }
}

/// Pairs of channels.
fn pairs(c: &Convolution) -> f64 {
    (c.input[2] * c.output[2]) as f64
}

/// What the direct way takes: a product; one with the border, which makes lines shorter; a row of outputs through a panel of filters; and a call.
fn direct(c: &Convolution) -> f64 {
    let [products, all] = [c.products(), c.all_products()].map(|count| count as f64);
    let rows = (c.made().used()[0] * c.output[2].div_ceil(PANEL)) as f64;
    c.batch as f64 * (products + 0.8 * (all - products) + 2000.0 * rows / pairs(c)) + 40e3 / pairs(c)
}

/// Whether the direct way takes less time than it would take to count the points of pieces.
fn is_small(c: &Convolution) -> bool {
    c.has_pieces() && (c.batch * c.all_products()) as f64 * pairs(c) < 200e3
}

/// Whether it takes less time than the direct way, of which a share is needed.
fn pays(c: &Convolution, made: Made, share: f64) -> bool {
    let costs = Costs::new(c, made);
    let own = || costs.beside_filters(c) + costs.filter * c.points_of_tile() as f64;
    !is_small(c) && c.matrices() * c.depth() * c.filters() <= MOST && share * direct(c) >= own()
}

/// The same for gradients of filters.
pub fn pays_for_filters(c: &Convolution, share: f64) -> bool {
    pays(c, Made::FilterGradient, share)
}

/// The same for outputs.
pub fn pays_for_outputs(c: &Convolution, share: f64) -> bool {
    pays(c, Made::Outputs, share)
}

/// What the direct way does with every tap of a filter before it begins.
pub enum Before {
    Packing,
    Exchange,
}

/// Whether it pays to keep transformed filters: they spare a twelfth of the time, or make this way take less than the direct one, of which a share is needed.
pub fn keeps(c: &Convolution, before: Before, share: f64) -> bool {
    if is_small(c) {
        return false;
    }
    let own = Costs::new(c, Made::Outputs).beside_filters(c);
    let points = c.points_of_tile() as f64;
    let fits = |most: usize| c.transformed_size().is_ok_and(|size| size <= most);
    if pays_for_outputs(c, share) {
        let spares = |share: f64| TRANSFORM * points >= share * own;
        return spares(0.08) && fits(MOST_KEPT) || spares(0.5) && fits(MOST_KEPT_FOR_MORE);
    }
    let before = if matches!(before, Before::Packing) { 4.0 } else { 12.0 };
    let instead = direct(c) + before * c.taps_of_filter() as f64;
    MARGIN * share * instead >= own + READING * points && fits(MOST_KEPT_FOR_MORE)
}
