//! Where employers are, and where people are said to be born.
//!
//! Territories are pairs of real départements with a few real communes, so that postal codes lead to the right département, Corsica and
//! overseas included. Birthplaces are made of commune codes that were never attributed, so that no one can hold the NIR built on them.

/// A postal code and the name of its commune, as an address line writes it.
pub(crate) type Commune = (&'static str, &'static str);

/// Two neighbouring départements and a few of their communes.
pub(crate) struct Territory {
    pub(crate) main: &'static [Commune],
    pub(crate) second: &'static [Commune],
}

/// The territories, in the order in which a plan uses them.
pub(crate) const TERRITORIES: [Territory; 12] = [
    Territory {
        main: &[("21000", "DIJON"), ("21200", "BEAUNE"), ("21300", "CHENOVE"), ("21500", "MONTBARD")],
        second: &[("71000", "MACON"), ("71100", "CHALON SUR SAONE"), ("71200", "LE CREUSOT")],
    },
    Territory {
        main: &[("20000", "AJACCIO"), ("20110", "PROPRIANO"), ("20137", "PORTO VECCHIO")],
        second: &[("20200", "BASTIA"), ("20250", "CORTE"), ("20600", "FURIANI")],
    },
    Territory {
        main: &[("59000", "LILLE"), ("59100", "ROUBAIX"), ("59200", "TOURCOING"), ("59300", "VALENCIENNES"), ("59140", "DUNKERQUE")],
        second: &[("62000", "ARRAS"), ("62300", "LENS"), ("62100", "CALAIS")],
    },
    Territory {
        main: &[("97400", "SAINT DENIS"), ("97410", "SAINT PIERRE"), ("97430", "LE TAMPON")],
        second: &[("97110", "POINTE A PITRE"), ("97139", "LES ABYMES"), ("97100", "BASSE TERRE")],
    },
    Territory {
        main: &[("13001", "MARSEILLE"), ("13100", "AIX EN PROVENCE"), ("13200", "ARLES"), ("13500", "MARTIGUES")],
        second: &[("84000", "AVIGNON"), ("84200", "CARPENTRAS")],
    },
    Territory {
        main: &[("69001", "LYON"), ("69100", "VILLEURBANNE"), ("69200", "VENISSIEUX")],
        second: &[("42000", "SAINT ETIENNE"), ("42300", "ROANNE")],
    },
    Territory {
        main: &[("93200", "SAINT DENIS"), ("93100", "MONTREUIL"), ("93300", "AUBERVILLIERS")],
        second: &[("75018", "PARIS"), ("75020", "PARIS"), ("75013", "PARIS")],
    },
    Territory {
        main: &[("44000", "NANTES"), ("44600", "SAINT NAZAIRE"), ("44110", "CHATEAUBRIANT")],
        second: &[("35000", "RENNES"), ("35400", "SAINT MALO")],
    },
    Territory {
        main: &[("33000", "BORDEAUX"), ("33700", "MERIGNAC"), ("33500", "LIBOURNE")],
        second: &[("40000", "MONT DE MARSAN"), ("40100", "DAX")],
    },
    Territory { main: &[("67000", "STRASBOURG"), ("67500", "HAGUENAU")], second: &[("68000", "COLMAR"), ("68100", "MULHOUSE")] },
    Territory { main: &[("31000", "TOULOUSE"), ("31600", "MURET")], second: &[("81000", "ALBI"), ("81100", "CASTRES"), ("09000", "FOIX")] },
    Territory { main: &[("01000", "BOURG EN BRESSE"), ("01100", "OYONNAX")], second: &[("74000", "ANNECY"), ("73000", "CHAMBERY")] },
];

/// The département of a postal code: Corsica split at 20200, overseas on three digits.
pub(crate) fn departement(postal: &str) -> String {
    if postal.starts_with("20") {
        return if postal < "20200" { "2A" } else { "2B" }.to_owned();
    }
    let length = if postal.starts_with("97") { 3 } else { 2 };
    postal[..length].to_owned()
}

