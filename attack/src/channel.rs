//! Side channels: two answers that should not be told apart, compared by their words, their length, their headers and their time.

use std::time::Duration;

use crate::site::Answer;

/// How far two kinds of answers can be told apart by the time that they take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// How often one of the first kind takes longer than one of the second; a half when time tells nothing.
    pub auc: f64,
    /// Medians, in milliseconds.
    pub medians: [f64; 2],
}

impl Times {
    /// Compares the times of two kinds of answers.
    #[must_use]
    pub fn of(first: &[Duration], second: &[Duration]) -> Self {
        let mut wins = 0.0;
        for one in first {
            wins += second
                .iter()
                .map(|other| {
                    if one > other {
                        1.0
                    } else if one == other {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum::<f64>();
        }
        let pairs = f64::from(u32::try_from(first.len() * second.len()).unwrap_or(u32::MAX)).max(1.0);
        Self { auc: wins / pairs, medians: [median(first), median(second)] }
    }

    /// The first median over the second.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.medians[0] / self.medians[1]
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// What differs between two answers, once what was asked is written the same way in both: what each calls it is given, in the same order, the longest first.
#[must_use]
pub fn difference(first: (&Answer, &[&str]), second: (&Answer, &[&str])) -> Option<String> {
    if first.0.status != second.0.status {
        return Some(format!("status {} and {}", first.0.status, second.0.status));
    }
    let lines = |(answer, asked): (&Answer, &[&str])| {
        let headers = answer.headers.iter().filter(|(name, _)| name != "content-length").map(|(name, value)| format!("{name}: {value}"));
        let written = |text: String| asked.iter().enumerate().fold(text, |text, (place, name)| text.replace(name, &format!("<{place}>")));
        headers.chain(answer.body.lines().map(str::to_owned)).map(written).collect::<Vec<_>>()
    };
    let (first, second) = (lines(first), lines(second));
    if first.len() != second.len() {
        return Some(format!("{} lines and {}", first.len(), second.len()));
    }
    first.iter().zip(&second).find(|(one, other)| one != other).map(|(one, other)| format!("« {one} » and « {other} »"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(milliseconds: &[u64]) -> Vec<Duration> {
        milliseconds.iter().map(|time| Duration::from_millis(*time)).collect()
    }

    #[test]
    fn times_that_differ_are_told_apart_and_equal_ones_are_not() {
        let told = Times::of(&times(&[10, 11, 12]), &times(&[1, 2, 3]));
        assert!((told.auc - 1.0).abs() < 1e-9 && told.ratio() > 5.0, "{told:?}");
        let same = Times::of(&times(&[1, 2, 3]), &times(&[1, 2, 3]));
        assert!((same.auc - 0.5).abs() < 1e-9 && (same.ratio() - 1.0).abs() < 1e-9, "{same:?}");
    }

    #[test]
    fn a_word_more_is_a_difference_and_the_question_is_none() {
        let answer = |body: &str| Answer { status: 200, headers: Vec::new(), body: body.to_owned(), took: Duration::ZERO };
        let (women, men) = (answer("Sexe : Femmes\nTrop peu"), answer("Sexe : Hommes\nTrop peu"));
        assert_eq!(difference((&women, &["Femmes"]), (&men, &["Hommes"])), None);
        assert!(difference((&women, &["Femmes"]), (&answer("Sexe : Hommes\nTrop proche"), &["Hommes"])).is_some());
    }
}
