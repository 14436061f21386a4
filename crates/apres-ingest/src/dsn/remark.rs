//! Remarks: what is odd in the data, with a code, a rubrique, a line and what may be shown of the value.
//!
//! A remark never holds an identity: of a NIR, a name, a birth, an address, a pay or a contract's number it keeps the length and nothing to read.
//! Which rubriques are shown is said by `norme/syntaxe.csv`; a rubrique that is not there is not shown. It owns no heap.

use super::Rubrique;
use super::controls::{self, ControlId, Row};

/// What a remark is about. The families are those of the norm's controls (CST structure, CSL syntax, CCH coherence).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemarkCode {
    /// The line does not have the shape of a DSN line, or is longer than 256 characters.
    LineUnreadable,
    /// CSL-00: the value does not have the syntax of its rubrique.
    CslSyntax,
    /// The code is not in the list of its rubrique for the norm of the send.
    CslCode,
    /// The value begins or ends with a blank.
    CslBlank,
    /// The value holds a character that its rubrique does not allow.
    CslCharacter,
    /// CSL-11 of contract numbers: a character that a number may not hold.
    CslNumero,
    /// The value is empty or blank.
    CstEmptyValue,
    /// CST-11: S90.G00.90.001 is not the number of rubriques of the send.
    CstTotalRubriques,
    /// CST-11: S90.G00.90.002 is not the number of declarations of the send.
    CstTotalDeclarations,
    /// The send has no S90 total (truncated file).
    CstNoTotal,
    /// A line stands outside of any send.
    CstOutsideSend,
    /// A block stands without the block that it hangs on.
    CstOrphanBloc,
    /// A rubrique or a block that careers or identity need is not there.
    CstMissing,
    /// A mandatory rubrique or block is not there, and one can do without it: said once per declaration.
    CstAbsent,
    /// A block or a rubrique does not come in the norm's order.
    CstOrder,
    /// A rubrique comes twice in the same block.
    CstRepeated,
    /// A parent holds more of this block than it may.
    CstTooMany,
    /// The nature of the declaration forbids this rubrique.
    CstForbidden,
    /// The nature of the declaration does not have this block.
    CstForeignBloc,
    /// The rubrique exists, but not in the norm that the send names.
    CstOtherNorm,
    /// A rule of structure known only from a neighbouring norm is not kept.
    CstNearestNorm,
    /// The norm knows nothing of this rubrique; it was left out.
    CstUnknown,
    /// An individual is longer than any real one; the rest of it was left out.
    CstTooLong,
    /// The send names a norm whose lists are not known: the nearest ones are used.
    NormeNearest,
    /// The file is in UTF-8 and not in ISO-8859-1.
    EncodingUtf8,
    /// The file is in Windows-1252 and not in ISO-8859-1.
    EncodingWindows,
    /// Texts of the file are not all in the same encoding.
    EncodingMixed,
    /// An unknown nature of declaration.
    CslNature,
    /// Neither a NIR nor an NTT: the individual cannot be followed.
    CchNoIdentity,
    /// The identifier does not follow the syntax of a NIR.
    CslNir,
    /// An unknown type of declaration.
    CchType,
    /// A lot or a group announces another number of objects than it holds.
    LotTotal,
    /// A declaration identical in key, date and order to another one but different in content.
    CidConflict,
    /// A coherence control of `norme/controles.csv`.
    Control(ControlId),
}

