//! A review over made-up pairs, asked without a network.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use apres_ledger::password::{self, Cost};
use apres_ledger::{Ledger, NewAccount, NewList, Organisation, OrganisationKind, Role};
use apres_review::{Face, Pair, PairLine, ReviewDesk, ReviewFault, ReviewList, ReviewState, Weight, Zone, router};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, header};
use tower::ServiceExt;

const PASSWORD: &str = "une phrase assez longue";

#[derive(Default)]
pub(crate) struct FakeDesk {
    placed: AtomicU64,
}

impl FakeDesk {
    pub(crate) fn placed(&self) -> u64 {
        self.placed.load(Ordering::SeqCst)
    }
}

/// Pair 1 is alone of its pattern, 2 to 4 are alike, 5 is accepted.
fn pairs() -> Vec<Pair> {
    let face = |nom: &str, prenoms: &str, naissance: &str| Face {
        nom: nom.to_owned(),
        prenoms: prenoms.to_owned(),
        naissance: naissance.to_owned(),
        sexe: "femme".to_owned(),
        ..Face::default()
    };
    let pair = |id: u64, pattern: &str, zone, probability, row, ours, theirs| Pair {
        line: PairLine { id, zone, pattern: pattern.to_owned(), probability, row },
        ours,
        theirs,
        prior: -140,
        weights: vec![
            Weight { field: "nom".to_owned(), level: "slip".to_owned(), bits: 91, one_in: None },
            Weight { field: "prenom".to_owned(), level: "exact".to_owned(), bits: 152, one_in: Some(41_234) },
            Weight { field: "date".to_owned(), level: "year".to_owned(), bits: -96, one_in: None },
        ],
    };
    let theirs = face("LEFEBVRE", "HELENE", "12/08/1985");
    vec![
        pair(1, "p1", Zone::Review, 6_200, 1, face("Lefevre", "Hélène", "12/03/1985"), theirs.clone()),
        pair(2, "p2", Zone::Review, 4_100, 1, face("Lefevre", "Hélène", "12/03/1985"), face("LEFEVRE", "HELENE", "30/11/1985")),
        pair(3, "p2", Zone::Review, 4_200, 2, face("Durand", "Zoé", "01/01/1990"), face("DURANT", "ZOE", "07/05/1990")),
        pair(4, "p2", Zone::Review, 4_300, 3, face("Petit", "Ana", "01/01/1990"), face("PETIT", "ANNA", "02/07/1990")),
        pair(5, "p1", Zone::Accept, 9_990, 4, face("Morel", "Lou", "03/03/1993"), face("MOREL", "LOU", "03/03/1993")),
    ]
}

#[async_trait]
impl ReviewDesk for FakeDesk {
    async fn lists(&self) -> Result<Vec<ReviewList>, ReviewFault> {
        Ok(vec![ReviewList { id: "liste".to_owned(), name: "sorties-2025.csv".to_owned(), organisation: "Les Ateliers".to_owned() }])
    }

    async fn pairs(&self, list: &str) -> Result<Vec<PairLine>, ReviewFault> {
        Ok(if list == "liste" { pairs().into_iter().map(|pair| pair.line).collect() } else { Vec::new() })
    }

    async fn pair(&self, list: &str, number: u64) -> Result<Option<Pair>, ReviewFault> {
        Ok(pairs().into_iter().find(|pair| list == "liste" && pair.line.id == number))
    }

    async fn place_again(&self, _: &str) -> Result<(), ReviewFault> {
        self.placed.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// The review, and a visitor with their cookie.
pub(crate) struct Site {
    pub(crate) ledger: Ledger,
    pub(crate) desk: Arc<FakeDesk>,
    cookie: String,
    drawn: Arc<AtomicU64>,
    _folder: Arc<tempfile::TempDir>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) body: String,
    headers: axum::http::HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The review with a reviewer signed in.
pub(crate) async fn reviewer() -> Site {
    let site = Site::open().await;
    let answer = site.sign_in("relecteur@exemple.fr").await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/")));
    let cookie = answer.cookie.expect("a cookie is given");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    site.with_cookie(cookie.split(';').next().expect("a name and a value"))
}

impl Site {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::open_file(&folder.path().join("ledger.sqlite"), Cost::ForTests).await.expect("the ledger opens");
        for (kind, role) in [
            (OrganisationKind::Structure, Role::Structure),
            (OrganisationKind::Financeur, Role::Financeur),
            (OrganisationKind::Operateur, Role::Admin),
            (OrganisationKind::Operateur, Role::Relecteur),
        ] {
            let id = role.as_str().to_owned();
            let organisation = Organisation { id: id.clone(), name: id.clone(), kind, sirets: Vec::new(), departements: Vec::new() };
            ledger.save_organisation(&organisation).await.expect("saved");
            let hash = password::hash(PASSWORD, &[7; password::SALT_BYTES], Cost::ForTests).expect("hashed");
            let email = format!("{id}@exemple.fr");
            let account =
                NewAccount { id: id.clone(), email, display_name: "Rémi Lecteur".to_owned(), role, organisation: id, password_hash: hash };
            assert!(ledger.create_account(&account, 0).await.expect("created"));
        }
        let list = NewList {
            id: "liste".to_owned(),
            organisation: "structure".to_owned(),
            deposited_by: "structure".to_owned(),
            name: "sorties-2025.csv".to_owned(),
            retention_until: 90_000,
        };
        assert!(ledger.create_list(&list, 0).await.expect("created"));
        Self { ledger, desk: Arc::default(), cookie: String::new(), drawn: Arc::default(), _folder: Arc::new(folder) }
    }

    pub(crate) fn with_cookie(mut self, cookie: &str) -> Self {
        cookie.clone_into(&mut self.cookie);
        self
    }

    pub(crate) fn state(&self) -> ReviewState {
        let drawn = Arc::clone(&self.drawn);
        let draw = move || Some(format!("{:032x}", drawn.fetch_add(1, Ordering::SeqCst)));
        let desk: Arc<dyn ReviewDesk> = Arc::clone(&self.desk) as Arc<dyn ReviewDesk>;
        ReviewState::new(desk, self.ledger.clone(), Arc::new(|| 1_000), Arc::new(draw))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", &[]).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &str) -> Answer {
        self.send("POST", path, fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Answer {
        let fields = format!("email={}&mot_de_passe={}", email.replace('@', "%40"), PASSWORD.replace(' ', "+"));
        self.post("/connexion", &fields).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, fields: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, &self.cookie);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, "127.0.0.1:8610");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(fields.to_owned()));
        let answer = router(self.state()).oneshot(request.expect("a request")).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 22).await.expect("a body");
        let text = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Answer {
            status: parts.status.as_u16(),
            location: text(header::LOCATION),
            cookie: text(header::SET_COOKIE),
            body: String::from_utf8(bytes.to_vec()).expect("a text"),
            headers: parts.headers,
        }
    }
}
