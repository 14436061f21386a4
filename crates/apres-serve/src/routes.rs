//! Every route, by who may use it; what is not listed as public needs somebody signed in.

use std::future::Future;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use tower_http::compression::CompressionLayer;

use crate::pages::{about, admin, bilan, check, definitions, home, known_errors, lists, quality, report, secret, sign_in};
use crate::state::ServeState;
use crate::{assets, fault, security, session, visitor};

/// Forms other than a deposit are short.
const FORM_BYTES_MAX: usize = 256 * 1024;
/// What a multipart body adds around the file.
const MULTIPART_BYTES: usize = 16 * 1024;

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Anybody.
    Public,
    /// Somebody signed in.
    Members,
    /// The operator.
    Operator,
}

/// A route: its path, who may use it, what answers.
type Route = (&'static str, Audience, MethodRouter<ServeState>);

/// Every route of the pages: the router is made of this table and of nothing else, so that what walks the table walks the site.
fn table(upload_bytes_max: usize) -> Vec<Route> {
    use Audience::{Members, Operator, Public};
    let deposit = get(lists::deposit).post(lists::submit).layer(DefaultBodyLimit::max(upload_bytes_max + MULTIPART_BYTES));
    vec![
        ("/", Public, get(home::get)),
        ("/connexion", Public, get(sign_in::get).post(sign_in::post)),
        ("/definitions", Public, get(definitions::get)),
        ("/definitions.json", Public, get(definitions::json)),
        ("/secret", Public, get(secret::get)),
        ("/accessibilite", Public, get(about::accessibility)),
        ("/mentions-legales", Public, get(about::legal)),
        ("/sante", Public, get(about::health)),
        ("/deconnexion", Members, post(sign_in::sign_out)),
        ("/bilan", Members, get(bilan::get)),
        ("/bilan/{file}", Members, get(bilan::export)),
        ("/erreurs-connues", Members, get(known_errors::get)),
        ("/listes", Members, get(lists::index)),
        ("/listes/deposer", Members, deposit),
        ("/listes/modele", Members, get(lists::template)),
        ("/listes/exemple", Members, get(lists::example)),
        ("/listes/{id}", Members, get(lists::show)),
        ("/listes/{id}/verifier", Members, get(check::get)),
        ("/listes/{id}/colonnes", Members, post(check::correct)),
        ("/listes/{id}/confirmer", Members, post(check::confirm)),
        ("/listes/{id}/erreurs.csv", Members, get(check::errors)),
        ("/listes/{id}/suivi", Members, get(lists::progress)),
        ("/listes/{id}/suivi.json", Members, get(lists::progress_json)),
        ("/listes/{id}/rapport", Members, get(report::get)),
        ("/listes/{id}/rapport/{file}", Members, get(report::export)),
        ("/listes/{id}/effacer", Members, get(lists::ask_erase).post(lists::erase)),
        ("/listes/{id}/recu", Members, get(lists::receipt)),
        ("/administration", Operator, get(admin::get)),
        ("/administration/qualite", Operator, get(quality::get)),
        ("/administration/lectures/{id}", Operator, get(quality::ingest)),
    ]
}

/// The path of every route of the pages, as the router has them: what looks for leaks cannot forget one.
#[must_use]
pub fn paths() -> Vec<&'static str> {
    table(0).into_iter().map(|(path, _, _)| path).collect()
}

/// All the pages, ready to be served.
pub fn router(state: ServeState) -> Router {
    let of = |audience: Audience| {
        let rows = table(state.config.upload_bytes_max).into_iter().filter(move |(_, whom, _)| *whom == audience);
        rows.fold(Router::new(), |router, (path, _, methods)| router.route(path, methods))
    };
    let pages = of(Audience::Public)
        .merge(of(Audience::Members).route_layer(from_fn(visitor::require_sign_in)))
        .merge(of(Audience::Operator).route_layer(from_fn(visitor::require_admin)).route_layer(from_fn(visitor::require_sign_in)))
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
