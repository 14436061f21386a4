//! The letters by which two texts differ.
//!
//! Case and accents do not count as differences; what is shown is what was written. The longest common run of letters is kept, so that one letter more does not
//! colour all that follows.

/// A run of letters of one of the two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The letters, as written.
    pub text: String,
    /// Whether the other text does not have them here.
    pub is_changed: bool,
}

/// Letters of a text that are compared; longer ones are shown as wholly different.
const LETTERS_MAX: usize = 200;

/// The two texts as runs that agree and runs that do not.
#[must_use]
pub fn diff(ours: &str, theirs: &str) -> (Vec<Span>, Vec<Span>) {
    let (ours, theirs): (Vec<char>, Vec<char>) = (ours.chars().collect(), theirs.chars().collect());
    if ours.len() > LETTERS_MAX || theirs.len() > LETTERS_MAX {
        let is_changed = ours != theirs;
        let whole = |letters: &[char]| vec![Span { text: letters.iter().collect(), is_changed }];
        return (whole(&ours), whole(&theirs));
    }
    let common = common_run(&ours, &theirs);
    let kept = |of: fn(&(usize, usize)) -> usize| common.iter().map(of).collect::<Vec<_>>();
    (spans(&ours, &kept(|pair| pair.0)), spans(&theirs, &kept(|pair| pair.1)))
}

/// Places of the longest common run, in both.
fn common_run(ours: &[char], theirs: &[char]) -> Vec<(usize, usize)> {
    let width = theirs.len() + 1;
    let mut lengths = vec![0_u32; (ours.len() + 1) * width];
    for our in (0..ours.len()).rev() {
        for their in (0..theirs.len()).rev() {
            lengths[our * width + their] = if are_same(ours[our], theirs[their]) {
                lengths[(our + 1) * width + their + 1] + 1
            } else {
                lengths[(our + 1) * width + their].max(lengths[our * width + their + 1])
            };
        }
    }
    let (mut our, mut their, mut common) = (0, 0, Vec::new());
    while our < ours.len() && their < theirs.len() {
        if are_same(ours[our], theirs[their]) {
            common.push((our, their));
            our += 1;
            their += 1;
        } else if lengths[(our + 1) * width + their] >= lengths[our * width + their + 1] {
            our += 1;
        } else {
            their += 1;
        }
    }
    common
}

fn spans(letters: &[char], kept: &[usize]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut kept = kept.iter().peekable();
    for (place, letter) in letters.iter().enumerate() {
        let is_changed = kept.next_if_eq(&&place).is_none();
        match spans.last_mut() {
            Some(last) if last.is_changed == is_changed => last.text.push(*letter),
            _ => spans.push(Span { text: letter.to_string(), is_changed }),
        }
    }
    spans
}

fn are_same(one: char, other: char) -> bool {
    one == other || plain(one) == plain(other)
}

/// The letter in capital without its accent, a space for a hyphen or an apostrophe: what the linker reads.
fn plain(letter: char) -> char {
    match letter {
        'à' | 'â' | 'ä' | 'á' | 'ã' | 'å' | 'À' | 'Â' | 'Ä' | 'Á' | 'Ã' | 'Å' => 'A',
        'ç' | 'Ç' => 'C',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'î' | 'ï' | 'í' | 'ì' | 'Î' | 'Ï' | 'Í' | 'Ì' => 'I',
        'ñ' | 'Ñ' => 'N',
        'ô' | 'ö' | 'ó' | 'ò' | 'õ' | 'Ô' | 'Ö' | 'Ó' | 'Ò' | 'Õ' => 'O',
        'ù' | 'û' | 'ü' | 'ú' | 'Ù' | 'Û' | 'Ü' | 'Ú' => 'U',
        'ÿ' | 'ý' | 'Ÿ' | 'Ý' => 'Y',
        '-' | '\'' | '’' | '\u{a0}' | '\u{202f}' => ' ',
        other => other.to_uppercase().next().unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(spans: &[Span]) -> String {
        spans.iter().map(|span| if span.is_changed { format!("[{}]", span.text) } else { span.text.clone() }).collect()
    }

    fn check(ours: &str, theirs: &str, expected: (&str, &str)) {
        let (left, right) = diff(ours, theirs);
        assert_eq!((shown(&left).as_str(), shown(&right).as_str()), expected);
    }

    #[test]
    fn only_the_letters_that_differ_are_marked() {
        check("Lefevre", "LEFEBVRE", ("Lefevre", "LEFE[B]VRE"));
        check("Hélène", "HELENE", ("Hélène", "HELENE"));
        check("Jean-Pierre", "JEAN PIERRE", ("Jean-Pierre", "JEAN PIERRE"));
        check("12/03/1985", "12/08/1985", ("12/0[3]/1985", "12/0[8]/1985"));
        check("", "MARTIN", ("", "[MARTIN]"));
        check("", "", ("", ""));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_was_written(ours in ".{0,30}", theirs in ".{0,30}") {
            let (left, right) = diff(&ours, &theirs);
            let whole = |spans: &[Span]| spans.iter().map(|span| span.text.as_str()).collect::<String>();
            prop_assert_eq!(whole(&left), ours.clone());
            prop_assert_eq!(whole(&right), theirs.clone());
            let same = |spans: &[Span]| spans.iter().filter(|span| !span.is_changed).map(|span| span.text.chars().count()).sum::<usize>();
            prop_assert_eq!(same(&left), same(&right));
            let (turned_right, turned_left) = diff(&theirs, &ours);
            prop_assert_eq!(same(&left), same(&turned_left));
            prop_assert_eq!(same(&right), same(&turned_right));
            prop_assert!(diff(&ours, &ours).0.iter().all(|span| !span.is_changed));
        }
    }
}
