//! Small files, and what comes out.

use super::lines::{Cells, Pieces, rows};
use super::{ColumnMap, CsvFault, link};
use crate::linker::Options;

fn cells(text: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    rows(text.as_bytes(), b',', &mut Cells::default(), |cells| {
        lines.push((0..3).map(|place| String::from_utf8_lossy(cells.get(place)).into_owned()).collect());
    });
    lines
}

fn matched(list: &str, reference: &str, map: &str) -> Result<String, CsvFault> {
    let mut out = Vec::new();
    let map = ColumnMap::parse(map).expect("a map");
    link(list.as_bytes(), reference.as_bytes(), &mut out, &map, &Options::default())?;
    Ok(String::from_utf8(out).expect("text"))
}

#[test]
fn cells_are_cut_where_they_end() {
    assert_eq!(cells("a,b,c\nd,,\r\n\ne"), [["a", "b", "c"], ["d", "", ""], ["e", "", ""]]);
    assert_eq!(cells("\"a,1\",\"b\n2\",c\nd,e,f\n"), [["a,1", "b\n2", "c"], ["d", "e", "f"]]);
}

#[test]
fn pieces_hold_whole_lines_whatever_their_size() {
    let text = "h1,h2\n1,\"a\nb\"\n22,cc\n333,\"d,\n\"\n4,e";
    for bytes in 1..text.len() {
        let mut pieces = Pieces::new(text.as_bytes(), bytes);
        assert_eq!(pieces.header().expect("memory"), Some(b"h1,h2".to_vec()));
        let (mut piece, mut all, mut whole) = (Vec::new(), Vec::new(), 0);
        while pieces.next(&mut piece).expect("memory").is_some() {
            rows(&piece, b',', &mut Cells::default(), |_| whole += 1);
            all.extend_from_slice(&piece);
        }
        assert_eq!((String::from_utf8_lossy(&all).as_ref(), whole), (&text[6..], 4), "{bytes}");
    }
}

const REFERENCE: &str =
    "id,nom,prenoms,sexe,date_naissance\nR1,MARTIN,PAUL,1,1990-02-01\nR2,DURAND,ANNE MARIE,2,1985-06-05\nR3,PETIT,LUC,1,1970-08-07\n";

#[test]
fn pairs_are_written_for_rows_that_are_found() {
    let list = "id;Nom;Prénom;Né(e) le\nL1;Martin;Paul;01/02/1990\nL2;Durant;Anne-Marie;05/06/1985\nL3;Nobody;Zoe;07/07/1977\n";
    let out = matched(list, REFERENCE, "").expect("a matching");
    let ids: Vec<&str> = out.lines().skip(1).map(|line| line.rsplit_once(',').expect("a score").0).collect();
    assert_eq!(ids, ["L1,R1", "L2,R2"]);
}

#[test]
fn columns_of_other_names_are_told_by_a_map() {
    let list = "rec;fam;given;born;street\nL1;Martin;Paul;01/02/1990;12 rue verte\n";
    let reference = "rec,fam,given,born,street\nR1,MARTIN,PAUL,1990-02-01,12 RUE VERTE\n";
    let out = matched(list, reference, "id=rec,nom=fam,prenoms=given,date_naissance=born,other=street").expect("a matching");
    assert!(out.lines().nth(1).is_some_and(|line| line.starts_with("L1,R1,")));
    assert!(matches!(matched(list, reference, ""), Err(CsvFault::NoIdentity { .. })));
    assert!(matches!(matched(list, reference, "nom=fam,prenoms=nowhere"), Err(CsvFault::NoColumn { .. })));
    assert!(ColumnMap::parse("nom=a,surprise=b").is_err());
}

#[test]
fn a_file_without_anything_is_said() {
    assert!(matches!(matched("", REFERENCE, ""), Err(CsvFault::NoHeader { file: "list" })));
    assert_eq!(matched("id,nom,prenoms\n", REFERENCE, "").expect("no row"), "list_id,ref_id,score\n");
}
