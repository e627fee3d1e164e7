//! How images move by chance: for each sample an affine map, drawn by the rules of Keras 3's augmentation layers.

use super::random::{draw, share, Clock};
use crate::error::Error;
use crate::vector::Real;
use std::f64::consts::TAU;

/// Values of a map `[a0, a1, a2, b0, b1, b2]`: the pixel in column x and row y of an output is what lies in column
/// a0·x + a1·y + a2 and row b0·x + b1·y + b2 of the input.
pub const MAP: usize = 6;

/// A kind of motion. It has a random number of its own for rows and one for columns, each in the range given with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Mirrored where the number, from 0 to 1, lies in the range.
    Flip,
    /// Moved down and to the right by a share of height and width.
    Translation,
    /// A window anywhere within the input; the ranges mean nothing.
    Crop,
    /// Turned about the centre by a share of a full turn, anticlockwise; the range of columns means nothing.
    Rotation,
    /// Shrunk by 1 + number, about the centre.
    Zoom,
    /// [`Motion::Zoom`] with the number of the rows for both.
    EvenZoom,
}

impl Motion {
    /// The kind of a code, see ts/layers/augmentation/motion.ts.
    pub fn from_code(code: u32) -> Result<Self, Error> {
        Ok(match code {
            0 => Self::Flip,
            1 => Self::Translation,
            2 => Self::Crop,
            3 => Self::Rotation,
            4 => Self::Zoom,
            5 => Self::EvenZoom,
            _ => return Err(Error::UnknownCode),
        })
    }
}

/// Motions of a batch: kind, sizes and ranges.
#[derive(Clone, Copy, Debug)]
pub struct Motions {
    /// The kind.
    pub motion: Motion,
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    /// From where to where the numbers lie, those of rows first.
    pub ranges: [[Real; 2]; 2],
}

/// Draws a map for each sample.
pub fn draw_maps(motions: &Motions, stream: u32, clock: Clock, maps: &mut [Real]) {
    for (n, map) in maps.chunks_exact_mut(MAP).enumerate() {
        let [down, across, ..] = draw(n as u32, stream, clock);
        for (to, from) in map.iter_mut().zip(motions.map([down, across])) {
            *to = from as Real;
        }
    }
}

impl Motions {
    fn map(&self, words: [u32; 2]) -> [f64; MAP] {
        let [height, width] = self.input.map(|size| size as f64);
        let [middle_y, middle_x] = [(height - 1.0) / 2.0, (width - 1.0) / 2.0];
        let [down, across] = [0, 1].map(|axis| between(self.ranges[axis], share(words[axis])));
        match self.motion {
            Motion::Flip => {
                let [(down, bottom), (across, right)] = [0, 1].map(|axis| {
                    let [low, high] = self.ranges[axis].map(f64::from);
                    let mirrored = (low..high).contains(&share(words[axis]));
                    if mirrored {
                        (-1.0, self.input[axis] as f64 - 1.0)
                    } else {
                        (1.0, 0.0)
                    }
                });
                [across, 0.0, right, 0.0, down, bottom]
            }
            Motion::Translation => [1.0, 0.0, -across * width, 0.0, 1.0, -down * height],
            Motion::Crop => {
                let [top, left] = [0, 1].map(|axis| {
                    let places = (self.input[axis] - self.output[axis] + 1) as u64;
                    ((u64::from(words[axis]) * places) >> 32) as f64
                });
                [1.0, 0.0, left, 0.0, 1.0, top]
            }
            Motion::Rotation => {
                let (sine, cosine) = sine_and_cosine(down);
                let x = middle_x - middle_x * cosine + middle_y * sine;
                let y = middle_y - middle_x * sine - middle_y * cosine;
                [cosine, -sine, x, sine, cosine, y]
            }
            Motion::Zoom => zoom(1.0 + down, 1.0 + across, middle_y, middle_x),
            Motion::EvenZoom => zoom(1.0 + down, 1.0 + down, middle_y, middle_x),
        }
    }
}

fn zoom(down: f64, across: f64, middle_y: f64, middle_x: f64) -> [f64; MAP] {
    [across, 0.0, middle_x * (1.0 - across), 0.0, down, middle_y * (1.0 - down)]
}

/// The number at a share of the way through a range.
pub fn between(range: [Real; 2], share: f64) -> f64 {
    let [low, high] = range.map(f64::from);
    low + (high - low) * share
}

/// Sine and cosine of a number of full turns, by Taylor's series within an eighth of a turn: additions, multiplications
/// and divisions alone, which round the same on every engine. Error below 1e-15; exact at quarters of a turn.
pub fn sine_and_cosine(turns: f64) -> (f64, f64) {
    let quarter = (turns * 4.0 + 0.5).floor();
    let angle = (turns - quarter / 4.0) * TAU;
    let square = angle * angle;
    let (mut sine, mut cosine) = (1.0, 1.0);
    for k in (1..=8).rev() {
        let even = f64::from(2 * k);
        sine = 1.0 - sine * square / (even * (even + 1.0));
        cosine = 1.0 - cosine * square / (even * (even - 1.0));
    }
    sine *= angle;
    match (quarter as i64).rem_euclid(4) {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}
