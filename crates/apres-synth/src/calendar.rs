//! Civil days and months as small integers.
//!
//! The simulation compares and adds millions of dates, so a day is a count from 1970-01-01 and a month a count from year 0. Conversions follow
//! the proleptic Gregorian calendar. No clock is read here.

/// A civil day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i32);

/// A civil month: twelve times the year, plus the month from 0 to 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month(pub(crate) i32);

impl Day {
    /// The day of a year, a month from 1 to 12 and a day of that month.
    pub(crate) fn from_ymd(year: i32, month: i32, day: i32) -> Self {
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted - era * 400;
        let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month from 1 to 12, day from 1 to 31.
    pub(crate) fn ymd(self) -> (i32, i32, i32) {
        let z = self.0 + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z - era * 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        (year_of_era + era * 400 + i32::from(month <= 2), month, day)
    }

    pub(crate) fn year(self) -> i32 {
        self.ymd().0
    }

    pub(crate) fn month(self) -> Month {
        let (year, month, _) = self.ymd();
        Month(year * 12 + month - 1)
    }

    pub(crate) fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// The same day `months` later, clipped to the end of the month.
    pub(crate) fn plus_months(self, months: i32) -> Self {
        let (_, _, day) = self.ymd();
        let month = self.month().plus(months);
        Self(month.first_day().0 + day.min(month.length()) - 1)
    }

    /// `JJMMAAAA`, as the norm writes dates.
    pub(crate) fn jjmmaaaa(self) -> [u8; 8] {
        let (year, month, day) = self.ymd();
        let mut text = [0; 8];
        write_digits(&mut text[0..2], day);
        write_digits(&mut text[2..4], month);
        write_digits(&mut text[4..8], year);
        text
    }

    pub(crate) fn iso(self) -> String {
        let (year, month, day) = self.ymd();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `jj/mm/aaaa`, as people write dates.
    pub(crate) fn slashed(self) -> String {
        let (year, month, day) = self.ymd();
        format!("{day:02}/{month:02}/{year:04}")
    }

    /// Days since 1899-12-30, as spreadsheets count.
    pub(crate) fn spreadsheet_serial(self) -> i32 {
        self.0 + 25_569
    }

    pub(crate) fn quarter(self) -> Quarter {
        self.month().quarter()
    }
}

fn write_digits(place: &mut [u8], number: i32) {
    let mut rest = number;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
}

impl Month {
    pub(crate) fn new(year: i32, month: u32) -> Self {
        Self(year * 12 + i32::try_from(month).unwrap_or(1) - 1)
    }

    pub(crate) fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// From 1 to 12.
    pub(crate) fn number(self) -> i32 {
        self.0.rem_euclid(12) + 1
    }

    pub(crate) fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    pub(crate) fn first_day(self) -> Day {
        Day::from_ymd(self.year(), self.number(), 1)
    }

    pub(crate) fn last_day(self) -> Day {
        self.plus(1).first_day().plus(-1)
    }

    pub(crate) fn length(self) -> i32 {
        self.plus(1).first_day().0 - self.first_day().0
    }

    /// `aaaa-mm`, the name of a folder.
    pub(crate) fn name(self) -> String {
        format!("{:04}-{:02}", self.year(), self.number())
    }

    pub(crate) fn quarter(self) -> Quarter {
        Quarter(self.0.div_euclid(3))
    }
}

/// A civil quarter: four times the year, plus the quarter from 0 to 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Quarter(pub(crate) i32);

impl Quarter {
    pub(crate) fn last_month(self) -> Month {
        Month(self.0 * 3 + 2)
    }

    /// `2024T3`.
    pub(crate) fn name(self) -> String {
        format!("{:04}T{}", self.0.div_euclid(4), self.0.rem_euclid(4) + 1)
    }
}
