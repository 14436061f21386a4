//! A small browser: it keeps the cookie, says that it comes from our pages, and reads answers.

use std::sync::Arc;

use apres_protect::{Method, Policy};
use apres_serve::{Config, ServeState, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::fake::{FakeDesk, NOW, accounts};

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }
}

/// A browser in front of an installation of its own.
pub(crate) struct Client {
    pub(crate) desk: Arc<FakeDesk>,
    pub(crate) router: Router,
    pub(crate) cookie: String,
    _folder: TempDir,
}

const BYTES_MAX: usize = 8 * 1024 * 1024;

impl Client {
    pub(crate) async fn new() -> Self {
        Self::with(Config { demo_accounts: accounts::demo(), operator: "GIP Exemple".into(), ..Config::default() }).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = accounts::ledger(folder.path()).await;
        let desk = Arc::new(FakeDesk::new());
        let state = ServeState::new(Arc::clone(&desk) as _, ledger, config, Arc::new(|| NOW));
        Self { desk, router: router(state), cookie: String::new(), _folder: folder }
    }

    /// A client signed in as the account of this organisation.
    pub(crate) async fn signed_in(organisation: &str) -> Self {
        let mut client = Self::new().await;
        client.sign_in(organisation).await;
        client
    }

    /// From here on figures are exact, and others hidden for their sake.
    pub(crate) fn be_exact(&self) {
        *self.desk.policy.lock().unwrap() = Policy { method: Method::ClosedCube, ..Policy::default() };
    }

    pub(crate) async fn sign_in(&mut self, organisation: &str) {
        let answer = self.post("/connexion", &credentials(organisation, accounts::PASSWORD)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "signing in as {organisation}");
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Answer {
        let request =
            Request::post(path).header("sec-fetch-site", "same-origin").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    /// Deposits a file as the form does.
    pub(crate) async fn deposit(&mut self, name: &str, content: &str) -> Answer {
        let body = format!(
            "--limit\r\nContent-Disposition: form-data; name=\"fichier\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n--limit--\r\n"
        );
        let request = Request::post("/listes/deposer")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limit");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if !self.cookie.is_empty() {
            request.headers_mut().insert(header::COOKIE, self.cookie.parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(set) = parts.headers.get(header::SET_COOKIE) {
            self.cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let bytes = to_bytes(body, BYTES_MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

pub(crate) fn credentials(organisation: &str, password: &str) -> String {
    format!("email={}&mot_de_passe={password}", accounts::email(organisation).replace('@', "%40"))
}

/// A list of this many people.
pub(crate) fn list(rows: usize) -> String {
    let mut content = String::from("Nom;Prénom;Date de naissance;Date de sortie\r\n");
    for row in 0..rows {
        content.push_str(&format!("Exemple{row};Camille;01/02/1980;15/03/2025\r\n"));
    }
    content
}
