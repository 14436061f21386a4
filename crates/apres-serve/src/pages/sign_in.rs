//! *Connexion* and *Déconnexion*.
//!
//! One sentence for every failure; the ledger slows repeated failures down, a semaphore bounds the work of checking passwords. The
//! session identifier changes at sign-in.

use apres_ledger::SignIn;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use tower_sessions::Session;

use crate::fault::PageFault;
use crate::form::Form;
use crate::frame::Frame;
use crate::messages::text;
use crate::pages::{Page, page, page_with};
use crate::selection::Params;
use crate::state::{DemoAccount, ServeState};
use crate::visitor::{ACCOUNT, Visitor, viewer};

/// The page.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    pub(crate) frame: Frame,
    pub(crate) email: String,
    pub(crate) then: String,
    pub(crate) problem: String,
    pub(crate) demo_accounts: Vec<DemoAccount>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    email: String,
    #[serde(default)]
    mot_de_passe: String,
    #[serde(default)]
    suite: String,
}

/// `GET /connexion`.
pub(crate) async fn get(State(state): State<ServeState>, visitor: Visitor, Query(params): Query<Params>) -> Page {
    let then = local(params.get("suite").map_or("", String::as_str)).to_owned();
    if visitor.viewer.is_signed_in() {
        return Ok(Redirect::to(&then).into_response());
    }
    page(&sign_in_page(&state, &visitor, "", &then, ""))
}

/// `POST /connexion`.
pub(crate) async fn post(State(state): State<ServeState>, visitor: Visitor, session: Session, Form(given): Form<Credentials>) -> Page {
    let then = local(&given.suite);
    let Ok(_permit) = state.sign_ins.try_acquire() else { return Err(PageFault::TooMany) };
    let account = match state.ledger.authenticate(&given.email, &given.mot_de_passe, state.now().0).await? {
        SignIn::Accepted(account) => account,
        SignIn::Refused => return refused(&state, &visitor, &given.email, then, StatusCode::UNPROCESSABLE_ENTITY, "form.credentials"),
        SignIn::Wait { .. } => {
            return refused(&state, &visitor, &given.email, then, StatusCode::TOO_MANY_REQUESTS, "form.too_many_attempts");
        }
    };
    let organisation = state.ledger.organisation(&account.organisation).await?;
    if organisation.and_then(|organisation| viewer(&account, &organisation)).is_none() {
        return Err(PageFault::NotAllowed);
    }
    session.cycle_id().await?;
    session.insert(ACCOUNT, &account.id).await?;
    Ok(Redirect::to(then).into_response())
}

/// `POST /deconnexion`.
pub(crate) async fn sign_out(session: Session) -> Page {
    session.flush().await?;
    Ok(Redirect::to("/").into_response())
}

fn refused(state: &ServeState, visitor: &Visitor, email: &str, then: &str, status: StatusCode, key: &str) -> Page {
    page_with(status, &sign_in_page(state, visitor, email, then, text(key)))
}

fn sign_in_page(state: &ServeState, visitor: &Visitor, email: &str, then: &str, problem: &str) -> SignInPage {
    let title = if problem.is_empty() { text("page.login") } else { text("page.login_error") };
    SignInPage {
        frame: Frame::new(state, visitor, "connexion", title),
        email: email.to_owned(),
        then: then.to_owned(),
        problem: problem.to_owned(),
        demo_accounts: state.config.demo_accounts.clone(),
    }
}

/// A path of this site, or the *bilan*: never another site, whatever the address says.
fn local(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r']);
    if is_local && path != "/connexion" { path } else { "/bilan" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_our_own_paths_are_followed_after_signing_in() {
        assert_eq!(local("/listes?x=1"), "/listes?x=1");
        for hostile in ["//evil.test", "https://evil.test", "/\\evil.test", "", "/connexion", "/a\r\nSet-Cookie: x"] {
            assert_eq!(local(hostile), "/bilan", "{hostile}");
        }
    }
}
