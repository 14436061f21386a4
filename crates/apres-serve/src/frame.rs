//! What surrounds every page: title, header, navigation, footer.

use crate::assets;
use crate::state::ServeState;
use crate::visitor::Visitor;

/// The frame of a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    /// Title of the page, before the name of the service.
    pub(crate) title: String,
    /// Name of the operator.
    pub(crate) operator: String,
    /// Which entry of the navigation is current.
    pub(crate) current: &'static str,
    /// Name of the account, empty for a visitor.
    pub(crate) account: String,
    /// Name of the organisation.
    pub(crate) organisation: String,
    /// Somebody is signed in.
    pub(crate) is_signed_in: bool,
    /// The operator is signed in.
    pub(crate) is_admin: bool,
    /// The people are made up.
    pub(crate) is_synthetic: bool,
    /// The embedded theme brings the State's own style sheet.
    pub(crate) has_dsfr: bool,
}

impl Frame {
    /// The frame of a page for this visitor.
    pub(crate) fn new(state: &ServeState, visitor: &Visitor, current: &'static str, title: &str) -> Self {
        let viewer = &visitor.viewer;
        Self {
            title: title.to_owned(),
            operator: state.config.operator.clone(),
            current,
            account: viewer.name.clone(),
            organisation: viewer.organisation_name.clone(),
            is_signed_in: viewer.is_signed_in(),
            is_admin: viewer.is_admin(),
            is_synthetic: visitor.is_synthetic,
            has_dsfr: assets::THEME == "dsfr",
        }
    }

    /// The header names the operator, unless its name is that of the service, which is there already.
    pub(crate) fn names_operator(&self) -> bool {
        let name = self.operator.trim();
        !name.is_empty() && !name.eq_ignore_ascii_case("APRES")
    }

    /// Address of a file of the theme.
    #[expect(clippy::unused_self, reason = "templates call it on the frame that they hold")]
    pub(crate) fn asset(&self, path: &str) -> String {
        assets::address(path)
    }
}
