//! Typed values: read once from the bytes of a line, then never again.
//!
//! Text is a span into the bytes kept with the individual, so that reading allocates nothing per line and `Debug` shows no content.

use chrono::{Datelike, NaiveDate};

/// Days from 1970-01-01 to the Common Era origin used by `chrono`.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;

/// A value that a rubrique may hold.
pub(super) trait Value: Sized {
    /// Reads the value; `None` when the syntax is wrong.
    fn read(value: &[u8], bytes: &mut Vec<u8>) -> Option<Self>;
    /// Appends the value as a file writes it; `bytes` are those that texts point into.
    fn write(&self, bytes: &[u8], out: &mut Vec<u8>);
}

/// A text, as a span of the bytes kept beside the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texte {
    start: u32,
    len: u16,
}

impl Texte {
    /// The bytes, in UTF-8 whatever the file's encoding.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.start as usize + usize::from(self.len)]
    }

    /// Keeps a text beside a record that does not come from a file; `None` when it is too long for a rubrique.
    #[must_use]
    pub fn keep(value: &[u8], bytes: &mut Vec<u8>) -> Option<Self> {
        Self::read(value, bytes)
    }
}

impl Value for Texte {
    #[inline]
    fn read(value: &[u8], bytes: &mut Vec<u8>) -> Option<Self> {
        let is_blank = value.first().is_none_or(|c| *c <= b' ') && value.iter().all(|c| *c <= b' ');
        if is_blank {
            return None;
        }
        let span = Self { start: u32::try_from(bytes.len()).ok()?, len: u16::try_from(value.len()).ok()? };
        bytes.extend_from_slice(value);
        Some(span)
    }

    fn write(&self, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.of(bytes));
    }
}

/// A code of at most eight ASCII characters, kept in the record itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Code([u8; 8]);

impl Code {
    /// The code written in the source, for comparisons: `Code::new("71")`.
    ///
    /// # Panics
    /// When the text is longer than eight bytes; it is meant for constants.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        let text = text.as_bytes();
        let mut code = [0; 8];
        let mut place = 0;
        while place < text.len() {
            code[place] = text[place];
            place += 1;
        }
        Self(code)
    }

    /// The code of these characters; `None` when there are none, more than eight, or others than ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text.as_bytes(), &mut Vec::new())
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|c| *c == 0).unwrap_or(8);
        std::str::from_utf8(&self.0[..len]).unwrap_or("")
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Value for Code {
    #[inline]
    fn read(value: &[u8], _: &mut Vec<u8>) -> Option<Self> {
        let mut code = [0; 8];
        let fits = value.first().is_some_and(|c| *c > b' ') && value.len() <= 8 && value.is_ascii();
        if !fits {
            return None;
        }
        code[..value.len()].copy_from_slice(value);
        Some(Self(code))
    }

    fn write(&self, _: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }
}

/// A civil day, in days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jour(pub i32);

impl Jour {
    /// The day, when it exists.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(|date| Self(date.num_days_from_ce() - EPOCH_DAYS_FROM_CE))
    }

    /// The same, for the years from 1900 to 2099 and faster: a file holds a date every few lines.
    #[inline]
    fn of_this_age(year: u16, month: u8, day: u8) -> Option<Self> {
        const DAYS_BEFORE: [i32; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
        /// Days from 1900-01-01 to 1970-01-01.
        const DAYS_TO_EPOCH: i32 = 70 * 365 + 17;
        let years = i32::from(year) - 1900;
        let month = usize::from(month);
        if !(0..200).contains(&years) || !(1..=12).contains(&month) {
            return None;
        }
        // 1900 is no leap year, 2000 is one.
        let is_leap = years % 4 == 0 && years != 0;
        let length = DAYS_BEFORE[month] - DAYS_BEFORE[month - 1] + i32::from(is_leap && month == 2);
        let leap_days = (years - 1).max(0) / 4 + i32::from(is_leap && month > 2);
        let is_day = (1..=length).contains(&i32::from(day));
        is_day.then(|| Self(years * 365 + leap_days + DAYS_BEFORE[month - 1] + i32::from(day) - 1 - DAYS_TO_EPOCH))
    }

    /// Year, month and day.
    #[must_use]
    pub fn civil(self) -> (i32, u32, u32) {
        let date = NaiveDate::from_num_days_from_ce_opt(self.0 + EPOCH_DAYS_FROM_CE).unwrap_or_default();
        (date.year(), date.month(), date.day())
    }

    /// The month that holds the day, as `year * 12 + month - 1`.
    #[must_use]
    pub fn mois(self) -> i32 {
        let date = NaiveDate::from_num_days_from_ce_opt(self.0 + EPOCH_DAYS_FROM_CE).unwrap_or_default();
        date.year() * 12 + i32::try_from(date.month0()).unwrap_or(0)
    }
}

impl Value for Jour {
    /// JJMMAAAA, years 1900 to 2099.
    #[inline]
    fn read(value: &[u8], _: &mut Vec<u8>) -> Option<Self> {
        let (day, month, year) = day_month_year(value)?;
        Self::of_this_age(year, month, day)
    }

    fn write(&self, _: &[u8], out: &mut Vec<u8>) {
        let (year, month, day) = self.civil();
        out.extend_from_slice(format!("{day:02}{month:02}{year:04}").as_bytes());
    }
}

