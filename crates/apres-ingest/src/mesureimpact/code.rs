//! The table of what a check may find: a code, whether it stops the file, and in `codes.csv` what it means and what to do.

use std::sync::OnceLock;

use serde::Serialize;

/// The table, as it may be printed in a guide.
const TABLE: &str = include_str!("codes.csv");

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What may be found in a call file. `M` is about the file, `E` about the header, `L` about a line, `C` about a cohort.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

codes! {
    /// Empty file.
    M01,
    /// Not UTF-8.
    M02,
    /// Byte order mark.
    M03,
    /// CR LF.
    M04,
    /// Last line not ended.
    M05,
    /// Empty line.
    M06,
    /// No header.
    E01,
    /// Not seven fields.
    E02,
    /// Name of another form.
    E03,
    /// Name of another file.
    E04,
    /// Another partner.
    E05,
    /// Another service.
    E06,
    /// Day of sending.
    E07,
    /// Month of reference.
    E08,
    /// Number of lines.
    E09,
    /// The name tells another day.
    E10,
    /// Not a line 100.
    L01,
    /// Not nine fields.
    L02,
    /// No NIR.
    L03,
    /// NIR of another length.
    L04,
    /// Not a NIR.
    L05,
    /// NIR met before.
    L06,
    /// More identity than needed.
    L07,
    /// Not a SIREN.
    L08,
    /// Not a SIRET.
    L09,
    /// Key of the SIRET.
    L10,
    /// SIREN of another SIRET.
    L11,
    /// Not twenty values.
    L12,
    /// No exit.
    L13,
    /// Exit that is no day.
    L14,
    /// Exit after the day of sending.
    L15,
    /// No type of structure.
    L16,
    /// No employment zone.
    L17,
    /// A value that no one asked for.
    L18,
    /// Blanks around a value.
    L19,
    /// Code of structure.
    L20,
    /// Cohort too small.
    C01,
}

/// Whether a finding stops the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The file must not be sent.
    Bloquant,
    /// To be looked at.
    Avertissement,
}

impl Code {
    /// Whether it stops the file.
    #[must_use]
    pub fn level(self) -> Level {
        if self.row()[1] == "bloquant" { Level::Bloquant } else { Level::Avertissement }
    }

    /// What is wrong, in French.
    #[must_use]
    pub fn message(self) -> &'static str {
        self.row()[2]
    }

    /// What to do, in French.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        self.row()[3]
    }

    fn row(self) -> [&'static str; 4] {
        static ROWS: OnceLock<Vec<[&'static str; 4]>> = OnceLock::new();
        let rows = ROWS.get_or_init(|| {
            let fields = |line: &'static str| {
                let mut fields = line.split(';');
                [(); 4].map(|()| fields.next().unwrap_or_default())
            };
            TABLE.lines().skip(1).map(fields).collect()
        });
        rows[self as usize]
    }
}
