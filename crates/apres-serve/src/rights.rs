//! Who asks, and what they may ask.
//!
//! [`narrow`] is the one place where a question is cut to the viewer's rights, and [`permits`] the one place where a finished question
//! is judged; pages call the first, the desk calls the second. Default deny: a public visitor may only ask reference questions.

use apres_protect::{Dimension, Population, Refusal, RefusalCode, Request, Rest, Scope};

use crate::territory;

/// What an account may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// Nobody is signed in: national reference figures only.
    Public,
    /// A structure: the people who left its own establishments, by SIRET, and its own lists.
    Structure {
        /// Its SIRETs.
        sirets: Vec<String>,
        /// Its département, when known, to compare it with its région.
        departement: Option<String>,
    },
    /// A funder or prescriber: its départements, by code, and its own lists.
    Financeur {
        /// Its départements.
        departements: Vec<String>,
    },
    /// The operator.
    Admin,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Identifier of the account in the ledger; empty when nobody is signed in.
    pub account: String,
    /// Identifier of the organisation in the ledger; empty when nobody is signed in. Lists belong to it.
    pub organisation: String,
    /// Name shown in the header.
    pub name: String,
    /// Name of the organisation, shown in the header.
    pub organisation_name: String,
    /// What may be seen.
    pub rights: Rights,
}

impl Viewer {
    /// A visitor who is not signed in.
    #[must_use]
    pub fn public() -> Self {
        Self {
            account: String::new(),
            organisation: String::new(),
            name: String::new(),
            organisation_name: String::new(),
            rights: Rights::Public,
        }
    }

    /// Somebody is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.rights != Rights::Public
    }

    /// The organisation that a page is about; none for the operator and for a visitor, who see everybody's.
    #[must_use]
    pub fn named_organisation(&self) -> Option<&str> {
        let is_own = matches!(self.rights, Rights::Structure { .. } | Rights::Financeur { .. });
        (is_own && !self.organisation_name.is_empty()).then_some(self.organisation_name.as_str())
    }

    /// The operator.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.rights == Rights::Admin
    }
}

/// Cuts the question's scope to what the viewer may see; a wider scope becomes the viewer's own, a foreign one is refused.
///
/// # Errors
///
/// [`RefusalCode::OutOfScope`] when nothing of the question is within the rights; it offers the same question on the viewer's own scope.
pub fn narrow(viewer: &Viewer, request: Request) -> Result<Request, Refusal> {
    if matches!(request.population, Population::List(_)) {
        return narrow_list(viewer, request);
    }
    match &viewer.rights {
        Rights::Admin => Ok(request),
        Rights::Public if is_reference(&request) => Ok(request),
        Rights::Public => Err(out_of_scope(Vec::new())),
        Rights::Structure { sirets, .. } => {
            let scope = match &request.scope {
                Scope::Structures(asked) => Scope::Structures(kept(asked, sirets)),
                Scope::National | Scope::Departements(_) => Scope::Structures(sirets.clone()),
            };
            within(request, scope, Scope::Structures(sirets.clone()))
        }
        Rights::Financeur { departements } => {
            let scope = match &request.scope {
                Scope::Departements(asked) => Scope::Departements(kept(asked, departements)),
                Scope::National => Scope::Departements(departements.clone()),
                // A funder reads territories; one structure alone is not theirs to single out.
                Scope::Structures(_) => Scope::Departements(Vec::new()),
            };
            within(request, scope, Scope::Departements(departements.clone()))
        }
    }
}

/// Judges a finished question: within the viewer's rights, or a reference question; whom it is compared with is the rest of the country, of
/// one whole région, or of its own scope. Ownership of a list is the desk's to check.
#[must_use]
pub fn permits(viewer: &Viewer, request: &Request) -> bool {
    if matches!(request.population, Population::List(_)) {
        return viewer.is_signed_in();
    }
    let is_own = match (&viewer.rights, &request.scope) {
        (Rights::Admin, _) => true,
        (Rights::Structure { sirets, .. }, Scope::Structures(asked)) => all_in(asked, sirets),
        (Rights::Financeur { departements }, Scope::Departements(asked)) => all_in(asked, departements),
        _ => false,
    };
    let is_rest_wide = match &request.rest {
        None | Some(Rest::Others(_)) | Some(Rest::Scope(Scope::National)) => true,
        Some(Rest::Scope(Scope::Departements(asked))) => territory::is_whole_region(asked),
        Some(Rest::Scope(Scope::Structures(_))) => false,
    };
    (is_own && is_rest_wide) || is_reference(request)
}

/// A question that anybody may ask: a programme in the whole country, no breakdown, and no filter by place. A région is only shown less
/// the people whom the viewer sees already ([`Rest`]).
#[must_use]
pub fn is_reference(request: &Request) -> bool {
    request.scope == Scope::National
        && !matches!(request.rest, Some(Rest::Scope(_)))
        && matches!(request.population, Population::Programme(_))
        && request.breakdowns.is_empty()
        && request.filters.iter().all(|filter| filter.dimension != Dimension::Departement)
}

fn narrow_list(viewer: &Viewer, request: Request) -> Result<Request, Refusal> {
    if viewer.is_signed_in() { Ok(Request { scope: Scope::National, ..request }) } else { Err(out_of_scope(Vec::new())) }
}

fn within(request: Request, scope: Scope, own: Scope) -> Result<Request, Refusal> {
    if !is_empty(&scope) {
        return Ok(Request { scope, ..request });
    }
    let offer = if is_empty(&own) { Vec::new() } else { vec![Request { scope: own, ..request }] };
    Err(out_of_scope(offer))
}

fn out_of_scope(try_instead: Vec<Request>) -> Refusal {
    Refusal { code: RefusalCode::OutOfScope, try_instead }
}

fn kept(asked: &[String], own: &[String]) -> Vec<String> {
    asked.iter().filter(|code| own.contains(code)).cloned().collect()
}

fn all_in(asked: &[String], own: &[String]) -> bool {
    !asked.is_empty() && asked.iter().all(|code| own.contains(code))
}

fn is_empty(scope: &Scope) -> bool {
    match scope {
        Scope::National => false,
        Scope::Departements(codes) | Scope::Structures(codes) => codes.is_empty(),
    }
}

#[cfg(test)]
mod tests;
