//! Who is behind a request.
//!
//! A session of the review is not one of the site: another cookie, another content, so that neither opens the other. The account is read again at every request;
//! only a reviewer of the operator's organisation is somebody.

use apres_ledger::{Account, OrganisationKind, Role};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::fault::PageFault;
use crate::state::ReviewState;

const COOKIE: &str = "apres_relecture";
/// A session ends after this time, whatever happens.
const SESSION_SECONDS: i64 = 4 * 3600;

/// What a session of the review holds: a content that the site does not read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    relecture: String,
}

/// The reviewer.
#[derive(Debug, Clone)]
pub(crate) struct Reviewer {
    pub(crate) account: String,
    pub(crate) organisation: String,
    pub(crate) name: String,
}

impl<S: Sync> FromRequestParts<S> for Reviewer {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageFault> {
        parts.extensions.get::<Self>().cloned().ok_or(PageFault::NotFound)
    }
}

/// Whether this account may review: its role, its organisation, and that it is not barred.
pub(crate) async fn entitled(state: &ReviewState, account: &Account) -> Result<Option<Reviewer>, PageFault> {
    let is_reviewer = account.role == Role::Relecteur && !account.is_disabled;
    let organisation = if is_reviewer { state.ledger.organisation(&account.organisation).await? } else { None };
    Ok(organisation.filter(|organisation| organisation.kind == OrganisationKind::Operateur).map(|organisation| Reviewer {
        account: account.id.clone(),
        organisation: organisation.id,
        name: account.display_name.clone(),
    }))
}

/// Lets reviewers through, and sends anybody else to the sign-in page.
pub(crate) async fn require(State(state): State<ReviewState>, mut request: Request, next: Next) -> Response {
    match reviewer(&state, request.headers()).await {
        Ok(Some(reviewer)) => {
            request.extensions_mut().insert(reviewer);
            next.run(request).await
        }
        Ok(None) => Redirect::to("/connexion").into_response(),
        Err(fault) => fault.into_response(),
    }
}

async fn reviewer(state: &ReviewState, headers: &HeaderMap) -> Result<Option<Reviewer>, PageFault> {
    let Some(token) = token(headers) else { return Ok(None) };
    let Some((content, _)) = state.ledger.session(token, state.now()).await? else { return Ok(None) };
    let Ok(content) = serde_json::from_str::<Content>(&content) else { return Ok(None) };
    let Some(account) = state.ledger.account(&content.relecture).await? else { return Ok(None) };
    entitled(state, &account).await
}

/// The token of the cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

/// Opens a session; gives the cookie.
pub(crate) async fn open(state: &ReviewState, account: &str) -> Result<HeaderValue, PageFault> {
    let token = (state.draw)().ok_or_else(|| PageFault::Broken("the system gives no random number".into()))?;
    let content = serde_json::to_string(&Content { relecture: account.to_owned() }).map_err(|fault| PageFault::Broken(fault.into()))?;
    if !state.ledger.create_session(&token, &content, state.now() + SESSION_SECONDS).await? {
        return Err(PageFault::Broken("the token of a session is taken".into()));
    }
    cookie(&token, SESSION_SECONDS)
}

/// The cookie; a lifetime of zero forgets it.
pub(crate) fn cookie(token: &str, seconds: i64) -> Result<HeaderValue, PageFault> {
    HeaderValue::from_str(&format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}"))
        .map_err(|fault| PageFault::Broken(fault.into()))
}
