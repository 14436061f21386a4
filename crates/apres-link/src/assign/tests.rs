//! Small groups of rows.

use super::{Wish, best_columns, choose, weigh};

fn wish(row: u32, person: u64, odds: f64) -> Wish {
    Wish { row, person, odds, probability: 0.0, pair: 0 }
}

#[test]
fn a_person_claimed_by_a_sure_row_is_left_to_it() {
    let mut wishes = [wish(0, 7, 1e6), wish(1, 7, 3.0)];
    weigh(&mut wishes, false);
    assert!(wishes[1].probability > 0.7);
    weigh(&mut wishes, true);
    assert!(wishes[0].probability > 0.999 && wishes[1].probability < 0.01);
}

#[test]
fn the_sum_over_a_row_and_over_a_person_is_one_at_most() {
    let mut wishes = [wish(0, 1, 5.0), wish(0, 2, 4.0), wish(1, 1, 9.0), wish(2, 2, 0.5), wish(2, 3, 2.0)];
    weigh(&mut wishes, true);
    for row in 0..3 {
        assert!(wishes.iter().filter(|wish| wish.row == row).map(|wish| wish.probability).sum::<f64>() <= 1.0);
    }
    for person in 1..=3 {
        // Exact where wishes make no cycle, as here.
        assert!(wishes.iter().filter(|wish| wish.person == person).map(|wish| wish.probability).sum::<f64>() <= 1.0 + 1e-9);
    }
}

#[test]
fn the_choice_is_the_best_as_a_whole() {
    // Greedily, row 0 would take person 1 (.9) and leave row 1 with nothing.
    let mut wishes = [wish(0, 1, 0.0), wish(0, 2, 0.0), wish(1, 1, 0.0)];
    for (wish, probability) in wishes.iter_mut().zip([0.5, 0.45, 0.45]) {
        wish.probability = probability;
    }
    assert_eq!(choose(&wishes, 0.01, true), vec![1, 2]);
    assert_eq!(choose(&wishes, 0.01, false), vec![0, 2]);
}

#[test]
fn the_largest_gain_is_found() {
    let gains = vec![vec![7.0, 5.0, 0.0], vec![6.0, 1.0, 0.0], vec![5.0, 4.0, 3.0]];
    assert_eq!(best_columns(&gains), vec![1, 0, 2]);
}
