//! How work is cut for threads.

use convgrad::threads::{share, share_of_units};

/// Items of the busiest of so many threads, when each takes the same number of parts.
fn most(items: usize, part: usize, threads: usize) -> usize {
    (items.div_ceil(part).div_ceil(threads) * part).min(items)
}

#[test]
fn the_busiest_of_two_threads_has_no_more_than_a_half_where_sizes_allow() {
    // A hundred images, of which twelve parts would be nine each and give one thread 54.
    assert_eq!(most(100, share(100, 40_000), 2), 50);
    assert_eq!(most(100, share(100, 40_000), 4), 25);
    // 1600 rows in strips of 24: 67 of them.
    assert_eq!(most(1600, share_of_units(1600, 24, 2560), 2), 34 * 24);
    assert_eq!(most(128, share_of_units(128, 2, 32_000), 2), 64);
}

#[test]
fn parts_are_whole_units_that_are_worth_it_and_there_is_one() {
    for items in 0..300 {
        for (unit, operations) in [(1, 0), (1, 1), (1, 9000), (2, 50_000), (24, 2560), (16, 10_000_000)] {
            let part = share_of_units(items, unit, operations);
            assert!(part > 0 && part % unit == 0, "{items} {unit} {operations}");
            let parts = items.div_ceil(part);
            assert!(
                parts <= (items * operations).div_ceil(400_000).max(1).next_multiple_of(4),
                "{items} {unit} {operations}"
            );
        }
    }
}
