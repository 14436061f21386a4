//! From synthetic files to counted tables: what is found must be what is true, before protection, to the unit.
//!
//! The truth was computed by `apres-synth` from the careers it drew, by a second reading of `docs/methods/measure.md`. The whole path is run as the binary
//! runs it, and each stage is compared, so that a difference shows where it begins: contracts, exits, rows of lists, then every figure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use apres::lists;
use apres_ingest::list;
use apres_measure::{count, extent};
use apres_protect::{Catalogue, CountedCell, CountedValue, Dimension, Period, Population, Quarter, Request, Scope, Standing};
use apres_synth::{Plan, Shares, generate};
use chrono::NaiveDate;
use serde_json::Value;
use tempfile::TempDir;

use crate::lake::Lake;
use crate::workspace;

/// Differences shown.
const SHOWN_MAX: usize = 20;
/// December 2025, the last month of the plans that end with that year.
const LAST_MONTH: i32 = 2025 * 12 + 11;
const LISTS: [&str; 7] =
    ["allocataires", "association_classeur", "chantier_nir", "departement", "entreprise_sans_nir", "liste_sale", "petite_liste"];

/// A synthetic territory in its folder.
pub(crate) struct Synthetic {
    folder: TempDir,
}

impl Synthetic {
    /// Many go through the programmes, so that few people are enough to fill the six lists.
    pub(crate) fn new(people: u32, months: u32, seed: u64) -> Self {
        Self::changing(people, months, seed, 0)
    }

    /// With so many contracts, people and establishments out of a thousand whose keys or terms change.
    pub(crate) fn changing(people: u32, months: u32, seed: u64, changes_permille: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let shares = Shares { iae: 0.62, pec: 0.08, apprentissage: 0.10 };
        let plan = Plan { shares, changes_permille, ..Plan::ending_2025(people, months, seed) };
        generate(&plan, folder.path(), &mut |_, _| {}).expect("a synthetic territory");
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The DSN files, in the order of their months.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = children(&self.path("dsn")).iter().flat_map(|month| children(month)).collect();
        files.sort();
        files
    }

    /// A truth file as rows by column name.
    pub(crate) fn truth(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let text = std::fs::read_to_string(self.path("truth").join(name)).expect("a truth file");
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let row = |line: &str| header.iter().map(|name| (*name).to_owned()).zip(line.split(',').map(str::to_owned)).collect();
        lines.map(row).collect()
    }

