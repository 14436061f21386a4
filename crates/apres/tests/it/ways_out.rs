//! Every way out of a running site, searched for what must never leave: each route that the router has, in each file format, for each kind of visitor.
//!
//! People with marks that nobody else bears are declared, deposited and searched. Then everything that the site says is read: pages, files (opened), headers, progress,
//! errors, logs. The routes are those of the router itself: one that is added is walked without a word here.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apres::desk::{HomeDesk, confirm, default_confirmation, deposit, slot_of};
use apres::home::{Home, now};
use apres::logs::subscriber;
use apres::worker;
use apres_ledger::password::{self, Cost};
use apres_ledger::{NewAccount, Organisation, OrganisationKind, Role};
use apres_protect::{Period, Quarter};
use apres_serve::{Config, FORMATS, ServeState, UnixTime, paths};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::contract_life::send;
use crate::end_to_end::Synthetic;
use crate::lake::Lake;

/// First names that nobody has.
const MARKED: [&str; 3] = ["zorgalyne", "brixtobald", "quefrinette"];
const PASSWORD: &str = "une phrase assez longue";

/// What was answered, opened.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

/// A visitor with a cookie.
struct Visitor {
    name: &'static str,
    address: SocketAddr,
    cookie: Option<String>,
}

impl Visitor {
    async fn send(&self, method: &str, path: &str, form: &str) -> Answer {
        let cookie = self.cookie.as_ref().map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n{cookie}\r\n{form}",
            self.address,
            form.len()
        );
        let address = self.address;
        tokio::task::spawn_blocking(move || exchange(address, &request)).await.expect("an exchange")
    }

    async fn signed_in(name: &'static str, address: SocketAddr) -> Self {
        let visitor = Self { name, address, cookie: None };
        let answer =
            visitor.send("POST", "/connexion", &format!("email={name}%40exemple.fr&mot_de_passe={}", PASSWORD.replace(' ', "+"))).await;
        assert_eq!(answer.status, 303, "{name} signs in");
        let cookie =
            answer.head.lines().find_map(|line| line.to_lowercase().starts_with("set-cookie:").then(|| line[11..].trim().to_owned()));
        Self { cookie: cookie.map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned()), ..visitor }
    }
}

fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the site listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(request.as_bytes()).expect("the site reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the site answers");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked { unchunked(&bytes[end..]) } else { bytes[end..].to_vec() };
    Answer { status, head, body }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&bytes[..line]).trim(), 16).expect("the size of a chunk");
        if size == 0 {
            break;
        }
        body.extend(&bytes[line + 2..line + 2 + size]);
        bytes = &bytes[line + 2 + size + 2..];
    }
    body
}

/// The texts in an answer: itself, and the members of a workbook.
fn opened(body: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(body).into_owned()];
    if body.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).expect("a workbook");
        for place in 0..archive.len() {
            let mut member = archive.by_index(place).expect("a member");
            let mut text = Vec::new();
            member.read_to_end(&mut text).expect("its bytes");
            texts.push(String::from_utf8_lossy(&text).into_owned());
        }
    }
    texts
}

/// Everything logged, whatever its level.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic while it is held").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What must not leave.
struct Marks(Vec<String>);

impl Marks {
    async fn of(lake: &Lake) -> Self {
        let mut marks: Vec<String> = MARKED.iter().map(|name| (*name).to_owned()).collect();
        for row in lake.identifying_rows("SELECT nir, prenoms, person FROM identities").await {
            if MARKED.iter().any(|name| row[1].eq_ignore_ascii_case(name)) {
                let number = &row[0];
                marks.extend([number.clone(), spaced(number), row[2].clone()]);
                marks.push(format!("{:016x}", row[2].parse::<u64>().expect("a pseudonym")));
            }
        }
        for row in lake.rows("SELECT DISTINCT siret FROM spells").await {
            marks.push(row[0].clone());
        }
        assert!(marks.len() > 15, "the marked people are in the lake");
        Self(marks)
    }

    /// The marks that a text holds, but those of the reader's own.
    fn found(&self, text: &str, own: &[String]) -> Vec<&String> {
        let text = text.to_lowercase();
        let plain: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{a0}' && *letter != '\u{202f}').collect();
        self.0
            .iter()
            .filter(|mark| {
                !own.contains(mark) && (text.contains(&mark.to_lowercase()) || (mark.len() >= 13 && plain.contains(mark.as_str())))
            })
            .collect()
    }
}

