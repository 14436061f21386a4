//! Accounts of the fake installation, in a ledger of its own.

use std::path::Path;

use apres_ledger::password::{self, Cost};
use apres_ledger::{Ledger, NewAccount, Organisation, OrganisationKind, Role};
use apres_serve::DemoAccount;

use super::people::{SIRET, SMALL_SIRET};

/// The password of every fake account.
pub(crate) const PASSWORD: &str = "demonstration";

/// Opens a ledger in this folder with one account of each kind.
pub(crate) async fn ledger(folder: &Path) -> Ledger {
    let ledger = Ledger::open_file(&folder.join("ledger.sqlite"), Cost::ForTests).await.expect("a new ledger opens");
    let organisations = [
        ("chantier", "Chantier des Trois Rivières", OrganisationKind::Structure, vec![SIRET], vec!["21"], Role::Structure),
        ("petite", "Petite Structure", OrganisationKind::Structure, vec![SMALL_SIRET], vec!["21"], Role::Structure),
        ("ddets", "DDETS de la Côte-d’Or et du Doubs", OrganisationKind::Financeur, vec![], vec!["21", "25"], Role::Financeur),
        (
            "presque",
            "Financeur de presque toute la région",
            OrganisationKind::Financeur,
            vec![],
            vec!["21", "25", "39", "71"],
            Role::Financeur,
        ),
        ("exploitant", "Exploitant", OrganisationKind::Operateur, vec![], vec![], Role::Admin),
        ("bancal", "Organisation bancale", OrganisationKind::Structure, vec![SIRET], vec![], Role::Admin),
    ];
    for (id, name, kind, sirets, departements, role) in organisations {
        let owned = |codes: Vec<&str>| codes.into_iter().map(str::to_owned).collect();
        let organisation =
            Organisation { id: id.into(), name: name.into(), kind, sirets: owned(sirets), departements: owned(departements) };
        ledger.save_organisation(&organisation).await.expect("saved");
        let account = NewAccount {
            id: format!("compte-{id}"),
            email: email(id),
            display_name: "Camille Exemple".into(),
            role,
            organisation: id.into(),
            password_hash: password::hash(PASSWORD, &[7; password::SALT_BYTES], Cost::ForTests).expect("hashed"),
        };
        assert!(ledger.create_account(&account, super::NOW.0).await.expect("created"));
    }
    ledger
}

/// Address of the account of an organisation.
pub(crate) fn email(organisation: &str) -> String {
    format!("camille@{organisation}.example")
}

/// The accounts shown on the sign-in page.
pub(crate) fn demo() -> Vec<DemoAccount> {
    let shown = [
        ("chantier", "Une structure : un atelier et chantier d’insertion"),
        ("ddets", "Un financeur : les services de l’État dans deux départements"),
        ("exploitant", "L’exploitant du service"),
    ];
    let account =
        |(id, description): (&str, &str)| DemoAccount { email: email(id), password: PASSWORD.into(), description: description.into() };
    shown.map(account).into()
}
