//! The filters of a *bilan* as a form and as removable tags.

use apres_protect::memory::PeriodKind;
use apres_protect::{Dimension, Period, Population};

use crate::desk::Coverage;
use crate::french;
use crate::messages::{say, text};
use crate::rights::{Rights, Viewer};
use crate::said::Speaker;
use crate::selection::{Place, Selection, kinds_of};
use crate::territory;

/// One choice of a menu.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

/// A menu.
pub(crate) struct Menu {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) choices: Vec<Choice>,
}

/// A filter that can be removed.
pub(crate) struct Tag {
    pub(crate) label: String,
    pub(crate) remove_label: String,
    pub(crate) href: String,
}

/// The form and the tags.
pub(crate) struct Filters {
    pub(crate) path: String,
    pub(crate) menus: Vec<Menu>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) breakdown: &'static str,
    /// What of the address was not applied, a sentence each.
    pub(crate) notices: Vec<String>,
    /// What is asked all the same.
    pub(crate) asked: String,
    pub(crate) status: String,
}

/// What the filters are drawn from.
pub(crate) struct Scene<'a> {
    pub(crate) speaker: Speaker<'a>,
    pub(crate) coverage: &'a Coverage,
    pub(crate) viewer: &'a Viewer,
    pub(crate) selection: &'a Selection,
    pub(crate) path: &'a str,
    /// Quarters that may be chosen.
    pub(crate) quarters: Period,
}

impl Scene<'_> {
    /// Draws the form and the tags.
    pub(crate) fn filters(&self, notices: Vec<String>, status: String) -> Filters {
        let mut menus = Vec::new();
        if matches!(self.selection.population, Population::Programme(_)) {
            menus.extend([self.programmes(), self.places(), self.kinds()]);
        }
        menus.push(Menu { name: "periode", label: text("form.period"), choices: self.periods() });
        menus.push(self.closed(Dimension::Sex, "sexe", text("form.sex"), self.selection.sex.as_deref()));
        menus.push(self.closed(Dimension::AgeBand, "age", text("form.age"), self.selection.age.as_deref()));
        menus.retain(|menu| menu.choices.len() > 1);
        let tags = self.selection.tags(self.speaker).into_iter().map(|(label, without)| Tag {
            remove_label: say("filter.remove", &[("value", &label)]),
            label,
            href: format!("{}{}", self.path, without.query()),
        });
        let (path, breakdown) = (self.path.to_owned(), self.selection.breakdown.code());
        Filters { path, menus, tags: tags.collect(), breakdown, notices, asked: self.asked(), status }
    }

    /// `La question posée est donc : IAE, sorties de janvier à décembre 2024, sans filtre.`
    fn asked(&self) -> String {
        let period = french::period(self.selection.period.from, self.selection.period.to);
        let programme = self.speaker.population(&self.selection.population);
        let mut parts: Vec<String> = (!programme.is_empty()).then_some(programme).into_iter().collect();
        parts.push(say("filter.asked_exits", &[("period", &period)]));
        let tags = self.selection.tags(self.speaker);
        if tags.is_empty() {
            parts.push(text("filter.asked_everyone").to_owned());
        }
        parts.extend(tags.into_iter().map(|(label, _)| label));
        say("filter.asked", &[("what", &parts.join(", "))])
    }

    fn programmes(&self) -> Menu {
        let chosen = &self.selection.population;
        let choices = self.coverage.programmes.iter().map(|code| Choice {
            value: code.clone(),
            label: self.speaker.programme(code),
            is_chosen: *chosen == Population::Programme(code.clone()),
        });
        Menu { name: "programme", label: text("form.programme"), choices: choices.collect() }
    }

    fn places(&self) -> Menu {
        let (label, everything, offered) = match &self.viewer.rights {
            Rights::Structure { sirets, .. } => {
                let own = sirets.iter().map(|siret| Place::Structure(siret.clone())).collect();
                (text("form.structure"), text("filter.all_structures"), own)
            }
            Rights::Financeur { departements } => {
                let own = departements.iter().map(|code| Place::Departements(vec![code.clone()])).collect();
                (text("form.territory"), text("filter.all_territory"), own)
            }
            Rights::Admin | Rights::Public => (text("form.territory"), text("filter.all_france"), self.everywhere()),
        };
        let mut choices =
            vec![Choice { value: String::new(), label: everything.to_owned(), is_chosen: self.selection.place == Place::All }];
        choices.extend(offered.into_iter().filter_map(|place: Place| {
            let (value, label) = (place.code()?, place.name(self.speaker)?);
            Some(Choice { value, label, is_chosen: place == self.selection.place })
        }));
        Menu { name: "lieu", label, choices }
    }

    /// The régions that hold something, then the départements held.
    fn everywhere(&self) -> Vec<Place> {
        let held = &self.coverage.departements;
        let regions = territory::regions().iter().filter(|region| held.iter().any(|code| region.departements.contains_key(code)));
        let regions = regions.map(|region| Place::Region(region.code.clone()));
        regions.chain(held.iter().map(|code| Place::Departements(vec![code.clone()]))).collect()
    }

    fn kinds(&self) -> Menu {
        let codes = kinds_of(self.speaker.catalogue(), &self.selection.population);
        let choices = self.with_all(Dimension::Type, &codes, self.selection.kind.as_deref());
        Menu { name: "type", label: text("form.type"), choices }
    }

    fn closed(&self, dimension: Dimension, name: &'static str, label: &'static str, chosen: Option<&str>) -> Menu {
        let codes: Vec<&str> = dimension.values().unwrap_or_default().iter().copied().filter(|code| *code != "inconnu").collect();
        Menu { name, label, choices: self.with_all(dimension, &codes, chosen) }
    }

    fn with_all(&self, dimension: Dimension, codes: &[&str], chosen: Option<&str>) -> Vec<Choice> {
        if codes.is_empty() {
            return Vec::new();
        }
        let mut choices = vec![Choice { value: String::new(), label: text("form.all").to_owned(), is_chosen: chosen.is_none() }];
        choices.extend(codes.iter().map(|code| Choice {
            value: (*code).to_owned(),
            label: self.speaker.value(dimension, code),
            is_chosen: chosen == Some(*code),
        }));
        choices
    }

    /// The closed list: pairs of years, years, quarters, the latest first.
    fn periods(&self) -> Vec<Choice> {
        let of_kind = |kind: PeriodKind| {
            let mut held: Vec<Period> = kind.within(self.quarters).collect();
            held.reverse();
            held
        };
        let all = PeriodKind::ALL.into_iter().rev().flat_map(of_kind);
        all.map(|period| Choice {
            value: format!("{}-{}", period.from, period.to),
            label: french::closed_period(period),
            is_chosen: period == self.selection.period,
        })
        .collect()
    }
}
