//! What may be asked: the menus of a page, read as a browser shows them.

use std::collections::BTreeMap;

use crate::site::{Account, SiteFault};

/// The choices of each menu, value and words, without the choice of everything; and the breakdowns offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Menus {
    /// By name: `programme`, `lieu`, `type`, `periode`, `sexe`, `age`.
    pub choices: BTreeMap<String, Vec<(String, String)>>,
    /// Values of `par`.
    pub breakdowns: Vec<String>,
}

impl Menus {
    /// Those of the *bilan* of an account; a programme and a period that are described have all their breakdowns.
    ///
    /// # Errors
    /// When nothing answers, or the page has no menu.
    pub fn of(account: &Account, programme: &str, period: &str) -> Result<Self, SiteFault> {
        let page = account.get(&format!("/bilan?programme={programme}&periode={period}"))?;
        let mut menus = Self::read(&page.body);
        // The page links to the other breakdowns, and its form holds the one that is shown.
        if !menus.choices.contains_key("periode") {
            return Err(SiteFault::Unexpected("/bilan".to_owned(), format!("no menu, status {}", page.status)));
        }
        menus.breakdowns.sort();
        menus.breakdowns.dedup();
        Ok(menus)
    }

    /// Those of a page.
    #[must_use]
    pub fn read(page: &str) -> Self {
        let mut menus = Self::default();
        for select in page.split("<select ").skip(1) {
            let Some(name) = attribute(select, "name") else { continue };
            let options = select.split("</select>").next().unwrap_or_default().split("<option ").skip(1);
            let choice = |option: &str| {
                let words = option.split_once('>')?.1.split("</option>").next()?;
                Some((attribute(option, "value")?.to_owned(), unescaped(words)))
            };
            menus.choices.insert(name.to_owned(), options.filter_map(choice).filter(|(value, _)| !value.is_empty()).collect());
        }
        let named = |part: &str| part.chars().take_while(char::is_ascii_lowercase).collect::<String>();
        menus.breakdowns.extend(page.split("par=").skip(1).map(named));
        menus.breakdowns.extend(page.split("name=\"par\" value=\"").skip(1).map(named));
        menus.breakdowns.retain(|name| !name.is_empty());
        menus
    }

    /// The values of a menu.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.choices.get(name).into_iter().flatten().map(|(value, _)| value.as_str())
    }

    /// The value that words stand for in a table by a dimension; the words themselves where no menu has them.
    #[must_use]
    pub fn value_of(&self, dimension: &str, words: &str) -> String {
        let menu = match dimension {
            "trimestre" => "periode",
            "departement" => "lieu",
            other => other,
        };
        let known = self.choices.get(menu).into_iter().flatten().find(|(_, shown)| shown == words);
        let value = known.map_or(words, |(value, _)| value.as_str());
        match dimension {
            "trimestre" => value.split('-').next().unwrap_or(value).to_owned(),
            "departement" => value.strip_prefix('d').unwrap_or(value).to_owned(),
            _ => value.to_owned(),
        }
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let inside = tag.split('>').next()?;
    inside.split(&format!("{name}=\"")).nth(1)?.split('"').next()
}

/// Text as it is read: the entities that a page uses are few.
pub(crate) fn unescaped(text: &str) -> String {
    let mut plain = text.trim().to_owned();
    for (entity, letter) in [
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&nbsp;", "\u{a0}"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, letter);
    }
    plain
}
