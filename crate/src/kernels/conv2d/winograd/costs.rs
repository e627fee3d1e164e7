//! Whether this way takes less time than the direct one, and whether it pays to keep transformed filters: all is counted in multiplications
//! of the direct way for each pair of channels. The constants are those near the least squares of the times of both ways with which what
//! is chosen takes the least time on x64: over 3700 convolutions of 4 to 512 channels, of 2×2 to 64×64 pixels and of lines, 1.01 of that of
//! the faster way in the mean. `npm run bench -- race winograd` measures it.

use super::super::by_taps;
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
const READING: f64 = 2.5;

/// What a call with kept filters takes beside what is counted, which all pairs of channels share: what they are for is often very small.
const KEPT_CALL: f64 = 50e3;

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
#[derive(Clone, Copy)]
enum Made {
    Outputs,
    FilterGradient,
}

impl Costs {
    fn new(c: &Convolution, made: Made) -> Self {
        let is_three = (c.stride, c.kernel[1]) == (1, THREE);
        let is_short = c.stride == 1 && !c.has_pieces();
        let [product, pixels, windows, tile, filter, call] = match (made, c.is_line()) {
            (Made::FilterGradient, true) if is_short => [0.96, 2.3, 4.1, 380.0, 8.9, 88e3],
            (Made::FilterGradient, true) => [0.98, 2.9, 2.2, 710.0, 14.0, 68e3],
            (Made::FilterGradient, false) if is_three => [1.19, 3.3, 4.7, 183.0, 12.7, 55e3],
            (Made::FilterGradient, false) if c.stride == 1 => [1.08, 2.3, 2.8, 130.0, 21.8, 56e3],
            (Made::FilterGradient, false) => [1.03, 5.0, 7.0, 525.0, 13.6, 52e3],
            (Made::Outputs, true) if c.spreads && is_short => [0.75, 10.8, 5.5, 143.0, 10.0, 94e3],
            (Made::Outputs, true) if c.spreads => [1.02, 11.2, 4.1, 46.0, 14.0, 62e3],
            (Made::Outputs, true) if is_short => [0.85, 6.6, 7.3, 105.0, 5.8, 190e3],
            (Made::Outputs, true) => [1.0, 5.8, 8.0, 108.0, 9.2, 168e3],
            (Made::Outputs, false) if c.spreads && is_three => [0.81, 15.9, 7.6, 4.2, 6.5, 98e3],
            (Made::Outputs, false) if c.spreads && c.stride == 1 => [1.18, 13.0, 4.0, 14.0, 11.5, 205e3],
            (Made::Outputs, false) if c.spreads => [1.19, 16.5, 4.6, 5.0, 7.8, 70e3],
            (Made::Outputs, false) if is_three => [0.77, 9.7, 10.2, 51.0, 7.1, 129e3],
            (Made::Outputs, false) if c.has_pieces() => [1.06, 6.9, 15.5, 30.0, 8.9, 260e3],
            (Made::Outputs, false) if c.stride == 1 => [1.61, 8.5, 6.7, 16.5, 9.4, 135e3],
            (Made::Outputs, false) => [0.88, 8.9, 27.3, 230.0, 11.5, 99e3],
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

/// What the direct way takes beside its products.
struct Direct {
    /// A product with the border, which makes lines shorter.
    border: f64,
    /// A row of what is made through a panel of filters, an image, and a call, which all pairs of channels share.
    row: f64,
    image: f64,
    call: f64,
    /// Tap by tap, where there is no border: the copy of a value, which the channels of the other side share, and what a tap's filters take once.
    copy: f64,
    tap: f64,
}

impl Direct {
    fn new(made: Made) -> Self {
        let [border, row, image, call, copy, tap] = match made {
            Made::Outputs => [0.71, 1430.0, 1550.0, 63e3, 2.9, 1.4],
            Made::FilterGradient => [1.14, 690.0, 3490.0, 49e3, 5.7, 3.3],
        };
        Self { border, row, image, call, copy, tap }
    }
}

/// What the direct way takes.
fn direct(c: &Convolution, made: Made) -> f64 {
    let Direct { border, row, image, call, copy, tap } = Direct::new(made);
    let [batch, products, all] = [c.batch, c.products(), c.all_products()].map(|count| count as f64);
    if goes_by_taps(c, made) {
        let copies = copy * (c.input[2] + c.output[2]) as f64;
        return batch * products * (1.03 + copies / pairs(c)) + tap * c.taps_of_filter() as f64 + call / pairs(c);
    }
    let rows = (c.made().used()[0] * c.output[2].div_ceil(PANEL)) as f64;
    batch * (products + border * (all - products) + (row * rows + image) / pairs(c)) + call / pairs(c)
}

/// Whether the direct way goes tap by tap. Of gradients of filters those of few pixels do; some others, which do as well, are not counted.
fn goes_by_taps(c: &Convolution, made: Made) -> bool {
    let pixels = [c.input, c.output].map(|[height, width, _]| height * width);
    let sizes = (pixels[0].min(pixels[1]), [c.input[2], c.output[2]]);
    match made {
        Made::Outputs => by_taps::pays(sizes, c.taps_of_filter(), c.stride > 1),
        Made::FilterGradient => by_taps::gradient_pays_of_few(sizes),
    }
}

/// Whether the direct way takes less time than it would take to count the points of pieces.
fn is_small(c: &Convolution) -> bool {
    c.has_pieces() && (c.batch * c.all_products()) as f64 * pairs(c) < 200e3
}

/// Whether it takes less time than the direct way, of which a share is needed.
fn pays(c: &Convolution, made: Made, share: f64) -> bool {
    let costs = Costs::new(c, made);
    let own = || costs.beside_filters(c) + costs.filter * c.points_of_tile() as f64;
    !is_small(c) && c.matrices() * c.depth() * c.filters() <= MOST && share * direct(c, made) >= own()
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
    let costs = Costs::new(c, Made::Outputs);
    let [own, points, instead] = [costs.beside_filters(c), c.points_of_tile() as f64, direct(c, Made::Outputs)];
    let fits = |most: usize| c.transformed_size().is_ok_and(|size| size <= most);
    if share * instead >= own + costs.filter * points {
        let spares = |share: f64| TRANSFORM * points >= share * own;
        return spares(0.08) && fits(MOST_KEPT) || spares(0.5) && fits(MOST_KEPT_FOR_MORE);
    }
    let before = if matches!(before, Before::Packing) { 4.0 } else { 8.0 } * c.taps_of_filter() as f64;
    share * (instead + before) >= own + READING * points + KEPT_CALL / pairs(c) && fits(MOST_KEPT_FOR_MORE)
}
