//! Remarks: what is odd in the data, with a code, a rubrique and a line.
//!
//! A remark never holds the value: a NIR or a name must not reach a report.

use super::Rubrique;

/// What a remark is about. The families are those of the norm's controls (CST structure, CSL syntax, CCH coherence).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkCode {
    /// The line does not have the shape of a DSN line, or is longer than 256 characters.
    LineUnreadable,
    /// CSL-00: the value does not have the syntax of its rubrique.
    CslSyntax,
    /// The value is empty or blank.
    CstEmptyValue,
    /// CST-11: S90.G00.90.001 is not the number of rubriques of the send.
    CstTotalRubriques,
    /// CST: S90.G00.90.002 is not the number of declarations of the send.
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
    /// CSL-00: the code is not in the norm's list.
    CslCode,
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
    /// A monthly declaration of a type that the norm does not allow for it.
    CchType,
    /// A lot or a group announces another number of objects than it holds.
    LotTotal,
    /// A declaration identical in key, date and order to another one but different in content.
    CidConflict,
}

impl RemarkCode {
    /// Whether the declaration (or the send) is refused.
    #[must_use]
    pub fn is_blocking(self) -> bool {
        matches!(
            self,
            Self::CstTotalRubriques
                | Self::CstTotalDeclarations
                | Self::CstNoTotal
                | Self::CstOrphanBloc
                | Self::CstMissing
                | Self::CstOrder
                | Self::CstRepeated
                | Self::CstTooMany
                | Self::CstForbidden
                | Self::CstForeignBloc
                | Self::CstTooLong
                | Self::CslNature
                | Self::CchNoIdentity
                | Self::CchType
        )
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
}
