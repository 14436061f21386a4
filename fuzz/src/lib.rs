//! What the fuzz targets share: a sink that checks the reader's promises.

use apres_ingest::dsn::{Arbre, EnTete, LieuTravail, Reader, Report, Sink, Verdict};
use xxhash_rust::xxh3::Xxh3;

/// Follows what the reader hands over, stops at the first broken promise, and keeps a digest of all that it was told.
#[derive(Default)]
pub struct Witness {
    is_open: bool,
    accepted_in_send: u64,
    told: Xxh3,
    /// Declarations that stand.
    pub standing: u64,
}

impl Witness {
    fn tell(&mut self, what: &str) {
        self.told.update(what.as_bytes());
    }
}

impl Sink for Witness {
    fn declaration_begin(&mut self, head: &EnTete) {
        assert!(!self.is_open, "a declaration begins inside another one");
        self.is_open = true;
        self.tell(&format!("begin {head:?}"));
    }

    fn individu(&mut self, _: &EnTete, arbre: &Arbre) {
        assert!(self.is_open, "an individual stands outside of a declaration");
        let parents = [
            (arbre.contrats.len(), arbre.fins.iter().map(|(place, _)| *place).max()),
            (arbre.contrats.len(), arbre.changements_contrat.iter().map(|(place, _)| *place).max()),
            (arbre.versements.len(), arbre.remunerations.iter().map(|(place, _)| *place).max()),
            (arbre.remunerations.len(), arbre.activites.iter().map(|(place, _)| *place).max()),
        ];
        for (parents, place) in parents {
            assert!(place.is_none_or(|place| place < parents), "a child names a parent that is not there");
        }
        self.tell(&format!("{arbre:?}"));
    }

    fn lieu(&mut self, _: &EnTete, lieu: &LieuTravail, _: &[u8]) {
        assert!(self.is_open, "a place of work stands outside of a declaration");
        self.tell(&format!("{lieu:?}"));
    }

    fn declaration_end(&mut self, _: &EnTete, verdict: Verdict, digest: u64) {
        assert!(self.is_open, "a declaration ends that never began");
        self.is_open = false;
        self.accepted_in_send += u64::from(verdict == Verdict::Accepted);
        self.tell(&format!("end {verdict:?} {digest}"));
    }

    fn send_end(&mut self, verdict: Verdict) {
        assert!(!self.is_open, "a send ends inside a declaration");
        let accepted = std::mem::take(&mut self.accepted_in_send);
        self.standing += if verdict == Verdict::Accepted { accepted } else { 0 };
        self.tell(&format!("send {verdict:?}"));
    }
}

/// Reads bytes in chunks of this size; gives the report, and the digest of what the sink was told.
#[must_use]
pub fn read(bytes: &[u8], chunk: usize) -> (Report, u64) {
    let mut witness = Witness::default();
    let mut reader = Reader::new();
    for part in bytes.chunks(chunk.max(1)) {
        reader.push(part, &mut witness);
    }
    let report = reader.finish(&mut witness);
    assert!(!witness.is_open, "the file ends inside a declaration");
    assert_eq!(report.declarations_accepted(), witness.standing, "the report counts what the sink was not given");
    (report, witness.told.digest())
}
