//! The addresses of the review.

use axum::Router;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::fault::PageFault;
use crate::pages::{list, lists, pair, pattern, sign_in};
use crate::state::ReviewState;
use crate::{security, session};

/// The colours and components are those of the site's own theme; what only these pages have comes last.
const STYLE: &str = concat!(
    include_str!("../../apres-serve/theme/apres/variables.css"),
    include_str!("../../apres-serve/theme/apres/components.css"),
    include_str!("../../apres-serve/theme/common/pages.css"),
    include_str!("../theme/review.css")
);
const SCRIPT: &str = include_str!("../theme/review.js");

/// The pages.
pub fn router(state: ReviewState) -> Router {
    let reviewed = Router::new()
        .route("/", get(lists::show))
        .route("/listes/{list}", get(list::show))
        .route("/listes/{list}/annuler", post(list::undo))
        .route("/listes/{list}/placer", post(list::place))
        .route("/listes/{list}/paires/{pair}", get(pair::show).post(pair::decide))
        .route("/listes/{list}/motifs/{pattern}", get(pattern::show).post(pattern::decide))
        .route("/deconnexion", post(sign_in::leave))
        .layer(from_fn_with_state(state.clone(), session::require));
    Router::new()
        .merge(reviewed)
        .route("/connexion", get(sign_in::show).post(sign_in::enter))
        .route("/relecture.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()))
        .route("/relecture.js", get(async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()))
        .fallback(async || PageFault::NotFound)
        .layer(from_fn(security::guard))
        .with_state(state)
}

/// Serves the pages until told to stop.
///
/// # Errors
/// When the listener fails, or listens to other machines.
pub async fn serve(listener: TcpListener, state: ReviewState, stopped: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(std::io::Error::other("the review is only served to this machine: listen on 127.0.0.1, and reach it through ssh"));
    }
    axum::serve(listener, router(state)).with_graceful_shutdown(stopped).await
}
