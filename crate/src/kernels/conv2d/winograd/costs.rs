//! Whether this way takes less time than the direct one, and whether it pays to keep transformed filters: all is counted in multiplications
//! of the direct way for each pair of channels, by races on x64.

use super::sizes::Convolution;
use super::{by_panels, FIVE, FOUR, THREE};

/// Most elements of transformed filters.
const MOST: usize = 16 << 20;

/// Most elements of kept filters: where they spare the transform, for what a network has beside pushes more of them out of a second-level
/// cache, and then they take as long to read; and where they spare more.
const MOST_KEPT: usize = 160 << 10;
const MOST_KEPT_FOR_DIRECT: usize = 5 << 18;

/// What the way takes, from 4 to 128 channels.
struct Costs {
    /// A product at a point.
    product: f64,
    /// The transform of the pixels of a tile, which its windows' channels share.
    pixels: f64,
    /// The transform of what windows make of it, which its pixels' channels share.
    windows: f64,
    /// What a tile takes beside, which all pairs of channels share.
    tile: f64,
    /// The transforms of the filters, with what small convolutions take beside; and panel by panel, where they take less, unless they are those
    /// of four phases.
    filters: f64,
    by_panels: f64,
    /// These transforms alone.
    transforms: f64,
    /// What a call takes beside, which all pairs of channels share.
    call: f64,
}

impl Costs {
    fn new(c: &Convolution) -> Self {
        match (c.is_line(), c.stride, c.kernel[1]) {
            (false, 1, FIVE) => Self::of_five(),
            // As many values as of five taps, at fewer points.
            (false, 1, FOUR) => Self { pixels: 13.0, windows: 13.0, ..Self::of_five() },
            (false, 1, THREE) => Self::of_square(),
            // Transforms of four pieces.
            (false, 1, _) => {
                Self { filters: 3600.0, by_panels: 3000.0, transforms: 1200.0, pixels: 14.0, ..Self::of_five() }
            }
            // The transforms of four phases' pixels are shared by the channels of the windows.
            (false, ..) => Self {
                product: 1.1,
                pixels: 14.0,
                windows: 6.0,
                tile: 0.0,
                filters: 1000.0,
                by_panels: if c.spreads { 1000.0 } else { 400.0 },
                transforms: 600.0,
                call: 140e3,
            },
            (true, ..) if c.has_pieces() => Self::of_pieces(c),
            (true, 1, THREE) => Self::of_line(),
            (true, 1, _) => Self { pixels: 7.0, windows: 7.0, ..Self::of_line() },
            (true, ..) => Self {
                product: 1.0,
                pixels: 7.0,
                windows: 12.0,
                tile: 0.0,
                filters: 100.0,
                by_panels: 100.0,
                transforms: 50.0,
                call: 60e3,
            },
        }
    }

    fn of_square() -> Self {
        Self {
            product: 1.1,
            pixels: 6.0,
            windows: 6.0,
            tile: 48.0,
            filters: 500.0,
            by_panels: 200.0,
            transforms: 150.0,
            call: 140e3,
        }
    }

    fn of_five() -> Self {
        Self {
            pixels: 10.0,
            windows: 10.0,
            tile: 27.0,
            filters: 900.0,
            by_panels: 765.0,
            transforms: 300.0,
            ..Self::of_square()
        }
    }

    fn of_line() -> Self {
        Self {
            product: 1.1,
            pixels: 6.0,
            windows: 6.0,
            tile: 0.0,
            filters: 20.0,
            by_panels: 20.0,
            transforms: 24.0,
            call: 60e3,
        }
    }

    /// Lines of several pieces. What a call takes beside counts here, as these may have few outputs. Pixels that are a stride apart take longer, the
    /// more where they are added up.
    fn of_pieces(c: &Convolution) -> Self {
        let (line, pieces) = (Self::of_line(), c.count_of_phases() as f64);
        let filters = 40.0 * pieces + line.call / (c.input[2] * c.output[2]) as f64;
        let pixels = match (c.stride, c.spreads) {
            (1, _) => 9.0,
            (_, false) => 12.0,
            (_, true) => 16.0,
        };
        let transforms = line.transforms * pieces;
        Self { product: 1.0, pixels, windows: 8.0, filters, by_panels: filters, transforms, ..line }
    }

    /// All tiles with transformed filters. Products weigh the more for the transforms, the fewer channels share these.
    fn of_tiles(&self, c: &Convolution) -> f64 {
        let [pixels, windows] = [c.depth(), c.filters()].map(|channels| channels as f64);
        let [pixels, windows] = if c.spreads { [windows, pixels] } else { [pixels, windows] };
        let weight = self.product + self.pixels / windows + self.windows / pixels + self.tile / (pixels * windows);
        (c.batch * c.points()) as f64 * weight
    }
}

/// The direct way takes half as long for a product with the border as for another one.
fn direct(c: &Convolution) -> f64 {
    (c.batch * (c.products() + c.all_products())) as f64 / 2.0
}

/// Whether the direct way takes less time than it would take to count the points of pieces.
fn is_small(c: &Convolution) -> bool {
    let [windows, channels] = [c.batch * c.all_products(), c.input[2] * c.output[2]].map(|count| count as f64);
    c.has_pieces() && windows * channels < 200e3
}

/// Whether it takes less time than the direct way, of which a share is needed, where so much is for the filters.
fn pays(c: &Convolution, costs: &Costs, filters: f64, share: f64) -> bool {
    !is_small(c) && c.matrices() * c.depth() * c.filters() <= MOST && share * direct(c) >= costs.of_tiles(c) + filters
}

/// The same for gradients of filters.
pub fn pays_for_filters(c: &Convolution, share: f64) -> bool {
    let costs = Costs::new(c);
    pays(c, &costs, costs.filters, share)
}

/// The same for outputs.
pub fn pays_for_outputs(c: &Convolution, share: f64) -> bool {
    let costs = Costs::new(c);
    pays(c, &costs, if by_panels::fits(c) { costs.by_panels } else { costs.filters }, share)
}

/// What the direct way does with every tap of a filter before it begins.
pub enum Before {
    Packing,
    Exchange,
}

/// Whether it pays to keep transformed filters: they spare an eighth of the time, or make this way take less than the direct one, of which a share is needed.
pub fn keeps(c: &Convolution, before: Before, share: f64) -> bool {
    if is_small(c) {
        return false;
    }
    let costs = Costs::new(c);
    let own = costs.of_tiles(c);
    let fits = |most: usize| c.transformed_size().is_ok_and(|size| size <= most);
    if pays_for_outputs(c, share) {
        return costs.transforms >= 0.15 * own && fits(MOST_KEPT);
    }
    let before = if matches!(before, Before::Packing) { 4.0 } else { 12.0 };
    let call = costs.call / (c.input[2] * c.output[2]) as f64;
    // A point's value is read from the second cache, or a farther one.
    let kept = own + call + 2.0 * c.points_of_tile() as f64;
    share * (1.1 * direct(c) + before * c.taps_of_filter() as f64) >= kept && fits(MOST_KEPT_FOR_DIRECT)
}
