//! What can go wrong with a request, and the page that says so.

use apres_ledger::LedgerFault;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::desk::ReviewFault;
use crate::messages::text;

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum PageFault {
    /// No such list or pair, or none for who asks.
    NotFound,
    /// Sent by another site, or to another host.
    Foreign,
    /// A form that cannot be read.
    Unreadable,
    /// Ours or the machine's.
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

impl From<LedgerFault> for PageFault {
    fn from(fault: LedgerFault) -> Self {
        Self::Broken(fault.into())
    }
}

impl From<ReviewFault> for PageFault {
    fn from(fault: ReviewFault) -> Self {
        Self::Broken(fault.into())
    }
}

impl From<askama::Error> for PageFault {
    fn from(fault: askama::Error) -> Self {
        Self::Broken(fault.into())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    title: String,
    words: String,
    name: String,
}

impl IntoResponse for PageFault {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Broken(fault) => {
                tracing::error!(error = fault.as_ref() as &dyn std::error::Error, "a page of the review failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let code = status.as_u16();
        let words = |part: &str| text(&format!("fault.{code}.{part}")).to_owned();
        let page = ErrorPage { title: words("title"), words: words("words"), name: String::new() };
        (status, Html(page.render().unwrap_or_default())).into_response()
    }
}
