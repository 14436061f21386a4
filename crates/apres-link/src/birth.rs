//! Birth dates in all the forms that lists have, as three numbers of which any may be unknown.
//!
//! A date is read without judging it: a thirty-first of June is a slip of someone's pen, and one digit from the right day. The order of day and month
//! is the French one unless the numbers say otherwise; comparisons forgive a swap.

/// A birth date; zero is "not known".
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Birth {
    /// Year.
    pub(crate) year: u16,
    /// Month.
    pub(crate) month: u8,
    /// Day of the month.
    pub(crate) day: u8,
}

/// The latest birth year that two digits may mean, when nothing else is said: people at work are older.
pub(crate) const SHORT_YEAR_MAX: u16 = 2012;

/// Dates that are written when the day, or the day and the month, are not known: 01/01 above all, for people born abroad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any other day.
    Ordinary,
    /// The first day of a month.
    FirstOfMonth,
    /// The first of January.
    FirstOfYear,
}

const MONTHS: [&[u8; 3]; 12] = [b"JAN", b"FEV", b"MAR", b"AVR", b"MAI", b"JUI", b"JUL", b"AOU", b"SEP", b"OCT", b"NOV", b"DEC"];

impl Birth {
    /// Reads a cell; what is no date gives three unknowns.
    pub(crate) fn read(cell: &[u8]) -> Self {
        if let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = cell
            && let (Some(year), Some(month), Some(day)) = (number(&[*y1, *y2, *y3, *y4]), number(&[*m1, *m2]), number(&[*d1, *d2]))
        {
            return Self::of(year, month, day);
        }
        Self::read_other(cell)
    }

    /// Whether day, month and year are known.
    pub(crate) const fn is_whole(self) -> bool {
        self.year != 0 && self.month != 0 && self.day != 0
    }

    /// Whether at least the year is known.
    pub(crate) const fn is_known(self) -> bool {
        self.year != 0
    }

    /// The digits as people type them: day, month, year of the century.
    pub(crate) fn typed(self) -> [u8; 6] {
        let two = |value: u16| [value / 10 % 10, value % 10].map(|digit| u8::try_from(digit).unwrap_or(0));
        let ([a, b], [c, d], [e, f]) = (two(u16::from(self.day)), two(u16::from(self.month)), two(self.year % 100));
        [a, b, c, d, e, f]
    }

    /// Which of the dates that stand for an unknown one it may be.
    pub(crate) const fn kind(self) -> Kind {
        match (self.month, self.day) {
            (1, 1) => Kind::FirstOfYear,
            (_, 1) => Kind::FirstOfMonth,
            _ => Kind::Ordinary,
        }
    }

    /// One number for a date whatever the order of its day and month.
    pub(crate) fn unordered(self) -> u64 {
        let (low, high) = (self.month.min(self.day), self.month.max(self.day));
        u64::from(self.year) << 16 | u64::from(low) << 8 | u64::from(high)
    }

    /// Days since a day before everyone's birth, months counted as thirty-one days: for differences of years only.
    pub(crate) fn rough_days(self) -> i32 {
        i32::from(self.year) * 372 + i32::from(self.month) * 31 + i32::from(self.day)
    }

    fn of(year: u16, month: u16, day: u16) -> Self {
        // The DSN writes 99 for a day or a month that is not known; the NIR has codes beyond 12 for months.
        let part = |value: u16| if value == 99 { 0 } else { u8::try_from(value).unwrap_or(0) };
        let (month, day) = (part(month), part(day));
        if !(1850..=2100).contains(&year) {
            return Self::default();
        }
        if month > 12 && (1..=12).contains(&day) && month <= 31 {
            return Self { year, month: day, day: month };
        }
        Self { year, month, day }
    }