/// The INSEE code of the commune that a postal code of [`TERRITORIES`] stands for.
pub(crate) fn commune(postal: &str) -> &'static str {
    COMMUNES.iter().find(|(own, _)| *own == postal).map(|(_, code)| *code).expect("every postal code of the territories is in the table")
}

/// Postal code and INSEE code of the communes of [`TERRITORIES`].
const COMMUNES: [(&str, &str); 67] = [
    ("01000", "01053"),
    ("01100", "01283"),
    ("09000", "09122"),
    ("13001", "13201"),
    ("13100", "13001"),
    ("13200", "13004"),
    ("13500", "13056"),
    ("20000", "2A004"),
    ("20110", "2A249"),
    ("20137", "2A247"),
    ("20200", "2B033"),
    ("20250", "2B096"),
    ("20600", "2B120"),
    ("21000", "21231"),
    ("21200", "21054"),
    ("21300", "21166"),
    ("21500", "21425"),
    ("31000", "31555"),
    ("31600", "31395"),
    ("33000", "33063"),
    ("33500", "33243"),
    ("33700", "33281"),
    ("35000", "35238"),
    ("35400", "35288"),
    ("40000", "40192"),
    ("40100", "40088"),
    ("42000", "42218"),
    ("42300", "42187"),
    ("44000", "44109"),
    ("44110", "44036"),
    ("44600", "44184"),
    ("59000", "59350"),
    ("59100", "59512"),
    ("59140", "59183"),
    ("59200", "59599"),
    ("59300", "59606"),
    ("62000", "62041"),
    ("62100", "62193"),
    ("62300", "62498"),
    ("67000", "67482"),
    ("67500", "67180"),
    ("68000", "68066"),
    ("68100", "68224"),
    ("69001", "69381"),
    ("69100", "69266"),
    ("69200", "69259"),
    ("71000", "71270"),
    ("71100", "71076"),
    ("71200", "71153"),
    ("73000", "73065"),
    ("74000", "74010"),
    ("75013", "75113"),
    ("75018", "75118"),
    ("75020", "75120"),
    ("81000", "81004"),
    ("81100", "81065"),
    ("84000", "84007"),
    ("84200", "84031"),
    ("93100", "93048"),
    ("93200", "93066"),
    ("93300", "93001"),
    ("97100", "97105"),
    ("97110", "97120"),
    ("97139", "97101"),
    ("97400", "97411"),
    ("97410", "97416"),
    ("97430", "97422"),
];

/// Départements of birth whose commune codes all lie below 500 and where so few children are born in a month that no extension code is needed:
/// a commune code from 802 to 989 there was never attributed. Corsica is written 2A or 2B from 1976 on only.
pub(crate) const BIRTH_DEPARTEMENTS: [&str; 12] = ["04", "05", "09", "15", "23", "32", "43", "46", "48", "90", "2A", "2B"];

/// The main town of a département of birth.
pub(crate) fn birthplace(departement: &str) -> &'static str {
    BIRTHPLACES.iter().find(|(own, _)| *own == departement).map(|(_, town)| *town).expect("every département of birth is in the table")
}

const BIRTHPLACES: [(&str, &str); 14] = [
    ("04", "DIGNE LES BAINS"),
    ("05", "GAP"),
    ("09", "FOIX"),
    ("15", "AURILLAC"),
    ("19", "TULLE"),
    ("23", "GUERET"),
    ("2A", "AJACCIO"),
    ("2B", "BASTIA"),
    ("32", "AUCH"),
    ("43", "LE PUY EN VELAY"),
    ("46", "CAHORS"),
    ("48", "MENDE"),
    ("53", "LAVAL"),
    ("90", "BELFORT"),
];

/// The same places for births before 1976: Corrèze and Mayenne stand for Corsica.
pub(crate) const BIRTH_DEPARTEMENTS_OLD: [&str; 12] = ["04", "05", "09", "15", "23", "32", "43", "46", "48", "90", "19", "53"];
