//! Extremes, the relu with limits, rows of unit length, groups of channels, losses of rows.

use super::{check, Arrays, Numbers};
use convgrad::kernels::batch_norm::Affine;
use convgrad::kernels::clipped_relu::{self, Clipped};
use convgrad::kernels::extremes::{self, Extreme};
use convgrad::kernels::group_norm::{self, Groups};
use convgrad::kernels::row_loss::{self, RowLoss, Rows};
use convgrad::kernels::{softmax, unit_norm};

#[test]
fn what_picks_and_reorders() {
    for extreme in [Extreme::Maximum, Extreme::Minimum] {
        let mut numbers = Numbers(37);
        check(
            "extremes",
            vec![numbers.values(23, 3.0), numbers.values(23, 3.0)],
            |x| {
                let mut y = vec![0.0; 23];
                extremes::forward(extreme, &x[0], &x[1], &mut y);
                y
            },
            |x, dy| {
                let (mut da, mut db) = (vec![0.0; 23], vec![0.0; 23]);
                extremes::gradient(extreme, (&x[0], &x[1]), dy, &mut da, &mut db);
                vec![da, db]
            },
        );
    }
    let f = Clipped { slope: 0.25, threshold: 1.0, limit: 3.0 };
    check(
        "relu with limits",
        vec![Numbers(41).values(101, 5.0)],
        |x| {
            let mut y = vec![0.0; 101];
            clipped_relu::forward(f, &x[0], &mut y);
            y
        },
        |x, dy| {
            let mut dx = vec![0.0; 101];
            clipped_relu::gradient(f, &x[0], dy, &mut dx);
            vec![dx]
        },
    );
}

#[test]
fn rows_of_unit_length_and_their_logarithms() {
    let unit = |x: &Arrays| {
        let (mut y, mut factors) = (vec![0.0; 35], vec![0.0; 5]);
        unit_norm::forward(7, &x[0], &mut factors, &mut y);
        (y, factors)
    };
    check(
        "unit length",
        vec![Numbers(43).values(35, 3.0)],
        |x| unit(x).0,
        |x, dy| {
            let (y, factors) = unit(x);
            let mut dx = vec![0.0; 35];
            unit_norm::gradient(7, &y, &factors, dy, &mut dx);
            vec![dx]
        },
    );
    let logarithm = |x: &Arrays| {
        let mut y = vec![0.0; 35];
        softmax::log_softmax(7, &x[0], &mut y);
        y
    };
    check("logarithm of softmax", vec![Numbers(47).values(35, 3.0)], logarithm, |x, dy| {
        let mut dx = dy.to_vec();
        softmax::log_gradient(7, &logarithm(x), &mut dx);
        vec![dx]
    });
}

#[test]
fn groups_of_channels() {
    for (inner, groups) in [(1, 2), (7, 1), (5, 3), (4, 6), (600, 2)] {
        let g = Groups { batch: 2, inner, channels: 6, groups };
        let run = |x: &Arrays| {
            let (mut y, mut statistics) = (vec![0.0; g.size()], vec![0.0; 4 * groups]);
            let affine = Affine { gamma: Some(&x[1]), beta: Some(&x[2]) };
            group_norm::forward(g, &x[0], affine, 0.01, &mut statistics, &mut y, &mut vec![0.0; g.scratch()]);
            (y, statistics)
        };
        let mut numbers = Numbers(53);
        let inputs = vec![numbers.values(g.size(), 2.0), numbers.values(6, 2.0), numbers.values(6, 2.0)];
        check(
            "group normalization",
            if inner > 100 { vec![inputs[0].clone(), vec![1.0; 6], vec![0.0; 6]] } else { inputs },
            |x| run(x).0,
            |x, dy| {
                let (mut dx, mut sums) = (vec![0.0; g.size()], vec![0.0; 12]);
                let (gamma, statistics) = (Some(&x[1][..]), run(x).1);
                group_norm::gradient(
                    g,
                    &x[0],
                    gamma,
                    &statistics,
                    dy,
                    &mut dx,
                    &mut sums,
                    &mut vec![0.0; g.gradient_scratch()],
                );
                vec![dx, sums[6..].to_vec(), sums[..6].to_vec()]
            },
        );
    }
}

#[test]
fn losses_of_rows() {
    let focal =
        |gamma, from_logits| RowLoss::Focal(row_loss::Focal { gamma, alpha: 0.25, smoothing: 0.1, from_logits });
    let mut numbers = Numbers(59);
    let targets: Vec<f64> = numbers.values(24, 1.0).iter().map(|x| x.abs()).collect();
    let weights = [0.5, 1.5, 1.0];
    for loss in [
        RowLoss::CategoricalHinge,
        RowLoss::CosineSimilarity,
        focal(2.0, false),
        focal(0.5, false),
        focal(0.0, true),
        focal(2.0, true),
        focal(1.3, true),
    ] {
        let rows = Rows { width: 4, targets: &targets, weights: Some(&weights), repeats: 2 };
        check(
            &format!("{loss:?}"),
            vec![numbers.values(24, 1.0).iter().map(|x| x.abs() * 0.9 + 0.05).collect()],
            |x| vec![row_loss::value(loss, &x[0], rows, &mut [0.0; 4])],
            |x, dy| {
                let mut dx = vec![0.0; 24];
                row_loss::gradient(loss, &x[0], rows, &mut dx);
                vec![dx.iter().map(|value| value * dy[0]).collect()]
            },
        );
    }
}