#[inline]
fn day_month_year(value: &[u8]) -> Option<(u8, u8, u16)> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const SIXES: u64 = 0x0606_0606_0606_0606;
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    let digits = u64::from_le_bytes(value.try_into().ok()?) ^ ZEROS;
    if (digits | (digits + SIXES)) & HIGH != 0 {
        return None;
    }
    // Two digits in every other byte: tens times ten, plus the units of the next byte.
    let [day, _, month, _, century, _, year, _] = (digits * 10 + (digits >> 8)).to_le_bytes();
    Some((day, month, u16::from(century) * 100 + u16::from(year)))
}

/// A birth date, of which the day or the month may be unknown (`00` or `99`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateNaissance {
    /// 1 to 31, or `None` when not known.
    pub jour: Option<u8>,
    /// 1 to 12, or `None` when not known.
    pub mois: Option<u8>,
    /// Always known.
    pub annee: u16,
}

impl DateNaissance {
    /// Reads JJMMAAAA.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text.as_bytes(), &mut Vec::new())
    }
}

impl std::fmt::Debug for DateNaissance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DateNaissance(**)")
    }
}

impl Value for DateNaissance {
    fn read(value: &[u8], _: &mut Vec<u8>) -> Option<Self> {
        let (day, month, year) = day_month_year(value)?;
        let known = |part: u8| (part != 0 && part != 99).then_some(part);
        let date = Self { jour: known(day), mois: known(month), annee: year };
        let is_month = date.mois.is_none_or(|m| m <= 12);
        let is_day = date.jour.is_none_or(|d| {
            d <= 31 && date.mois.is_none_or(|m| NaiveDate::from_ymd_opt(i32::from(year), u32::from(m.min(12)), u32::from(d)).is_some())
        });
        (is_month && is_day && (1800..2100).contains(&year)).then_some(date)
    }

    fn write(&self, _: &[u8], out: &mut Vec<u8>) {
        let (day, month, year) = (self.jour.unwrap_or(99), self.mois.unwrap_or(99), self.annee);
        out.extend_from_slice(format!("{day:02}{month:02}{year:04}").as_bytes());
    }
}

/// An amount in centimes; may be negative (a correction).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Montant(pub i64);

impl Value for Montant {
    #[inline]
    fn read(value: &[u8], _: &mut Vec<u8>) -> Option<Self> {
        hundredths(value).map(Self)
    }

    fn write(&self, _: &[u8], out: &mut Vec<u8>) {
        write_hundredths(self.0, out);
    }
}

/// A quantity (hours, days, quotité, rank) in hundredths; may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantite(pub i64);

impl Value for Quantite {
    #[inline]
    fn read(value: &[u8], _: &mut Vec<u8>) -> Option<Self> {
        hundredths(value).map(Self)
    }

    fn write(&self, _: &[u8], out: &mut Vec<u8>) {
        write_hundredths(self.0, out);
    }
}

/// A whole number of at most eighteen digits (orders, totals, identifiers).
impl Value for u64 {
    #[inline]
    fn read(value: &[u8], _: &mut Vec<u8>) -> Option<Self> {
        digits(value)
    }

    fn write(&self, _: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(self.to_string().as_bytes());
    }
}

#[inline]
fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value.iter().try_fold(0_u64, |total, c| c.is_ascii_digit().then(|| total * 10 + u64::from(c - b'0')))
}

/// `[-]digits[.dd]`, at most eighteen characters.
#[inline]
fn hundredths(value: &[u8]) -> Option<i64> {
    let (is_negative, unsigned) = match value.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, value),
    };
    if unsigned.len() > 18 {
        return None;
    }
    let total = match unsigned {
        [whole @ .., b'.', tenth, hundredth] => {
            let cents = digits(&[*tenth, *hundredth])?;
            digits(whole)? * 100 + cents
        }
        [whole @ .., b'.', tenth] => digits(whole)? * 100 + digits(&[*tenth])? * 10,
        whole => digits(whole)?.checked_mul(100)?,
    };
    let total = i64::try_from(total).ok()?;
    Some(if is_negative { -total } else { total })
}

fn write_hundredths(value: i64, out: &mut Vec<u8>) {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    out.extend_from_slice(format!("{sign}{}.{:02}", value / 100, value % 100).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jour(text: &str) -> Option<Jour> {
        Jour::read(text.as_bytes(), &mut Vec::new())
    }

    #[test]
    fn every_day_of_two_centuries_is_the_calendar_s() {
        for year in 1899..=2100_u16 {
            for (month, day) in (0..=13_u8).flat_map(|month| (0..=32_u8).map(move |day| (month, day))) {
                let expected = Jour::new(i32::from(year), u32::from(month), u32::from(day)).filter(|_| (1900..2100).contains(&year));
                assert_eq!(jour(&format!("{day:02}{month:02}{year:04}")), expected, "{year}-{month}-{day}");
            }
        }
    }

    #[test]
    fn date_is_eight_digits() {
        for odd in ["", "0101202", "010120240", "0101202a", "01/12024", "-1012024", "0101202:", "\u{e9}101202"] {
            assert_eq!(jour(odd), None, "{odd}");
        }
        assert_eq!(DateNaissance::read(b"00991888", &mut Vec::new()), Some(DateNaissance { jour: None, mois: None, annee: 1888 }));
    }
}