    fn indicators(&self) -> Value {
        let text = std::fs::read_to_string(self.path("truth/indicators.json")).expect("the true figures");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// Two sides that must be the same, by key.
#[derive(Default)]
struct Sides {
    found: BTreeMap<String, String>,
    expected: BTreeMap<String, String>,
}

impl Sides {
    fn find(&mut self, key: String, value: String) {
        insert(&mut self.found, key, value);
    }

    fn expect(&mut self, key: String, value: String) {
        insert(&mut self.expected, key, value);
    }

    /// Fails with the first differences; `context` says where.
    fn compare(&self, context: &str) {
        assert!(!self.expected.is_empty(), "{context}: nothing is expected");
        let keys: BTreeSet<&String> = self.found.keys().chain(self.expected.keys()).collect();
        let different: Vec<&&String> = keys.iter().filter(|key| self.found.get(**key) != self.expected.get(**key)).collect();
        let mut text = String::new();
        for key in different.iter().take(SHOWN_MAX) {
            let shown = |side: &BTreeMap<String, String>| side.get(**key).map_or("nothing", String::as_str).to_owned();
            writeln!(text, "{key}\n   found    {}\n   expected {}", shown(&self.found), shown(&self.expected))
                .expect("a string takes text");
        }
        assert!(different.is_empty(), "{context}: {} differences of {}\n{text}", different.len(), keys.len());
    }
}

/// A key that comes twice would hide one of its values.
fn insert(side: &mut BTreeMap<String, String>, key: String, value: String) {
    let earlier = side.insert(key, value);
    assert!(earlier.is_none(), "a key comes twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn seed_1_equals_its_truth() {
    check(1300, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seed_20_equals_its_truth() {
    check(1300, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seed_300_equals_its_truth() {
    check(1300, 300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_keys_and_terms_equal_the_truth() {
    compare_with_truth(&Synthetic::changing(1300, 36, 7, 200), 7).await;
}

async fn check(people: u32, seed: u64) {
    compare_with_truth(&Synthetic::new(people, 36, seed), seed).await;
}

async fn compare_with_truth(synthetic: &Synthetic, seed: u64) {
    let context = format!("seed {seed}");
    let lake = Lake::new().await;
    let report = lake.ingest(&[synthetic.path("dsn")]).await;
    assert_eq!(report.sends_refused, 0, "{context}: {:?}", report.remark_counts);
    let people = people_of(&lake, synthetic);
    compare_careers(&lake, synthetic, &people, &context).await;
    compare_exits(&lake, synthetic, &people, &context).await;
    for name in LISTS {
        deposit(&lake, synthetic, name).await;
    }
    compare_lists(&lake, synthetic, &people, &context).await;
    compare_figures(&lake, synthetic, seed, &context).await;
}

/// The pseudonym of each person of the truth, as text.
fn people_of(lake: &Lake, synthetic: &Synthetic) -> BTreeMap<String, String> {
    let pseudonym = |nir: &str| lake.home.pseudonymiser.of_nir(nir.as_bytes()).expect("nobody objects").to_string();
    synthetic.truth("people.csv").iter().map(|person| (person["person"].clone(), pseudonym(&person["nir"]))).collect()
}

async fn compare_careers(lake: &Lake, synthetic: &Synthetic, people: &BTreeMap<String, String>, context: &str) {
    let mut sides = Sides::default();
    for row in synthetic.truth("careers.csv") {
        let key = format!("{} {} {} {}", people[&row["person"]], row["siret"], row["numero"], row["date_debut"]);
        let quotite = permille(&row["quotite"]);
        let columns = [
            "date_fin",
            "end_status",
            "nature",
            "dispositif",
            "complement",
            "motif_recours",
            "date_fin_previsionnelle",
            "first_month",
            "last_month",
            "motif_fin",
        ];
        let values: Vec<&str> = columns.iter().map(|name| row[*name].as_str()).collect();
        sides.expect(key, format!("{} {quotite}", values.join(",")));
    }
    let sql = "SELECT person, siret, numero, date_debut, date_fin, end_status, nature, dispositif, complement_dispositif, motif_recours, \
               date_fin_previsionnelle, substr(CAST(first_month AS VARCHAR), 1, 7), substr(CAST(last_month AS VARCHAR), 1, 7), \
               motif_fin, CAST(round(quotite * 1000) AS BIGINT) FROM spells";
    for row in lake.rows(sql).await {
        sides.find(row[..4].join(" "), format!("{} {}", row[4..14].join(","), row[14]));
    }
    sides.compare(&format!("{context}, careers"));
}

/// Hours of a month over those of a full time (151.67), in thousandths.
fn permille(hours: &str) -> i64 {
    let centi: i64 = hours.replace('.', "").parse().expect("hours with two decimals");
    (centi * 1000 / 15_167).min(1000)
}

async fn compare_exits(lake: &Lake, synthetic: &Synthetic, people: &BTreeMap<String, String>, context: &str) {
    let mut sides = Sides::default();
    for row in synthetic.truth("exits.csv") {
        let columns = ["siret", "type", "departement", "entry", "sex", "quarter", "age_band"];
        let values: Vec<&str> = columns.iter().map(|name| row[*name].as_str()).collect();
        sides.expect(format!("{} {} {}", people[&row["person"]], row["programme"], row["t0"]), values.join(","));
    }
    let sql = "SELECT exits.person, exits.programme, exits.date_sortie, exits.siret, exits.type, exits.departement, exits.date_entree, exits.sex, \
               panel.quarter, panel.age_band FROM exits JOIN panel ON panel.source = exits.source AND panel.person = exits.person \
               AND panel.programme = exits.programme AND panel.exit_date = exits.date_sortie AND panel.horizon = 0 WHERE exits.source = 'dsn'";
    for row in lake.rows(sql).await {
        sides.find(row[..3].join(" "), row[3..].join(","));
    }
    sides.compare(&format!("{context}, exits"));
}

/// From the file to the exits in the lake, as the pages and the worker do it.
pub(crate) async fn deposit(lake: &Lake, synthetic: &Synthetic, name: &str) {
    let is_workbook = synthetic.path("lists").join(format!("{name}.xlsx")).exists();
    let file_name = format!("{name}.{}", if is_workbook { "xlsx" } else { "csv" });
    let bytes = std::fs::read(synthetic.path("lists").join(&file_name)).expect("a list");
    lists::keep(&lake.home, name, &bytes).expect("a deposit");
    let sheet = lists::sheet(&lake.home, name, &file_name).expect("a sheet");
    let mapping = lists::mapping(&sheet, None).expect("columns");
    // The day after the last month of the declarations: the truth holds an exit of a later day to be in the future.
    let today = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let checked = list::check(&sheet, &mapping, today);
    lists::match_people(&lake.home, name, &checked, &|_| {}).await.expect("a matched list");
}

/// Of the rows of one person only that of the latest exit is kept in the table; the truth has them all.
async fn compare_lists(lake: &Lake, synthetic: &Synthetic, people: &BTreeMap<String, String>, context: &str) {
    let mut sides = Sides::default();
    let mut latest: BTreeMap<(String, String), (String, std::cmp::Reverse<u32>)> = BTreeMap::new();
    let mut rows = Vec::new();
    for name in LISTS {
        for row in synthetic.truth(&format!("lists/{name}.csv")) {
            let line: u32 = row["row"].parse().expect("a line");
            let rank = (row["date_sortie"].clone(), std::cmp::Reverse(line));
            let person = if row["person"].is_empty() { format!("line {line}") } else { row["person"].clone() };
            let kept = latest.entry((name.to_owned(), person.clone())).or_insert(rank.clone());
            *kept = rank.clone().max(kept.clone());
            rows.push((name, person, rank, row));
        }
    }
    for (name, person, rank, row) in rows {
        let is_matched = matches!(row["status"].as_str(), "nir" | "identite");
        if latest[&(name.to_owned(), person)] != rank {
            continue;
        }
        let person = if is_matched { people[&row["person"]].as_str() } else { "" };
        let date = &row["date_sortie"];
        let key = format!("{name} line {} ({})", row["row"], row["note"]);
        sides.expect(key, format!("{} {person} verified={} {date}", row["status"], row["nir_verified"]));
    }
    let notes: BTreeMap<String, String> = LISTS
        .iter()
        .flat_map(|name| {
            synthetic
                .truth(&format!("lists/{name}.csv"))
                .into_iter()
                .map(move |row| (format!("{name} line {}", row["row"]), row["note"].clone()))
        })
        .collect();
    let sql = "SELECT list, line, match_status, person, nir_verified, CASE WHEN match_status = 'inutilisable' THEN NULL ELSE date_sortie END FROM participants";
    for row in lake.identifying_rows(sql).await {
        let place = format!("{} line {}", row[0], row[1]);
        let note = notes.get(&place).cloned().unwrap_or_else(|| "no row of the truth".to_owned());
        sides.find(format!("{place} ({note})"), format!("{} {} verified={} {}", row[2], row[3], row[4], row[5]));
    }
    sides.compare(&format!("{context}, lists"));
}

/// Counts leavers who are known and whose horizon cannot be seen yet, by the same path as the indicators.
const PENDING: &str = r#"
[[indicator]]
id = "PENDING"
name = "En attente"
question = "Combien de sortants ne peuvent pas encore être observés ?"
denominator_text = "Les sortants connus dont l'horizon n'est pas observable."
formula = "Nombre de personnes."
caveats = []
source = "Essai."
version = "1"
changes = [{ version = "1", date = "2026-11-23", text = "Première définition." }]
example = "Une personne sortie hier."
denominator = "known and not observable"
horizons = [0, 1, 3, 6, 9, 12, 18, 24]
breakdowns = ["type", "trimestre", "departement", "sexe", "age"]
populations = ["programme", "list"]
measure = { kind = "count" }
"#;

/// The definitions in force, and [`PENDING`].
fn catalogue() -> Catalogue {
    let mut files: Vec<(String, String)> = children(&workspace().join("indicateurs"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a catalogue file")))
        .collect();
    files.sort();
    files.push(("pending.toml".to_owned(), PENDING.to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Catalogue::parse(&files).expect("a catalogue")
}

/// Every period and breakdown takes minutes: by default each seed looks into a third of the quarters, and into the others as a whole.
fn is_everything_asked() -> bool {
    #[expect(clippy::disallowed_methods, reason = "whether slow tests run is told to the tests alone")]
    let asked = std::env::var_os("APRES_SLOW_TESTS");
    asked.is_some()
}

/// The breakdowns to ask of a population over a period; the first one also gives the total.
fn breakdowns(population: &Population, place: usize, seed: u64) -> Vec<Vec<Dimension>> {
    let dimensions = match population {
        Population::Programme(_) => vec![Dimension::Type, Dimension::Departement, Dimension::Sex, Dimension::AgeBand, Dimension::Quarter],
        Population::List(_) => vec![Dimension::Sex, Dimension::AgeBand, Dimension::Quarter],
    };
    let by_one = |dimensions: &[Dimension]| dimensions.iter().map(|dimension| vec![*dimension]).collect::<Vec<_>>();
    let is_whole = place == 0;
    if is_everything_asked() {
        return [vec![Vec::new()], by_one(&dimensions)].concat();
    }
    match (is_whole, place as u64 % 3 == seed % 3) {
        (true, _) => by_one(&dimensions),
        // The quarters of one quarter are its total.
        (false, true) => by_one(&dimensions[..dimensions.len() - 1]),
        (false, false) => vec![Vec::new()],
    }
}

async fn compare_figures(lake: &Lake, synthetic: &Synthetic, seed: u64, context: &str) {
    let truth = synthetic.indicators();
    let quarters: Vec<Quarter> = truth["plan"]["quarters"]
        .as_array()
        .expect("quarters")
        .iter()
        .map(|text| text.as_str().expect("a text").parse().expect("a quarter"))
        .collect();
    let covered = extent(&lake.home.statistical).await.expect("what the lake covers");
    assert_eq!((covered.first_month, covered.last_month), (2023 * 12, LAST_MONTH), "{context}");
    let last_quarter = Quarter(covered.last_month / 3);
    assert_eq!((quarters[0], quarters[quarters.len() - 1]), (Quarter(2023 * 4), last_quarter), "{context}");
    let whole = Period { from: quarters[0], to: last_quarter };
    let periods: Vec<Period> =
        std::iter::once(whole).chain(quarters.iter().map(|quarter| Period { from: *quarter, to: *quarter })).collect();
    let catalogue = catalogue();
    let programmes = catalogue.programmes().iter().map(|programme| Population::Programme(programme.id.clone()));
    let mut sides = Sides::default();
    let mut asked = BTreeSet::new();
    for population in programmes.chain(LISTS.map(|name| Population::List(name.to_owned()))) {
        for (place, period) in periods.iter().enumerate() {
            let breakdowns = breakdowns(&population, place, seed);
            asked.insert(part_of(name_of(&population), &shown_period(*period), ""));
            asked.extend(
                breakdowns.iter().flatten().map(|dimension| part_of(name_of(&population), &shown_period(*period), column(*dimension))),
            );
            find_figures(lake, &catalogue, &population, *period, &breakdowns, &mut sides).await;
        }
    }
    for cell in truth["cells"].as_array().expect("cells") {
        let (part, key, figure) = true_cell(cell);
        if asked.contains(&part) {
            sides.expect(key, figure);
        }
    }
    assert!(sides.expected.len() > 10_000, "{context}: only {} figures are compared", sides.expected.len());
    sides.compare(&format!("{context}, figures"));
}

fn name_of(population: &Population) -> &str {
    match population {
        Population::Programme(name) | Population::List(name) => name,
    }
}

fn shown_period(period: Period) -> String {
    format!("{}-{}", period.from, period.to)
}

/// What one answer holds: a population over a period, as a whole or by a dimension.
fn part_of(population: &str, period: &str, dimension: &str) -> String {
    format!("{population} {period} {dimension}")
}

/// One figure of the truth: the part it belongs to, its key and its value as text.
fn true_cell(cell: &Value) -> (String, String, String) {
    let text = |name: &str| cell[name].as_str().expect("a text").to_owned();
    let group = cell["group"].as_object().expect("a group");
    let dimension = group.keys().next().cloned().unwrap_or_default();
    let group = group.iter().next().map(|(name, value)| format!("{name}={}", value.as_str().expect("a value"))).unwrap_or_default();
    let period = format!("{}-{}", cell["period"]["from"].as_str().expect("a quarter"), cell["period"]["to"].as_str().expect("a quarter"));
    let key = key_of(&text("population"), &period, &group, &text("indicator"), cell["horizon"].as_u64().expect("a horizon"));
    let number = |name: &str| cell[name].as_i64().map_or("-".to_owned(), |number| number.to_string());
    let figure = if let Some(categories) = cell["categories"].as_object() {
        let categories = categories.iter().map(|(code, count)| (code.clone(), count.as_u64().expect("a count")));
        format!("{} of {}", shown_categories(categories), number("count"))
    } else if cell["numerator"].is_u64() {
        format!("{}/{}", number("numerator"), number("denominator"))
    } else if cell["sum"].is_u64() {
        format!("p25 {} median {} p75 {} sum {} of {}", number("p25"), number("median"), number("p75"), number("sum"), number("count"))
    } else {
        number("count")
    };
    (part_of(&text("population"), &period, &dimension), key, format!("{figure}, pending {}", number("pending")))
}

fn key_of(population: &str, period: &str, group: &str, indicator: &str, horizon: u64) -> String {
    format!("{population} {period} [{group}] {indicator} m{horizon}")
}

/// Categories with people, sorted by code.
fn shown_categories(categories: impl Iterator<Item = (String, u64)>) -> String {
    let mut shown: Vec<String> = categories.filter(|(_, count)| *count > 0).map(|(code, count)| format!("{code}={count}")).collect();
    shown.sort();
    format!("{{{}}}", shown.join(" "))
}

/// Asks one population over one period; whatever the breakdown, the total must be the same.
async fn find_figures(
    lake: &Lake,
    catalogue: &Catalogue,
    population: &Population,
    period: Period,
    breakdowns: &[Vec<Dimension>],
    sides: &mut Sides,
) {
    let name = name_of(population);
    let kind = population.kind();
    let indicators =
        catalogue.indicators().iter().filter(|indicator| indicator.populations.contains(&kind)).map(|indicator| indicator.id.clone());
    let request = Request {
        indicators: indicators.collect(),
        population: population.clone(),
        period,
        scope: Scope::National,
        filters: Vec::new(),
        breakdowns: Vec::new(),
        horizons: Vec::new(),
        rest: None,
    };
    let mut total = None;
    for breakdowns in breakdowns {
        let request = Request { breakdowns: breakdowns.clone(), ..request.clone() };
        let counted = count(&lake.home.statistical, &request, catalogue, &lake.home.record_keys).await.expect("counts");
        let (own_total, groups): (Vec<CountedCell>, Vec<CountedCell>) = counted.cells.into_iter().partition(|cell| cell.group.is_empty());
        match &total {
            None => {
                read_cells(name, period, &own_total, sides);
                total = Some(own_total);
            }
            Some(total) => assert!(*total == own_total, "{name} {period:?}: the total depends on the breakdown"),
        }
        read_cells(name, period, &groups, sides);
    }
}

/// Keeps the cells of groups that have people, each with the number of those who cannot be observed yet. Rows that cannot be used have no leaver, and
/// nothing on a horizon.
fn read_cells(population: &str, quarters: Period, cells: &[CountedCell], sides: &mut Sides) {
    let period = shown_period(quarters);
    let mut pending = BTreeMap::new();
    let mut leavers = BTreeMap::new();
    let mut rows = BTreeMap::new();
    for cell in cells {
        match (cell.indicator.as_str(), &cell.value) {
            ("PENDING", CountedValue::Count(count)) => pending.insert((&cell.group, cell.horizon), *count),
            ("A-02", CountedValue::Count(count)) => leavers.insert(&cell.group, *count),
            ("A-03U", CountedValue::Count(unusable)) => rows.insert(&cell.group, *unusable),
            _ => None,
        };
    }
    let leavers_of = |cell: &CountedCell| leavers.get(&cell.group).copied().unwrap_or_default();
    let has_people =
        |cell: &CountedCell| leavers_of(cell) > 0 || (cell.horizon == 0 && rows.get(&cell.group).is_some_and(|rows| *rows > 0));
    for cell in cells.iter().filter(|cell| cell.indicator != "PENDING" && has_people(cell)) {
        let group: Vec<String> = cell.group.iter().map(|(dimension, value)| format!("{}={value}", column(*dimension))).collect();
        let key = key_of(population, &period, &group.join(","), &cell.indicator, u64::from(cell.horizon));
        let waiting = pending[&(&cell.group, cell.horizon)];
        if cell.horizon > 0 && waiting == leavers_of(cell) {
            assert_eq!(cell.standing, Standing::Pending, "{key}: nobody is observable");
        }
        if quarters.from == quarters.to {
            assert_eq!(cell.standing, standing_of(quarters.to, cell.horizon), "{key}");
        }
        let figure = figure_of(&cell.value);
        sides.find(key, format!("{figure}, pending {waiting}"));
    }
}

/// How far the leavers of one quarter are seen at a horizon, by `measure.md` §4; the exit itself is always seen.
fn standing_of(quarter: Quarter, horizon: u8) -> Standing {
    let seen_at = quarter.last_month().0 + i32::from(horizon);
    match LAST_MONTH - seen_at {
        _ if horizon == 0 => Standing::Consolidated,
        ..0 => Standing::Pending,
        0..3 => Standing::Provisional,
        3.. => Standing::Consolidated,
    }
}

fn column(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Programme => "programme",
        Dimension::Type => "type",
        Dimension::Quarter => "quarter",
        Dimension::Departement => "departement",
        Dimension::Sex => "sex",
        Dimension::AgeBand => "age_band",
        Dimension::Structure => "siret",
    }
}

/// A figure as text. Quartiles of nobody are no figures.
fn figure_of(value: &CountedValue) -> String {
    match value {
        CountedValue::Count(count) => count.to_string(),
        CountedValue::Share { numerator, denominator } => format!("{numerator}/{denominator}"),
        CountedValue::Distribution { denominator, categories } => {
            format!("{} of {denominator}", shown_categories(categories.iter().cloned()))
        }
        CountedValue::Quartiles(values) if values.people() == 0 => "p25 - median - p75 - sum 0 of 0".to_owned(),
        CountedValue::Quartiles(values) => {
            let [p25, median, p75] = [1, 2, 3].map(|quarter| values.at_quartile(quarter, 0));
            format!("p25 {p25} median {median} p75 {p75} sum {} of {}", values.sum(), values.people())
        }
    }
}

/// What an ingest leaves that does not depend on how the files came.
async fn careers(lake: &Lake) -> Vec<Vec<Vec<String>>> {
    let mut tables = Vec::new();
    for table in ["spells", "months", "exits", "panel"] {
        let mut rows = lake.rows(&format!("SELECT * FROM {table}")).await;
        rows.sort();
        tables.push(rows);
    }
    tables
}

fn assert_same(found: &[Vec<Vec<String>>], expected: &[Vec<Vec<String>>], how: &str) {
    for (found, expected) in found.iter().zip(expected) {
        assert!(!expected.is_empty(), "{how}: a table is empty");
        assert_eq!(found.len(), expected.len(), "{how}: numbers of rows");
        let different = found.iter().zip(expected).find(|(found, expected)| found != expected);
        assert!(different.is_none(), "{how}: {different:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_files_come_changes_nothing() {
    let synthetic = Synthetic::new(300, 24, 4);
    let files = synthetic.files();
    let lake = Lake::new().await;
    let report = lake.ingest(&[synthetic.path("dsn")]).await;
    assert_eq!((report.files, report.already_known), (files.len() as u64, 0));
    let (expected, versions) = (careers(&lake).await, lake.versions().await);

    let again = lake.ingest(&files).await;
    assert_eq!((again.added.declarations, again.added.observations, again.added.identities), (0, 0, 0));
    assert_eq!(again.already_known, report.added.declarations);
    assert!(again.built.is_none(), "nothing is new and the careers were built again");
    assert_eq!(lake.versions().await, versions);
    assert_same(&careers(&lake).await, &expected, "ingested twice");

    let (early, late) = files.split_at(files.len() / 2);
    let reversed = Lake::like(&lake).await;
    reversed.ingest(late).await;
    reversed.ingest(early).await;
    assert_same(&careers(&reversed).await, &expected, "the latest months first");

    let packed = tempfile::tempdir().expect("a temporary folder");
    zipped(early, &packed.path().join("early.zip"));
    for (place, file) in late.iter().enumerate() {
        gzipped(file, &packed.path().join(format!("{:04}.dsn.gz", late.len() - place)));
    }
    let unpacked = Lake::like(&lake).await;
    let report = unpacked.ingest(&[packed.path().to_owned()]).await;
    assert_eq!((report.files, report.not_dsn.len()), (files.len() as u64, 0));
    assert_same(&careers(&unpacked).await, &expected, "from archives");
}

fn zipped(files: &[PathBuf], path: &Path) {
    let mut archive = zip::ZipWriter::new(File::create(path).expect("an archive"));
    for (place, file) in files.iter().enumerate() {
        archive.start_file(format!("{place}.dsn"), zip::write::SimpleFileOptions::default()).expect("a member");
        archive.write_all(&std::fs::read(file).expect("a file")).expect("its bytes");
    }
    archive.finish().expect("the archive's end");
}

fn gzipped(file: &Path, path: &Path) {
    let mut archive = flate2::write::GzEncoder::new(File::create(path).expect("an archive"), flate2::Compression::fast());
    archive.write_all(&std::fs::read(file).expect("a file")).expect("its bytes");
    archive.finish().expect("the archive's end");
}

/// A published lot whose content is known: three declarations of one person with one contract each.
const KNOWN_LOT: &str = "Jikenlabs_open-neodes__sample_dsn_P25V01.dsn";

/// Real files may not be shared: whoever has some names their folder in `APRES_DSN_SAMPLES`.
#[tokio::test(flavor = "multi_thread")]
async fn samples_given_by_the_environment_are_read() {
    #[expect(clippy::disallowed_methods, reason = "where samples lie is told to the test alone")]
    let folder = std::env::var_os("APRES_DSN_SAMPLES");
    let Some(folder) = folder.map(PathBuf::from) else {
        println!("skipped: APRES_DSN_SAMPLES names no folder");
        return;
    };
    let lake = Lake::new().await;
    let mut files = children(&folder);
    files.sort();
    assert!(!files.is_empty(), "the folder of samples is empty");
    let has_known = files.iter().any(|file| file.file_name().is_some_and(|name| name == KNOWN_LOT));
    assert!(has_known, "{} is not in the folder of samples", KNOWN_LOT);
    for file in files {
        let report = lake.ingest(std::slice::from_ref(&file)).await;
        let accepted: u64 = report.declarations.values().map(|counted| counted.accepted).sum();
        let refused: u64 = report.declarations.values().map(|counted| counted.refused).sum();
        println!(
            "{}: {} sends ({} refused, {} tests), {accepted} declarations ({refused} refused), {} individuals, {} contracts",
            file.display(),
            report.sends,
            report.sends_refused,
            report.sends_test,
            report.individus,
            report.contrats
        );
        assert!(
            report.files > 0 && report.sends + report.sends_test > 0,
            "{}: nothing was read: {:?}",
            file.display(),
            report.remark_counts
        );
        assert_eq!((report.sends_refused, refused), (0, 0), "{}: {:?}", file.display(), report.remark_counts);
        if file.file_name().is_some_and(|name| name == KNOWN_LOT) {
            // A total of S90 that disagrees with what was read refuses the send: none was.
            assert_eq!((report.lots, report.sends, accepted), (1, 3, 3), "{}", file.display());
            assert_eq!((report.individus, report.contrats), (3, 3), "{}", file.display());
            assert_eq!(report.lines, std::fs::read(&file).expect("the lot").iter().filter(|byte| **byte == b'\n').count() as u64);
        }
    }
}
