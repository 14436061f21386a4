//! A toy table, to be attacked by whoever reads *Le secret, essayé*: which hidden figures the others give away, and within which limits the rest stay.
//!
//! The people are made up and the table is always the same. Rows and columns add up to their totals, so it is a graph: rows and columns are its nodes, hidden
//! figures its edges. What a subtraction finds is an edge that hangs by one node; with three rows nothing else can be found exactly.

/// Rows, the total last.
pub(crate) const ROWS: usize = 3;
/// Columns, the total last.
pub(crate) const COLUMNS: usize = 4;
/// Figures of the table.
pub(crate) const CELLS: usize = ROWS * COLUMNS;
/// Smallest count said, here as in the default policy.
pub(crate) const COUNT_MIN: i32 = 11;

/// The true figures: women and men in employment six months after, by age.
pub(crate) const TRUTH: [i32; CELLS] = [13, 24, 4, 41, 17, 12, 14, 43, 30, 36, 18, 84];
/// The noise of each figure when the table is blurred: drawn once, and the same for everybody.
const NOISE: [i32; CELLS] = [1, -2, 2, 1, -1, 0, -2, 1, 2, -1, 1, 0];
/// Largest count that a hidden figure may be thought to be.
const COUNT_MAX: i32 = 84;

/// What can be said of a hidden figure by whoever reads the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guess {
    /// It is this, and how it was found: the total, then what was taken off (or the parts of a total).
    Found { value: i32, by: Subtraction },
    /// It lies between these.
    Between(i32, i32),
}

/// How a figure was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subtraction {
    /// A total less the other parts.
    Less { total: i32, others: Vec<i32> },
    /// The sum of the parts.
    Sum(Vec<i32>),
}

/// A line of the table that adds up: its parts, then its total.
type Line = Vec<usize>;

fn lines() -> Vec<Line> {
    let rows = (0..ROWS).map(|row| (0..COLUMNS).map(|column| row * COLUMNS + column).collect());
    let columns = (0..COLUMNS).map(|column| (0..ROWS).map(|row| row * COLUMNS + column).collect());
    rows.chain(columns).collect()
}

/// The figures as they are shown when nothing is hidden.
pub(crate) fn shown(is_blurred: bool) -> [i32; CELLS] {
    let mut figures = TRUTH;
    if is_blurred {
        figures.iter_mut().zip(NOISE).for_each(|(figure, noise)| *figure += noise);
    }
    figures
}

/// What the figures left in sight tell of each hidden one, in the order of the table. With a blurred table this is what an onlooker believes.
pub(crate) fn guesses(hidden: &[bool; CELLS], is_blurred: bool) -> Vec<(usize, Guess)> {
    let figures = shown(is_blurred);
    let mut known: [Option<i32>; CELLS] = std::array::from_fn(|cell| (!hidden[cell]).then_some(figures[cell]));
    let mut found: Vec<(usize, Guess)> = Vec::new();
    while let Some((cell, value, by)) = lines().iter().find_map(|line| alone(line, &known)) {
        known[cell] = Some(value);
        found.push((cell, Guess::Found { value, by }));
    }
    // The lines of a blurred table do not add up: they limit nothing.
    let limits = if is_blurred { [(0, COUNT_MAX); CELLS] } else { limits(&known) };
    found.extend((0..CELLS).filter(|cell| known[*cell].is_none()).map(|cell| (cell, Guess::Between(limits[cell].0, limits[cell].1))));
    found.sort_by_key(|(cell, _)| *cell);
    found
}

/// The one figure of a line that is not known, found from the others.
fn alone(line: &[usize], known: &[Option<i32>; CELLS]) -> Option<(usize, i32, Subtraction)> {
    let mut unknown = line.iter().filter(|cell| known[**cell].is_none());
    let (cell, None) = (*unknown.next()?, unknown.next()) else { return None };
    let (total, parts) = line.split_last()?;
    let of = |cells: &[usize]| cells.iter().filter_map(|cell| known[*cell]).collect::<Vec<i32>>();
    let others = of(parts);
    let sum: i32 = others.iter().sum();
    if cell == *total {
        return Some((cell, sum, Subtraction::Sum(others)));
    }
    let total = known[*total]?;
    Some((cell, total - sum, Subtraction::Less { total, others }))
}