impl RemarkCode {
    /// The row of the table of controls: code, message, blocking or not.
    #[must_use]
    pub fn row(self) -> &'static Row {
        match self {
            Self::Control(id) => controls::row(id),
            other => controls::row_of_key(other.key()),
        }
    }

    /// Whether the declaration (or the send) is refused.
    #[must_use]
    pub fn is_blocking(self) -> bool {
        self.row().is_blocking
    }

    /// Every code but those of the levels' controls.
    #[cfg(test)]
    pub(super) const OF_THE_READER: [Self; 33] = [
        Self::LineUnreadable,
        Self::CslSyntax,
        Self::CslCode,
        Self::CslBlank,
        Self::CslCharacter,
        Self::CslNumero,
        Self::CstEmptyValue,
        Self::CstTotalRubriques,
        Self::CstTotalDeclarations,
        Self::CstNoTotal,
        Self::CstOutsideSend,
        Self::CstOrphanBloc,
        Self::CstMissing,
        Self::CstAbsent,
        Self::CstOrder,
        Self::CstRepeated,
        Self::CstTooMany,
        Self::CstForbidden,
        Self::CstForeignBloc,
        Self::CstOtherNorm,
        Self::CstNearestNorm,
        Self::CstUnknown,
        Self::CstTooLong,
        Self::NormeNearest,
        Self::EncodingUtf8,
        Self::EncodingWindows,
        Self::EncodingMixed,
        Self::CslNature,
        Self::CchNoIdentity,
        Self::CslNir,
        Self::CchType,
        Self::LotTotal,
        Self::CidConflict,
    ];

    /// Rubrique and code of its row.
    fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::LineUnreadable => ("*", "PRE-LIGNE"),
            Self::CslSyntax => ("*", "CSL-00"),
            Self::CslCode => ("*", "CSL-LISTE"),
            Self::CslBlank => ("*", "CSL-BLANC"),
            Self::CslCharacter => ("*", "CSL-CARACTERE"),
            Self::CslNumero => ("*", "CSL-11"),
            Self::CstEmptyValue => ("*", "CST-VIDE"),
            Self::CstTotalRubriques => ("S90.G00.90.001", "CST-11"),
            Self::CstTotalDeclarations => ("S90.G00.90.002", "CST-11"),
            Self::CstNoTotal => ("*", "CST-TOTAL"),
            Self::CstOutsideSend => ("*", "CST-HORS-ENVOI"),
            Self::CstOrphanBloc => ("*", "CST-ORPHELIN"),
            Self::CstMissing => ("*", "CST-MANQUANT"),
            Self::CstAbsent => ("*", "CST-ABSENT"),
            Self::CstOrder => ("*", "CST-ORDRE"),
            Self::CstRepeated => ("*", "CST-REPETE"),
            Self::CstTooMany => ("*", "CST-NOMBRE"),
            Self::CstForbidden => ("*", "CST-INTERDIT"),
            Self::CstForeignBloc => ("*", "CST-BLOC-INTERDIT"),
            Self::CstOtherNorm => ("*", "CST-AUTRE-NORME"),
            Self::CstNearestNorm => ("*", "CST-NORME-VOISINE"),
            Self::CstUnknown => ("*", "CST-INCONNU"),
            Self::CstTooLong => ("*", "CST-TROP-LONG"),
            Self::NormeNearest => ("S10.G00.00.006", "CSL-NORME"),
            Self::EncodingUtf8 => ("*", "PRE-UTF-8"),
            Self::EncodingWindows => ("*", "PRE-WINDOWS-1252"),
            Self::EncodingMixed => ("*", "PRE-ENCODAGE"),
            Self::CslNature => ("S20.G00.05.001", "CSL-LISTE"),
            Self::CchNoIdentity => ("S21.G00.30.020", "CCH-12"),
            Self::CslNir => ("S21.G00.30.001", "CSL-00"),
            Self::CchType => ("S20.G00.05.002", "CSL-LISTE"),
            Self::LotTotal => ("*", "LOT-TOTAL"),
            Self::CidConflict => ("*", "CID-CONFLIT"),
            Self::Control(_) => unreachable!("a control has its own row"),
        }
    }
}

impl serde::Serialize for RemarkCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.row().code)
    }
}

/// Something odd, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remark {
    /// What.
    pub code: RemarkCode,
    /// On which rubrique, when there is one.
    pub rubrique: Option<Rubrique>,
    /// Line of the file, from 1.
    pub line: u64,
    /// What may be shown of the value, when there is one.
    pub value: Option<Shown>,
}

/// Characters that a remark keeps of a value.
const SHOWN_BYTES: usize = 14;

/// What may be shown of a value: itself when its rubrique is not personal, only its length otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    is_masked: bool,
    len: u8,
    bytes: [u8; SHOWN_BYTES],
}

impl Shown {
    /// What may be shown of this value of this rubrique.
    #[must_use]
    pub fn of(rubrique: Rubrique, value: &[u8]) -> Self {
        let is_masked = !controls::is_shown(rubrique);
        let text = std::str::from_utf8(value).unwrap_or_default();
        let mut bytes = [0; SHOWN_BYTES];
        if !is_masked {
            let end = text.floor_char_boundary(SHOWN_BYTES);
            bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
        }
        Self { is_masked, len: u8::try_from(text.chars().count()).unwrap_or(u8::MAX), bytes }
    }
}

impl std::fmt::Display for Shown {
    /// Stars, or the first characters and `…` when there are more.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        let len = usize::from(self.len);
        if self.is_masked {
            return f.write_str(&"*".repeat(len));
        }
        let kept = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(SHOWN_BYTES);
        let text = std::str::from_utf8(&self.bytes[..kept]).unwrap_or_default();
        for letter in text.chars() {
            f.write_char(if letter.is_control() { '?' } else { letter })?;
        }
        if len > text.chars().count() { f.write_str("…") } else { Ok(()) }
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
