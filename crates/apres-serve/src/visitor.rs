//! Who is behind a request: read from the session and the ledger, once, before any page.
//!
//! An account that was disabled, or whose role does not fit its organisation, is nobody. Pages that need somebody are behind
//! [`require_sign_in`], those of the operator behind [`require_admin`].

use apres_ledger::{Account, Organisation, OrganisationKind, Role};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;

use crate::fault::{self, PageFault};
use crate::rights::{Rights, Viewer};
use crate::state::ServeState;

/// Key of the account in the session.
pub(crate) const ACCOUNT: &str = "account";

/// Who asks, and what every page says about the data.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) viewer: Viewer,
    pub(crate) is_synthetic: bool,
}

impl Default for Visitor {
    fn default() -> Self {
        Self { viewer: Viewer::public(), is_synthetic: false }
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = PageFault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageFault> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Reads the session and the ledger.
pub(crate) async fn load(State(state): State<ServeState>, session: Session, mut request: Request, next: Next) -> Response {
    let viewer = match viewer_of(&state, &session).await {
        Ok(viewer) => viewer.unwrap_or_else(Viewer::public),
        Err(fault) => return fault::draw(&state, &Visitor::default(), fault.into_response()),
    };
    let is_synthetic = state.desk.coverage().await.is_ok_and(|coverage| coverage.is_synthetic);
    request.extensions_mut().insert(Visitor { viewer, is_synthetic });
    next.run(request).await
}

async fn viewer_of(state: &ServeState, session: &Session) -> Result<Option<Viewer>, PageFault> {
    let Some(id) = session.get::<String>(ACCOUNT).await? else { return Ok(None) };
    let Some(account) = state.ledger.account(&id).await? else { return Ok(None) };
    let Some(organisation) = state.ledger.organisation(&account.organisation).await? else { return Ok(None) };
    Ok(viewer(&account, &organisation))
}

/// The viewer that an account is; nobody when it is disabled or when its role does not fit its organisation.
pub(crate) fn viewer(account: &Account, organisation: &Organisation) -> Option<Viewer> {
    if account.is_disabled {
        return None;
    }
    let rights = match (account.role, organisation.kind) {
        (Role::Structure, OrganisationKind::Structure) => {
            Rights::Structure { sirets: organisation.sirets.clone(), departement: organisation.departements.first().cloned() }
        }
        (Role::Financeur, OrganisationKind::Financeur) => Rights::Financeur { departements: organisation.departements.clone() },
        (Role::Admin, OrganisationKind::Operateur) => Rights::Admin,
        // Reviewers see identities, elsewhere: here they are nobody.
        (Role::Relecteur, _) => return None,
        _ => {
            tracing::error!(account.id = %account.id, organisation.id = %organisation.id, "the role of an account does not fit its organisation");
            return None;
        }
    };
    Some(Viewer {
        account: account.id.clone(),
        organisation: organisation.id.clone(),
        name: account.display_name.clone(),
        organisation_name: organisation.name.clone(),
        rights,
    })
}

/// Sends a visitor to the sign-in page, and back afterwards.
pub(crate) async fn require_sign_in(visitor: Visitor, request: Request, next: Next) -> Response {
    if visitor.viewer.is_signed_in() {
        return next.run(request).await;
    }
    let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Redirect::to(&format!("/connexion?suite={}", encoded(wanted))).into_response()
}

/// Refuses anybody but the operator.
pub(crate) async fn require_admin(visitor: Visitor, request: Request, next: Next) -> Response {
    if visitor.viewer.is_admin() { next.run(request).await } else { PageFault::NotAllowed.into_response() }
}

/// Percent-encodes everything but letters, digits and `/-._~`.
fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}
