//! Every route, by who may use it; what is not listed as public needs somebody signed in.

use std::future::Future;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::pages::{about, admin, bilan, check, definitions, home, known_errors, lists, quality, report, sign_in};
use crate::state::ServeState;
use crate::{assets, fault, security, session, visitor};

/// Forms other than a deposit are short.
const FORM_BYTES_MAX: usize = 256 * 1024;
/// What a multipart body adds around the file.
const MULTIPART_BYTES: usize = 16 * 1024;

/// For anybody.
fn public() -> Router<ServeState> {
    Router::new()
        .route("/", get(home::get))
        .route("/connexion", get(sign_in::get).post(sign_in::post))
        .route("/definitions", get(definitions::get))
        .route("/definitions.json", get(definitions::json))
        .route("/accessibilite", get(about::accessibility))
        .route("/mentions-legales", get(about::legal))
        .route("/sante", get(about::health))
}

/// For somebody signed in.
fn members(upload_bytes_max: usize) -> Router<ServeState> {
    let deposit = get(lists::deposit).post(lists::submit).layer(DefaultBodyLimit::max(upload_bytes_max + MULTIPART_BYTES));
    Router::new()
        .route("/deconnexion", post(sign_in::sign_out))
        .route("/bilan", get(bilan::get))
        .route("/bilan/{file}", get(bilan::export))
        .route("/erreurs-connues", get(known_errors::get))
        .route("/listes", get(lists::index))
        .route("/listes/deposer", deposit)
        .route("/listes/modele", get(lists::template))
        .route("/listes/exemple", get(lists::example))
        .route("/listes/{id}", get(lists::show))
        .route("/listes/{id}/verifier", get(check::get))
        .route("/listes/{id}/colonnes", post(check::correct))
        .route("/listes/{id}/confirmer", post(check::confirm))
        .route("/listes/{id}/erreurs.csv", get(check::errors))
        .route("/listes/{id}/suivi", get(lists::progress))
        .route("/listes/{id}/suivi.json", get(lists::progress_json))
        .route("/listes/{id}/rapport", get(report::get))
        .route("/listes/{id}/rapport/{file}", get(report::export))
        .route("/listes/{id}/effacer", get(lists::ask_erase).post(lists::erase))
        .route("/listes/{id}/recu", get(lists::receipt))
        .route_layer(from_fn(visitor::require_sign_in))
}

/// For the operator.
fn operator() -> Router<ServeState> {
    Router::new()
        .route("/administration", get(admin::get))
        .route("/administration/qualite", get(quality::get))
        .route("/administration/lectures/{id}", get(quality::ingest))
        .route_layer(from_fn(visitor::require_admin))
        .route_layer(from_fn(visitor::require_sign_in))
}

/// All the pages, ready to be served.
pub fn router(state: ServeState) -> Router {
    let pages = public()
        .merge(members(state.config.upload_bytes_max))
        .merge(operator())
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .fallback(async || fault::PageFault::NotFound)
        .layer(from_fn(security::same_origin))
        .layer(from_fn_with_state(state.clone(), fault::render))
        .layer(from_fn_with_state(state.clone(), visitor::load))
        .layer(session::layer(&state));
    Router::new()
        .route("/assets/{bundle}/{*path}", get(assets::get))
        .merge(pages)
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(state.clone(), security::headers))
        .with_state(state)
}

/// Serves the pages until `shutdown` ends, then lets the requests under way finish.
///
/// # Errors
///
/// The listener failed.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: ServeState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(shutdown).await
}
