//! The pages: each is a struct with a template, and a handler that fills it.
//!
//! A handler reads the request, asks the desk or the ledger, and builds the struct; words and layout are in the templates.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::fault::PageFault;

pub(crate) mod about;
pub(crate) mod admin;
pub(crate) mod bilan;
pub(crate) mod check;
pub(crate) mod definitions;
pub(crate) mod home;
pub(crate) mod known_errors;
pub(crate) mod lists;
pub(crate) mod quality;
pub(crate) mod report;
pub(crate) mod secret;
pub(crate) mod sign_in;

/// What a handler returns.
pub(crate) type Page = Result<Response, PageFault>;

/// A page.
pub(crate) fn page(template: &impl Template) -> Page {
    page_with(StatusCode::OK, template)
}

/// A page with a status of its own: a form that was not accepted.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Page {
    Ok((status, Html(template.render()?)).into_response())
}
