//! The theme's files, embedded at build time and served under an address that changes with their content.
//!
//! They may be kept for ever by browsers: another content is another address.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Address of a file of the theme.
#[must_use]
pub(crate) fn address(path: &str) -> String {
    format!("/assets/{BUNDLE}/{path}")
}

/// `GET /assets/{bundle}/{*path}`.
pub(crate) async fn get(Path((bundle, path)): Path<(String, String)>) -> Response {
    let found = FILES.iter().find(|(name, _)| *name == path).filter(|_| bundle == BUNDLE);
    let Some((name, content)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let media_type = mime_guess::from_path(name).first_or_octet_stream();
    let headers =
        [(header::CONTENT_TYPE, media_type.as_ref().to_owned()), (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned())];
    (headers, *content).into_response()
}
