//! What a handler returns when it has no page: each becomes an error page with a way on.
//!
//! The status and the code travel in the response; [`render`] draws the page once the visitor is known. A fault of ours is logged
//! here, once, and the page says nothing of it.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::desk::DeskFault;
use crate::frame::Frame;
use crate::messages::{say, text};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageFault {
    /// The address or the form cannot be read.
    #[error("unreadable request")]
    Unreadable,
    /// The viewer's rights do not allow it.
    #[error("not allowed")]
    NotAllowed,
    /// A form sent by another site.
    #[error("sent by another site")]
    CrossSite,
    /// It does not exist, or not for this viewer.
    #[error("not found")]
    NotFound,
    /// The state has changed meanwhile.
    #[error("not possible in this state")]
    WrongState,
    /// The file is too big.
    #[error("file too big")]
    TooBig,
    /// Too many attempts.
    #[error("too many attempts")]
    TooMany,
    /// The desk broke.
    #[error("the desk failed")]
    Desk(#[source] DeskFault),
    /// The ledger broke.
    #[error("the ledger failed")]
    Ledger(#[from] apres_ledger::LedgerFault),
    /// The session store broke.
    #[error("the session store failed")]
    Session(#[from] tower_sessions::session::Error),
    /// A template could not be rendered.
    #[error("rendering a page")]
    Render(#[from] askama::Error),
    /// An export could not be written.
    #[error("writing a workbook")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// An OpenDocument export could not be written.
    #[error("writing an OpenDocument workbook")]
    OpenDocument(#[from] zip::result::ZipError),
}

impl From<DeskFault> for PageFault {
    fn from(fault: DeskFault) -> Self {
        match fault {
            DeskFault::NotFound => Self::NotFound,
            DeskFault::NotAllowed => Self::NotAllowed,
            DeskFault::WrongState => Self::WrongState,
            DeskFault::Broken { .. } => Self::Desk(fault),
        }
    }
}

/// The key of the texts of an error page, carried by a response until it is drawn.
#[derive(Clone, Copy)]
struct Shown(&'static str);

impl PageFault {
    fn shown(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unreadable => (StatusCode::BAD_REQUEST, "400"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "403"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "403_origin"),
            Self::NotFound => (StatusCode::NOT_FOUND, "404"),
            Self::WrongState => (StatusCode::CONFLICT, "409"),
            Self::TooBig => (StatusCode::PAYLOAD_TOO_LARGE, "413"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "429"),
            Self::Desk(_) | Self::Ledger(_) | Self::Session(_) | Self::Render(_) | Self::Workbook(_) | Self::OpenDocument(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "500")
            }
        }
    }
}

impl IntoResponse for PageFault {
    fn into_response(self) -> Response {
        let (status, key) = self.shown();
        if status.is_server_error() {
            tracing::error!(error = &self as &dyn std::error::Error, "a page failed");
        }
        let mut response = status.into_response();
        response.extensions_mut().insert(Shown(key));
        response
    }
}

/// An error page.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) frame: Frame,
    pub(crate) title: String,
    pub(crate) explanation: String,
}

/// Draws the page of a response that has only a status.
pub(crate) async fn render(State(state): State<ServeState>, visitor: Visitor, request: Request, next: Next) -> Response {
    draw(&state, &visitor, next.run(request).await)
}

/// The response itself when it has a page, otherwise the error page of its status.
pub(crate) fn draw(state: &ServeState, visitor: &Visitor, response: Response) -> Response {
    let Some(key) = shown_by(&response) else { return response };
    let megabytes = (state.config.upload_bytes_max / (1024 * 1024)).to_string();
    let title = text(&format!("error.{key}_title")).to_owned();
    let explanation = say(&format!("error.{key}_text"), &[("limit", &megabytes)]);
    let status = response.status();
    let page = ErrorPage { frame: Frame::new(state, visitor, "", &title), title, explanation };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(fault) => {
            tracing::error!(error = &fault as &dyn std::error::Error, "an error page failed");
            (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))], status.as_str().to_owned()).into_response()
        }
    }
}

/// Our own faults say which page; those of the framework are known by their status.
fn shown_by(response: &Response) -> Option<&'static str> {
    if let Some(Shown(key)) = response.extensions().get::<Shown>() {
        return Some(key);
    }
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Some("404"),
        StatusCode::PAYLOAD_TOO_LARGE => Some("413"),
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => Some("400"),
        StatusCode::INTERNAL_SERVER_ERROR => Some("500"),
        _ => None,
    }
}
