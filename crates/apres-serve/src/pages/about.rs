//! *Accessibilité*, *Mentions légales*, and `/sante` for machines.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::frame::Frame;
use crate::messages::text;
use crate::pages::{Page, page};
use crate::state::ServeState;
use crate::visitor::Visitor;

/// The accessibility statement.
#[derive(Template)]
#[template(path = "accessibility.html")]
pub(crate) struct AccessibilityPage {
    pub(crate) frame: Frame,
    pub(crate) contact: String,
}

/// The legal notice.
#[derive(Template)]
#[template(path = "legal.html")]
pub(crate) struct LegalPage {
    pub(crate) frame: Frame,
    pub(crate) contact: String,
}

/// `GET /accessibilite`.
pub(crate) async fn accessibility(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let frame = Frame::new(&state, &visitor, "", text("page.accessibility"));
    page(&AccessibilityPage { frame, contact: state.config.contact.clone() })
}

/// `GET /mentions-legales`.
pub(crate) async fn legal(State(state): State<ServeState>, visitor: Visitor) -> Page {
    let frame = Frame::new(&state, &visitor, "", text("page.legal"));
    page(&LegalPage { frame, contact: state.config.contact.clone() })
}

/// `GET /sante`: 200 when every part answers, otherwise 503.
pub(crate) async fn health(State(state): State<ServeState>) -> Page {
    let checks = state.desk.health().await;
    let is_ok = checks.iter().all(|check| check.is_ok);
    let parts: Map<String, Value> = checks.into_iter().map(|check| (check.name, Value::Bool(check.is_ok))).collect();
    let status = if is_ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(json!({ "ok": is_ok, "parts": parts }))).into_response())
}