/// Between what each figure must lie, knowing that none is negative: the limits of each line are drawn in until nothing moves.
fn limits(known: &[Option<i32>; CELLS]) -> [(i32, i32); CELLS] {
    let mut limits: [(i32, i32); CELLS] = std::array::from_fn(|cell| known[cell].map_or((0, COUNT_MAX), |value| (value, value)));
    loop {
        let before = limits;
        for line in lines() {
            let Some((total, parts)) = line.split_last() else { continue };
            let sum = |limits: &[(i32, i32); CELLS], without: Option<usize>| {
                let others = parts.iter().filter(|cell| Some(**cell) != without);
                others.fold((0, 0), |sum, cell| (sum.0 + limits[*cell].0, sum.1 + limits[*cell].1))
            };
            let all = sum(&limits, None);
            narrow(&mut limits[*total], all);
            for cell in parts {
                let others = sum(&limits, Some(*cell));
                let left = (limits[*total].0 - others.1, limits[*total].1 - others.0);
                narrow(&mut limits[*cell], left);
            }
        }
        if limits == before {
            return limits;
        }
    }
}

fn narrow(limits: &mut (i32, i32), by: (i32, i32)) {
    *limits = (limits.0.max(by.0), limits.1.min(by.1));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subsets() -> impl Iterator<Item = [bool; CELLS]> {
        (0_u32..1 << CELLS).map(|mask| std::array::from_fn(|cell| mask >> cell & 1 == 1))
    }

    #[test]
    fn the_table_adds_up_and_only_one_figure_is_too_small() {
        for line in lines() {
            let (total, parts) = line.split_last().unwrap();
            assert_eq!(parts.iter().map(|cell| TRUTH[*cell]).sum::<i32>(), TRUTH[*total]);
        }
        assert_eq!(TRUTH.iter().filter(|figure| **figure < COUNT_MIN).count(), 1);
    }

    #[test]
    fn what_is_found_is_true_and_limits_hold_the_truth() {
        for hidden in subsets() {
            let guesses = guesses(&hidden, false);
            assert_eq!(
                guesses.iter().map(|(cell, _)| *cell).collect::<Vec<_>>(),
                (0..CELLS).filter(|cell| hidden[*cell]).collect::<Vec<_>>()
            );
            for (cell, guess) in guesses {
                match guess {
                    Guess::Found { value, .. } => assert_eq!(value, TRUTH[cell], "{hidden:?}"),
                    Guess::Between(low, high) => assert!(low <= TRUTH[cell] && TRUTH[cell] <= high, "{hidden:?}"),
                }
            }
        }
    }

    /// Every way of filling the inner figures with small changes from the truth: what is said to be open is open.
    #[test]
    fn what_is_not_found_could_be_something_else() {
        let changes = (0..5_usize.pow(6)).map(|code| {
            let inner: [i32; 6] =
                std::array::from_fn(|place| i32::try_from(code / 5_usize.pow(u32::try_from(place).unwrap()) % 5).unwrap() - 2);
            let mut change = [0; CELLS];
            for (place, by) in inner.into_iter().enumerate() {
                let (row, column) = (place / 3, place % 3);
                for cell in [row * COLUMNS + column, row * COLUMNS + 3, 2 * COLUMNS + column, 2 * COLUMNS + 3] {
                    change[cell] += by;
                }
            }
            change
        });
        let changes: Vec<[i32; CELLS]> = changes.filter(|change| (0..CELLS).all(|cell| TRUTH[cell] + change[cell] >= 0)).collect();
        for hidden in subsets().step_by(7) {
            let fits = |change: &&[i32; CELLS]| (0..CELLS).all(|cell| hidden[cell] || change[cell] == 0);
            let fitting: Vec<&[i32; CELLS]> = changes.iter().filter(fits).collect();
            for (cell, guess) in guesses(&hidden, false) {
                let is_open = fitting.iter().any(|change| change[cell] != 0);
                assert_eq!(is_open, matches!(guess, Guess::Between(..)), "{cell} of {hidden:?}");
            }
        }
    }

    #[test]
    fn a_blurred_table_gives_wrong_figures() {
        let mut hidden = [false; CELLS];
        hidden[2] = true;
        let guess = &guesses(&hidden, true)[0].1;
        assert!(matches!(guess, Guess::Found { value, .. } if *value != TRUTH[2]), "{guess:?}");
    }
}