/// `2 99 01 48 856 012`.
fn spaced(nir: &str) -> String {
    let cuts = [0, 1, 3, 5, 7, 10, 13];
    cuts.windows(2).map(|cut| &nir[cut[0]..cut[1]]).collect::<Vec<_>>().join(" ")
}

async fn accounts(home: &Home, siret: &str, departement: &str) {
    let all = [
        ("structure", OrganisationKind::Structure, Role::Structure, vec![siret.to_owned()]),
        ("financeur", OrganisationKind::Financeur, Role::Financeur, Vec::new()),
        ("exploitant", OrganisationKind::Operateur, Role::Admin, Vec::new()),
    ];
    for (id, kind, role, sirets) in all {
        let organisation = Organisation {
            id: id.to_owned(),
            name: format!("Organisation {id}"),
            kind,
            sirets,
            departements: vec![departement.to_owned()],
        };
        home.ledger.save_organisation(&organisation).await.expect("an organisation");
        let account = NewAccount {
            id: format!("compte-{id}"),
            email: format!("{id}@exemple.fr"),
            display_name: "Camille Exemple".to_owned(),
            role,
            organisation: id.to_owned(),
            password_hash: password::hash(PASSWORD, &[7; password::SALT_BYTES], Cost::ForTests).expect("a hash"),
        };
        assert!(home.ledger.create_account(&account, now()).await.expect("an account"));
    }
}

/// A list with the marked people in it, as its depositor writes it.
fn list_of(synthetic: &Synthetic, lake_numbers: &BTreeSet<String>) -> String {
    let keyed = |nir: &str| format!("{nir}{:02}", 97 - nir.parse::<u64>().expect("digits") % 97);
    let mut text = String::from("NIR;Nom;Prénom;Date de sortie\r\n");
    for (place, nir) in lake_numbers.iter().enumerate() {
        text.push_str(&format!("{};PERSONNE;{};31/03/2024\r\n", keyed(nir), MARKED[place % MARKED.len()]));
    }
    // An anomaly, to be told on the check page without the number.
    text.push_str(&format!("{};PERSONNE;{};31/02/2024\r\n", keyed(lake_numbers.first().expect("a number")), MARKED[0]));
    let truth = synthetic.truth("people.csv");
    let others = truth.iter().map(|person| person["nir"].as_str()).filter(|nir| nir.parse::<u64>().is_ok()).take(60);
    text.extend(others.map(|nir| format!("{};;;31/03/2024\r\n", keyed(nir))));
    text
}

