//! What the pages need from the identifying zone.
//!
//! Texts are those of the two rows, as written. There is no NIR: a weight tells whether the two agree.

use async_trait::async_trait;

/// What the pages ask of the identifying zone.
#[async_trait]
pub trait ReviewDesk: Send + Sync + 'static {
    /// The lists that were matched and are not erased.
    async fn lists(&self) -> Result<Vec<ReviewList>, ReviewFault>;

    /// The pairs of a list, by number; none for a list that is not there.
    async fn pairs(&self, list: &str) -> Result<Vec<PairLine>, ReviewFault>;

    /// A pair; `None` when there is none of this number.
    async fn pair(&self, list: &str, pair: u64) -> Result<Option<Pair>, ReviewFault>;

    /// Places the exits of the list again, as decided by now.
    async fn place_again(&self, list: &str) -> Result<(), ReviewFault>;
}

/// The identifying zone did not answer.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}")]
pub struct ReviewFault {
    /// What was attempted.
    pub attempt: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A list with pairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewList {
    /// Identifier.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// Name of the organisation that deposited it.
    pub organisation: String,
}

/// Where the linker puts a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// Taken as found without a review.
    Accept,
    /// To be reviewed.
    Review,
    /// Taken as not found without a review.
    Reject,
}

/// A pair, without whom it speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairLine {
    /// Number within the list.
    pub id: u64,
    /// Where the linker puts it.
    pub zone: Zone,
    /// The pairs of one pattern agree in the same way, field by field.
    pub pattern: String,
    /// Probability that both are one person, in ten-thousandths.
    pub probability: u32,
    /// The row of the list, by a number of the review's own: two pairs of one row compete.
    pub row: u64,
}

/// A pair, side by side.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    /// The pair.
    pub line: PairLine,
    /// The row of the list.
    pub ours: Face,
    /// What the declarations say.
    pub theirs: Face,
    /// What is known before anything is compared, in tenths of a bit.
    pub prior: i32,
    /// What each field adds.
    pub weights: Vec<Weight>,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair").field("line", &self.line).finish_non_exhaustive()
    }
}

/// A person as written on one side; what is not known is empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Face {
    /// Surname at birth.
    pub nom: String,
    /// Surname in use.
    pub nom_usage: String,
    /// First names.
    pub prenoms: String,
    /// Birth date, `jj/mm/aaaa`.
    pub naissance: String,
    /// Sex, as a word.
    pub sexe: String,
    /// Place of birth.
    pub lieu: String,
}

/// What a field adds to the weight of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// The field: `nom`, `prenom`, `date`, `sexe`, `lieu`, `code_postal`, `nir`, `proches`.
    pub field: String,
    /// How the two agree: a code of the message table.
    pub level: String,
    /// Tenths of a bit; negative when it speaks against.
    pub bits: i32,
    /// When the value itself is what counts: one person in so many bears it.
    pub one_in: Option<u64>,
}
