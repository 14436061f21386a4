//! `apres review`: the pages where uncertain pairs are looked at, on the identifying side.
//!
//! A process of its own, on this machine alone (`docs/decisions/0015-review-of-pairs.md`). It opens the installation with the zone's key, as the worker does; the
//! site never does what is done here.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use apres_ingest::list::{Participant, Sexe};
use apres_ledger::ListState;
use apres_review::{Face, Pair, PairLine, ReviewDesk, ReviewFault, ReviewList, ReviewState, Weight, Zone};
use async_trait::async_trait;
use chrono::NaiveDate;
use tokio::net::TcpListener;

use crate::home::{Home, now, random};
use crate::pairs::{self, KeptPair};
use crate::{lists, site};

/// The review of an installation.
pub struct HomeReview {
    home: Arc<Home>,
}

impl HomeReview {
    /// The review of this installation.
    #[must_use]
    pub fn new(home: Arc<Home>) -> Self {
        Self { home }
    }

    async fn lists_to_review(&self) -> Result<Vec<ReviewList>> {
        let mut lists = Vec::new();
        for organisation in self.home.ledger.organisations().await.context("reading the organisations")? {
            for list in self.home.ledger.lists_of(&organisation.id).await.context("reading the lists")? {
                if list.state == ListState::Ready {
                    lists.push(ReviewList { id: list.id, name: list.name, organisation: organisation.name.clone() });
                }
            }
        }
        Ok(lists)
    }

    async fn kept(&self, list: &str) -> Result<Vec<KeptPair>> {
        let found = self.home.ledger.list(list).await.context("reading the list")?;
        if found.is_none_or(|list| list.state != ListState::Ready) {
            return Ok(Vec::new());
        }
        pairs::read(&self.home.identifying, list).await
    }

    async fn side_by_side(&self, list: &str, number: u64) -> Result<Option<Pair>> {
        let Some(kept) = self.kept(list).await?.into_iter().find(|pair| pair.pair == number) else { return Ok(None) };
        let (rows, _) = lists::participants(&self.home, list).await?;
        let Some(row) = rows.iter().find(|row| i64::from(row.line) == kept.line) else { return Ok(None) };
        Ok(Some(pair(&kept, row)))
    }
}

fn broken(attempt: &'static str) -> impl FnOnce(anyhow::Error) -> ReviewFault {
    move |source| ReviewFault { attempt, source: source.into() }
}

#[async_trait]
impl ReviewDesk for HomeReview {
    async fn lists(&self) -> Result<Vec<ReviewList>, ReviewFault> {
        self.lists_to_review().await.map_err(broken("reading the lists to review"))
    }

    async fn pairs(&self, list: &str) -> Result<Vec<PairLine>, ReviewFault> {
        let kept = self.kept(list).await.map_err(broken("reading the pairs of a list"))?;
        Ok(kept.iter().map(line).collect())
    }

    async fn pair(&self, list: &str, number: u64) -> Result<Option<Pair>, ReviewFault> {
        self.side_by_side(list, number).await.map_err(broken("reading a pair"))
    }

    async fn place_again(&self, list: &str) -> Result<(), ReviewFault> {
        Box::pin(lists::place_again(&self.home, list)).await.map_err(broken("placing the exits of a list again"))
    }
}

fn line(kept: &KeptPair) -> PairLine {
    PairLine {
        id: kept.pair,
        zone: match kept.zone {
            apres_link::review::Zone::Accept => Zone::Accept,
            apres_link::review::Zone::Review => Zone::Review,
            apres_link::review::Zone::Reject => Zone::Reject,
        },
        pattern: kept.pattern.clone(),
        probability: kept.probability,
        row: u64::try_from(kept.line).unwrap_or_default(),
    }
}

fn pair(kept: &KeptPair, row: &Participant) -> Pair {
    let weights = kept.weights.iter().map(|(field, level, bits, one_in)| Weight {
        field: field.clone(),
        level: level.clone(),
        bits: *bits,
        one_in: *one_in,
    });
    let [nom, nom_usage, prenoms, naissance, sexe] = kept.declared.clone();
    let theirs = Face {
        nom,
        nom_usage,
        prenoms,
        naissance: NaiveDate::parse_from_str(&naissance, "%Y-%m-%d").map_or(naissance, slashed),
        sexe: sex_word(match sexe.as_str() {
            "01" => Some(Sexe::Homme),
            "02" => Some(Sexe::Femme),
            _ => None,
        }),
        lieu: String::new(),
    };
    Pair { line: line(kept), ours: face(row), theirs, prior: kept.prior, weights: weights.collect() }
}

/// A row as its depositor wrote it; the only surname known stands where surnames do.
fn face(row: &Participant) -> Face {
    let (nom, nom_usage) = if row.nom_naissance.is_empty() { (&row.nom_usage, "") } else { (&row.nom_naissance, row.nom_usage.as_str()) };
    Face {
        nom: nom.clone(),
        nom_usage: nom_usage.to_owned(),
        prenoms: row.prenoms.clone(),
        naissance: row.naissance.map(slashed).unwrap_or_default(),
        sexe: sex_word(row.sexe),
        lieu: String::new(),
    }
}

fn slashed(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// The letter that both sides use.
fn sex_word(sexe: Option<Sexe>) -> String {
    match sexe {
        Some(Sexe::Femme) => "F".to_owned(),
        Some(Sexe::Homme) => "M".to_owned(),
        None => String::new(),
    }
}

/// Serves the review until told to stop.
///
/// # Errors
/// When the address is not one of this machine, or cannot be listened on.
pub async fn run(home: Arc<Home>, listen: &str) -> Result<()> {
    let address: SocketAddr = listen.parse().with_context(|| format!("{listen} is not an address: write 127.0.0.1:8610"))?;
    ensure!(
        address.ip().is_loopback(),
        "identities are shown to this machine only: listen on 127.0.0.1, and come through `ssh -L 8610:127.0.0.1:8610`"
    );
    let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {listen}: choose another port with --listen"))?;
    let ledger = home.ledger.clone();
    let draw = || random::<16>().ok().map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    let state = ReviewState::new(Arc::new(HomeReview::new(home)), ledger, Arc::new(now), Arc::new(draw));
    tracing::info!("the review is ready on http://{}", listener.local_addr().context("reading the address")?);
    apres_review::serve(listener, state, site::stopped()).await.context("serving the review")
}
