//! *Connexion* and *Déconnexion*.

use apres_ledger::SignIn;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::fault::PageFault;
use crate::messages::text;
use crate::pages::{note, page};
use crate::security::Form;
use crate::session::{Reviewer, cookie, entitled, open, token};
use crate::state::ReviewState;

#[derive(Template, Default)]
#[template(path = "sign_in.html")]
struct SignInPage {
    name: String,
    email: String,
    problem: String,
}

#[derive(Deserialize)]
pub(crate) struct Fields {
    email: String,
    mot_de_passe: String,
}

/// `GET /connexion`.
pub(crate) async fn show() -> Result<Response, PageFault> {
    page(&SignInPage::default())
}

/// `POST /connexion`.
pub(crate) async fn enter(State(state): State<ReviewState>, Form(fields): Form<Fields>) -> Result<Response, PageFault> {
    let problem = match state.ledger.authenticate(&fields.email, &fields.mot_de_passe, state.now()).await? {
        SignIn::Accepted(account) => match entitled(&state, &account).await? {
            Some(reviewer) => {
                note(&state, &reviewer, "review_sign_in", String::new(), "done").await?;
                return Ok(([(header::SET_COOKIE, open(&state, &reviewer.account).await?)], Redirect::to("/")).into_response());
            }
            None => {
                let visitor = Reviewer { account: account.id, organisation: account.organisation, name: String::new() };
                note(&state, &visitor, "review_sign_in", String::new(), "refused").await?;
                "sign_in.refused"
            }
        },
        SignIn::Refused => "sign_in.refused",
        SignIn::Wait { .. } => "sign_in.wait",
    };
    let again = SignInPage { name: String::new(), email: fields.email, problem: text(problem).to_owned() };
    Ok((StatusCode::FORBIDDEN, page(&again)?).into_response())
}

/// `POST /deconnexion`.
pub(crate) async fn leave(State(state): State<ReviewState>, reviewer: Reviewer, headers: HeaderMap) -> Result<Response, PageFault> {
    if let Some(token) = token(&headers) {
        state.ledger.delete_session(token).await?;
    }
    note(&state, &reviewer, "review_sign_out", String::new(), "done").await?;
    Ok(([(header::SET_COOKIE, cookie("", 0)?)], Redirect::to("/connexion")).into_response())
}
