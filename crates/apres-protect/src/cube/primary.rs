//! Which cells may not be published for what they are: too few people, or one contributor who can be told from the others.
//!
//! Sources of each rule: `docs/methods/closed-cube.md` §2. All comparisons are of whole numbers.

/// What is known of a cell, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// People (or businesses) that it is about.
    pub people: u64,
    /// For a sum of amounts, who makes it.
    pub amounts: Option<Amounts>,
}

/// Who makes the sum of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Sum of all amounts.
    pub total: u64,
    /// The largest amounts, one for each contributor, largest first: as many as the rules look at (two for *p %*, n for dominance).
    pub largest: Vec<u64>,
}

/// What becomes of cells with nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zeros {
    /// Hidden like any small cell.
    #[default]
    Protected,
    /// Published: that nobody is there is no secret.
    Said,
}

/// A few contributors make nearly all of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dominance {
    /// How many contributors.
    pub contributors: usize,
    /// More than this part of the sum, in percent.
    pub percent: u64,
}

/// The rules that a cell must pass by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryRules {
    /// Fewest people of a published cell.
    pub count_min: u64,
    /// What becomes of cells with nobody.
    pub zeros: Zeros,
    /// *n–k*: the largest contributors must not make more than this.
    pub dominance: Vec<Dominance>,
    /// *p %*: the second contributor must not know the first one's amount to this percentage.
    pub p_percent: Option<u64>,
    /// The sum of the hidden parts of a total is hidden as well when it is itself a small count, or when it leaves each of them fewer than this many
    /// values: two empty parts have a sum that gives both, and so have two parts just below `count_min`. At 0 nothing is done for sums.
    pub plausible_min: u64,
    /// Whoever is alone in a hidden cell knows it: no other one may be computed with it.
    pub protect_from_insiders: bool,
}

impl PrimaryRules {
    /// Counts of people: fewer than this are hidden, nobody included, and so are sums of hidden parts.
    #[must_use]
    pub fn people(count_min: u64, plausible_min: u64) -> Self {
        Self { count_min, zeros: Zeros::Protected, dominance: Vec::new(), p_percent: None, plausible_min, protect_from_insiders: true }
    }

    /// The rules of French business statistics: three contributors at least, none of them above 85 %.
    #[must_use]
    pub fn businesses() -> Self {
        let dominance = vec![Dominance { contributors: 1, percent: 85 }];
        Self { count_min: 3, zeros: Zeros::Said, dominance, p_percent: None, plausible_min: 2, protect_from_insiders: true }
    }

    /// Whether a cell must be hidden for what it is.
    #[must_use]
    pub fn hide(&self, facts: &Facts) -> bool {
        if facts.people == 0 {
            return self.zeros == Zeros::Protected;
        }
        facts.people < self.count_min || facts.amounts.as_ref().is_some_and(|amounts| self.is_told(amounts))
    }

    fn is_told(&self, amounts: &Amounts) -> bool {
        let (total, sum) =
            (u128::from(amounts.total), |of: usize| amounts.largest.iter().take(of).map(|&amount| u128::from(amount)).sum::<u128>());
        let is_dominated = |rule: &Dominance| 100 * sum(rule.contributors) > u128::from(rule.percent) * total;
        // The second subtracts his own amount: what the others add is all that blurs the first.
        let is_guessed =
            |percent: u64| amounts.largest.first().is_some_and(|&first| 100 * (total - sum(2)) < u128::from(percent) * u128::from(first));
        self.dominance.iter().any(is_dominated) || self.p_percent.is_some_and(is_guessed)
    }
}