    fn read_other(cell: &[u8]) -> Self {
        let mut numbers = [(0_u16, 0_usize); 3];
        let mut found = 0;
        let mut at = 0;
        while at < cell.len() && found < 3 {
            let run = cell[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if run > 0 {
                if run >= 5 {
                    return if found == 0 { Self::read_digits(&cell[at..at + run]) } else { Self::default() };
                }
                numbers[found] = (number(&cell[at..at + run]).unwrap_or(0), run);
                found += 1;
                at += run;
                continue;
            }
            let word = cell[at..].iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
            if let Some(month) = month_named(&cell[at..at + word]) {
                numbers[found] = (month, 2);
                found += 1;
            } else if cell[at..at + word].iter().any(|byte| matches!(byte.to_ascii_uppercase(), b'X')) || matches!(cell[at], b'?' | b'_') {
                // An unknown part: XX/XX/1985, ??/1985.
                numbers[found] = (0, 2);
                found += 1;
                at += cell[at..].iter().take_while(|byte| matches!(byte.to_ascii_uppercase(), b'X' | b'?' | b'_')).count().max(1);
                continue;
            }
            at += word.max(1);
        }
        match (&numbers[..found.min(3)], found) {
            ([(year, 4), (month, _), (day, _)], 3) => Self::of(*year, *month, *day),
            ([(day, _), (month, _), (year, 4)], 3) => Self::of(*year, *month, *day),
            ([(day, _), (month, _), (year, 1 | 2)], 3) => Self::of(in_century(*year), *month, *day),
            ([(month, 1 | 2), (year, 4)], 2) | ([(year, 4), (month, 1 | 2)], 2) => Self::of(*year, *month, 0),
            ([(year, 4)], 1) => Self::of(*year, 0, 0),
            _ => Self::default(),
        }
    }

    /// Digits without separators: a spreadsheet's serial, or a date whose first zero may have been eaten.
    fn read_digits(digits: &[u8]) -> Self {
        match digits.len() {
            5 => number_large(digits).map_or_else(Self::default, of_serial),
            6 => parts(digits, [2, 2, 2]).map_or_else(Self::default, |[day, month, year]| Self::of(in_century(year), month, day)),
            7 => parts(digits, [1, 2, 4]).map_or_else(Self::default, |[day, month, year]| Self::of(year, month, day)),
            _ => {
                let eight = &digits[..8];
                let year_first =
                    parts(eight, [4, 2, 2]).map(|[year, month, day]| Self::of(year, month, day)).filter(|birth| birth.year != 0);
                let day_first = || parts(eight, [2, 2, 4]).map(|[day, month, year]| Self::of(year, month, day));
                year_first.or_else(day_first).unwrap_or_default()
            }
        }
    }
}

/// The date of a spreadsheet's serial: days since 30/12/1899.
fn of_serial(serial: u32) -> Birth {
    // Howard Hinnant's civil-from-days, on days since 0000-03-01.
    let days = serial + 693_899;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    let small = |value: u32| u16::try_from(value).unwrap_or(0);
    Birth::of(small(year), small(month), small(day))
}

fn in_century(year: u16) -> u16 {
    if 2000 + year <= SHORT_YEAR_MAX { 2000 + year } else { 1900 + year }
}

fn month_named(word: &[u8]) -> Option<u16> {
    let mut start = [0_u8; 4];
    let letters = word.iter().filter_map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Some(byte.to_ascii_uppercase()),
        // The accents of février, août and décembre, in UTF-8 or Windows-1252.
        0xa9 | 0xe9 | 0x89 | 0xc9 => Some(b'E'),
        0xbb | 0xfb | 0x9b | 0xdb => Some(b'U'),
        _ => None,
    });
    start.iter_mut().zip(letters).for_each(|(place, letter)| *place = letter);
    match &start {
        b"JUIN" => Some(6),
        b"JUIL" => Some(7),
        _ => MONTHS.iter().position(|month| start.starts_with(&month[..])).and_then(|place| u16::try_from(place + 1).ok()),
    }
}

fn parts(digits: &[u8], lengths: [usize; 3]) -> Option<[u16; 3]> {
    let (first, rest) = digits.split_at(lengths[0]);
    let (second, third) = rest.split_at(lengths[1]);
    Some([number(first)?, number(second)?, number(third)?])
}

fn number(digits: &[u8]) -> Option<u16> {
    number_large(digits).and_then(|value| u16::try_from(value).ok())
}

fn number_large(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |total, digit| digit.is_ascii_digit().then(|| total * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests;