/// Two lists of the same people: one that was searched, one that waits to be checked.
async fn deposits(home: &Home, text: &str) -> Vec<String> {
    let mut lists = Vec::new();
    for is_searched in [true, false] {
        let bytes = text.as_bytes().to_vec();
        let id = deposit(home, "structure", "compte-structure", "sorties.csv", bytes).await.expect("a deposit").expect("a list");
        if is_searched {
            let year = Period { from: Quarter(2024 * 4), to: Quarter(2024 * 4 + 3) };
            confirm(home, &id, &default_confirmation(), &slot_of("iae", year)).await.expect("a confirmation");
            while worker::once(home).await.expect("the work") {}
        }
        lists.push(id);
    }
    lists
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_anybody_leaves_by_any_way() {
    let logs = Logs::default();
    let writer = logs.clone();
    // Everything that the operator can ask for.
    let is_listening = subscriber(Some(EnvFilter::new("trace")), move || writer.clone(), false).try_init().is_ok();
    let synthetic = Synthetic::new(1300, 36, 11);
    let lake = Lake::new().await;
    lake.ingest(&[synthetic.path("dsn")]).await;
    let marked: Vec<String> = MARKED.iter().map(|name| send(&format!("2024-01..2024-06 E | {name} C1 2024-01-15 01"))).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (place, text) in marked.iter().enumerate() {
        let path = folder.path().join(format!("{place}.dsn"));
        std::fs::write(&path, text).expect("a file");
        lake.ingest(&[path]).await;
    }
    let marks = Marks::of(&lake).await;
    let numbers: BTreeSet<String> = lake
        .identifying_rows("SELECT nir, prenoms FROM identities")
        .await
        .into_iter()
        .filter(|row| MARKED.iter().any(|name| row[1].eq_ignore_ascii_case(name)))
        .map(|row| row[0].clone())
        .collect();
    let largest = lake
        .rows("SELECT siret, departement FROM exits WHERE source = 'dsn' AND programme = 'iae' GROUP BY siret, departement ORDER BY count(*) DESC, siret LIMIT 1")
        .await;
    let (siret, departement) = (largest[0][0].clone(), largest[0][1].clone());
    let (home, _folder) = lake.into_home();
    let home = Arc::new(home);
    let example = apres::demo::example(&home);
    std::fs::create_dir_all(example.parent().expect("a folder")).expect("a folder");
    std::fs::write(example, "NIR;Date de sortie\r\n").expect("an example");
    accounts(&home, &siret, &departement).await;
    let lists = deposits(&home, &list_of(&synthetic, &numbers)).await;

    let desk = Arc::new(HomeDesk::new(Arc::clone(&home), true));
    let config = Config { secure_cookies: false, operator: "Exploitant".to_owned(), ..Config::default() };
    let state = ServeState::new(desk, home.ledger.clone(), config, Arc::new(|| UnixTime(now())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let site = tokio::spawn(apres_serve::serve(listener, state, async move { stopped.await.unwrap_or_default() }));

    let ingest = home.ledger.ingests(1).await.expect("the ingests")[0].id.clone();
    let mut visitors = vec![Visitor { name: "public", address, cookie: None }];
    for name in ["structure", "financeur", "exploitant"] {
        visitors.push(Visitor::signed_in(name, address).await);
    }
    let mut walked = Walk::default();
    for visitor in &visitors {
        walked.visit(visitor, &lists, &ingest, &marks, &siret).await;
    }
    assert!(walked.leaks.is_empty(), "{} leaks: {:#?}", walked.leaks.len(), walked.leaks);
    let never: Vec<&&str> = walked.routes.iter().filter(|route| !walked.seen.contains(**route)).collect();
    assert!(never.is_empty(), "no visitor ever got a page from {never:?}");
    for format in FORMATS {
        assert!(walked.formats.contains(format), "no file of kind {format} was opened");
    }
    println!("{} answers of {} routes, {} files opened", walked.answers, walked.routes.len(), walked.files);

    stop.send(()).expect("the site stops");
    site.await.expect("the site ended").expect("the site ended well");
    if is_listening {
        let said = String::from_utf8_lossy(&logs.0.lock().expect("no panic while it is held")).into_owned();
        assert!(said.len() > 1000, "the logs are heard");
        let lines = said.lines().filter(|line| !marks.found(line, &[]).is_empty());
        // What is told of a failure holds no mark either: who logged, and how much.
        let places: BTreeSet<&str> = lines.map(|line| line.split_whitespace().nth(2).unwrap_or_default()).collect();
        assert!(places.is_empty(), "marks in the logs of {places:?}");
    }
}

/// What was walked and what was found.
#[derive(Default)]
struct Walk {
    routes: BTreeSet<&'static str>,
    /// Routes that gave a page or a file to somebody.
    seen: BTreeSet<&'static str>,
    formats: BTreeSet<&'static str>,
    answers: u64,
    files: u64,
    leaks: Vec<String>,
}

impl Walk {
    async fn visit(&mut self, visitor: &Visitor, lists: &[String], ingest: &str, marks: &Marks, siret: &str) {
        // An erasure comes last: it takes away what the others show.
        let mut routes = paths();
        routes.sort_by_key(|path| (path.ends_with("/recu"), path.ends_with("/effacer"), *path == "/deconnexion"));
        for route in routes {
            self.routes.insert(route);
            let is_of_lists = route.starts_with("/listes/{id}");
            let ids: Vec<&str> = match (is_of_lists, route.contains("{id}")) {
                (true, _) => lists.iter().map(String::as_str).chain(["inconnue"]).collect(),
                (false, true) => vec![ingest, "inconnu"],
                _ => vec![""],
            };
            for id in ids {
                for address in addresses(&route.replace("{id}", id)) {
                    for method in ["GET", "HEAD", "POST"] {
                        let form =
                            if route.ends_with("/colonnes") { "c0=nir&c1=nom_naissance&c2=prenom&c3=date_sortie" } else { "finalite=x" };
                        let answer = visitor.send(method, &address, form).await;
                        self.read(visitor, route, &format!("{method} {address}"), &answer, marks, siret);
                    }
                }
            }
        }
    }

    fn read(&mut self, visitor: &Visitor, route: &'static str, what: &str, answer: &Answer, marks: &Marks, siret: &str) {
        self.answers += 1;
        assert!(answer.status < 500, "{what}: {}", answer.status);
        let head = answer.head.to_lowercase();
        // Somebody who is not signed in is sent to the door of most routes: that is not to have seen them.
        let is_at_the_door = visitor.name == "public" && head.contains("location: /connexion");
        if !is_at_the_door && ![400, 403, 404, 405].contains(&answer.status) {
            self.seen.insert(route);
        }
        if let Some(format) =
            FORMATS.iter().find(|format| what.contains(&format!("export.{format}"))).filter(|_| head.contains("attachment"))
        {
            self.formats.insert(format);
            self.files += 1;
        }
        assert!(
            !head.contains("\netag:") && head.contains("cache-control: no-store"),
            "{what}: what is about people is never kept by a browser or a proxy"
        );
        // A depositor reads the cells of his own file, but no number, until he confirms; a structure reads its own SIRET.
        let is_own_file = visitor.name == "structure"
            && (route.ends_with("/verifier")
                || route.ends_with("erreurs.csv")
                || route.ends_with("/confirmer")
                || route.ends_with("/colonnes"));
        let mut own = vec![siret.to_owned()];
        if is_own_file {
            own.extend(MARKED.map(str::to_owned));
        }
        for text in opened(&answer.body).iter().chain([&answer.head]) {
            for mark in marks.found(text, &own) {
                let kind = if mark.bytes().all(|byte| byte.is_ascii_digit()) { "a number" } else { mark.as_str() };
                self.leaks.push(format!("{} {what}: {kind}", visitor.name));
            }
        }
        if let Some(body) = serde_json::from_slice::<serde_json::Value>(&answer.body).ok().filter(|_| what.contains("export.json")) {
            self.leaks.extend(small_counts(&body).into_iter().map(|small| format!("{} {what}: {small}", visitor.name)));
        }
    }
}

/// Every address of a path: each format and table of the exports, each filter of the pages.
fn addresses(path: &str) -> Vec<String> {
    let filters = ["", "?sexe=F", "?age=moins_26&par=trimestre", "?de=2024T1&a=2024T1", "?sexe=zz%27%3C&lieu=s00000000000000&tableau=x"];
    if let Some(folder) = path.strip_suffix("/{file}") {
        let tables = ["", "?tableau=chiffres", "?tableau=repartition", "?tableau=match", "?sexe=F", "?de=2024T1&a=2024T1"];
        let files = FORMATS.iter().map(|format| format!("export.{format}")).chain(["export.exe".to_owned()]);
        return files.flat_map(|file| tables.map(|table| format!("{folder}/{file}{table}"))).collect();
    }
    if path.ends_with("/bilan") || path.ends_with("/rapport") || path == "/secret" {
        return filters.map(|filter| format!("{path}{filter}")).into();
    }
    vec![path.to_owned()]
}

/// Counts of a JSON file that the policy does not allow, whatever protected them.
fn small_counts(file: &serde_json::Value) -> Vec<String> {
    let figures = file["chiffres"].as_array().expect("figures");
    let number = |figure: &serde_json::Value, name: &str| figure[name].as_u64();
    let mut found = Vec::new();
    for figure in figures {
        if figure["unite"] == "personnes" && number(figure, "valeur").is_some_and(|value| value < 11) {
            found.push("a small count".to_owned());
        }
        if number(figure, "effectif").is_some_and(|value| value < 20) {
            found.push("a small denominator".to_owned());
        }
        if number(figure, "numerateur").is_some_and(|value| value < 11) {
            found.push("a small numerator".to_owned());
        }
    }
    found
}
