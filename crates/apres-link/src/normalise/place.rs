//! Places of birth and of residence: communes, départements, postcodes.
//!
//! Arrondissements are folded into their town, old départements into one group with those that they became (Seine, Seine-et-Oise, Corsica), and
//! those of colonial Algeria into "abroad". Only names and codes are read: which commune became which is not known here.

use super::{BREAK, Folded};
use crate::word::Word;

/// A département group: equal when they may be the same place at two dates. Zero is unknown.
pub(crate) type Departement = u16;

/// Born outside of France.
pub(crate) const ABROAD: Departement = 99;
/// Seine and Seine-et-Oise, cut in 1968 into 75, 78 and 91 to 95.
const PARIS_REGION_OLD: [Departement; 2] = [75, 78];
const PARIS_REGION_NEW: std::ops::RangeInclusive<Departement> = 91..=95;
/// Corsica was one département until 1976; 201 and 202 stand for 2A and 2B.
const CORSICA: [Departement; 3] = [20, 201, 202];

/// The name of a commune or country, glued, without its arrondissement; empty when nothing is said.
pub(crate) fn read_commune(cell: &Folded) -> Word {
    let mut commune = Word::EMPTY;
    for word in cell.words() {
        let is_noise = word == BREAK
            || word[0].is_ascii_digit()
            || matches!(word, b"CEDEX" | b"ARRONDISSEMENT" | b"ARR" | b"ARRDT" | b"SUR" | b"SOUS" | b"LES");
        if !is_noise {
            commune.push(match word {
                b"ST" => b"SAINT",
                b"STE" => b"SAINTE",
                other => other,
            });
        }
    }
    for town in [&b"PARIS"[..], b"LYON", b"MARSEILLE"] {
        // PARIS E, PARIS EME: the number went, what follows it did not.
        if commune.bytes().starts_with(town)
            && matches!(&commune.bytes()[town.len()..], b"E" | b"EME" | b"ER" | b"EARRONDISSEMENT" | b"ERARRONDISSEMENT")
        {
            return Word::new(town);
        }
    }
    if matches!(commune.bytes(), b"INCONNU" | b"INCONNUE" | b"NC" | b"NR" | b"ND" | b"NULL") { Word::EMPTY } else { commune }
}

/// A département from its code (`1`, `01`, `2A`, `971`), from a commune's code or from a postcode.
pub(crate) fn read_departement(cell: &[u8]) -> Departement {
    let mut kept = [0_u8; 5];
    let mut len = 0;
    for byte in cell.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        if len == kept.len() {
            return 0;
        }
        kept[len] = byte.to_ascii_uppercase();
        len += 1;
    }
    let code = &kept[..len];
    match code {
        [b'2', b'A', ..] => 201,
        [b'2', b'B', ..] => 202,
        [one] => digits(&[*one]),
        [b'9', second @ (b'7' | b'8'), third, ..] => digits(&[b'9', *second, *third]),
        // A postcode whose first zero a spreadsheet has eaten.
        [first, _, _, _] => digits(&[*first]),
        [first, second, ..] => digits(&[*first, *second]),
        [] => 0,
    }
}

/// Whether two départements may be the same at two dates.
pub(crate) fn may_be_same(left: Departement, right: Departement) -> bool {
    let is_of_paris = |code: Departement| PARIS_REGION_OLD.contains(&code) || PARIS_REGION_NEW.contains(&code);
    let is_old_of_paris = |code: Departement| PARIS_REGION_OLD.contains(&code);
    // Codes 91 to 94 were those of Algeria before 1962, and 99 is theirs since.
    let was_algeria = |code: Departement| (91..=94).contains(&code);
    left == right
        || (is_of_paris(left) && is_of_paris(right) && (is_old_of_paris(left) || is_old_of_paris(right)))
        || (CORSICA.contains(&left) && CORSICA.contains(&right) && (left == 20 || right == 20))
        || (left == ABROAD && was_algeria(right))
        || (right == ABROAD && was_algeria(left))
}

/// A postcode as a number; zero when there is none. Cedex numbers and spaces are tolerated, other texts are hashed.
pub(crate) fn read_postcode(cell: &[u8]) -> u32 {
    let mut code = 0_u32;
    for (count, byte) in cell.iter().filter(|byte| !byte.is_ascii_whitespace()).enumerate() {
        if !byte.is_ascii_digit() || count == 5 {
            return if count == 5 { code } else { other_postcode(cell) };
        }
        code = code * 10 + u32::from(byte - b'0');
    }
    code
}

/// The département of a postcode.
pub(crate) fn departement_of_postcode(code: u32) -> Departement {
    let whole = if (97_000..99_000).contains(&code) { 970 + (code / 100) % 10 } else { code / 1000 };
    Departement::try_from(if code < 1000 { 0 } else { whole }).unwrap_or(0)
}

/// A postcode with letters: a number out of the range of the French ones, the same for the same letters.
fn other_postcode(cell: &[u8]) -> u32 {
    let mut kept = Word::EMPTY;
    cell.iter().filter(|byte| byte.is_ascii_alphanumeric()).for_each(|byte| kept.push(&[byte.to_ascii_uppercase()]));
    if kept.is_empty() { 0 } else { 200_000_000 + u32::try_from(kept.hash() % 1_000_000_000).unwrap_or(0) }
}

fn digits(text: &[u8]) -> Departement {
    text.iter()
        .try_fold(0, |total: Departement, digit| digit.is_ascii_digit().then(|| total * 10 + Departement::from(digit - b'0')))
        .unwrap_or(0)
}
