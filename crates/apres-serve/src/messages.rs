//! The message table: every French text that is chosen by code rather than written in a template.
//!
//! The texts are data in `messages.toml`, keyed by `group.name`; a key that is missing shows itself, and a test walks the keys that
//! the code can form.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let groups: toml::Table = toml::from_str(include_str!("../messages.toml")).expect("messages.toml is checked by the tests");
    let mut table = HashMap::new();
    for (group, entries) in groups {
        for (name, value) in entries.as_table().into_iter().flatten() {
            let line: &'static str = Box::leak(value.as_str().unwrap_or_default().to_owned().into_boxed_str());
            table.insert(format!("{group}.{name}"), line);
        }
    }
    table
});

/// The text of a key; empty, and an error in the log, when the table does not hold it.
#[must_use]
pub(crate) fn text(key: &str) -> &'static str {
    if let Some(found) = TABLE.get(key) {
        return found;
    }
    tracing::error!(message.key = key, "a message is missing from messages.toml");
    text_or(key, "")
}

/// The text of a key, or something else.
#[must_use]
pub(crate) fn text_or(key: &str, otherwise: &'static str) -> &'static str {
    TABLE.get(key).copied().unwrap_or(otherwise)
}

/// The text of a key that may come from data, or the code itself when the table has no word for it.
#[must_use]
pub(crate) fn word(group: &str, code: &str) -> String {
    TABLE.get(&format!("{group}.{code}")).map_or_else(|| code.to_owned(), |found| (*found).to_owned())
}

/// The text of a key with its `{name}` replaced.
#[must_use]
pub(crate) fn say(key: &str, values: &[(&str, &str)]) -> String {
    let mut said = text(key).to_owned();
    for (name, value) in values {
        said = said.replace(&format!("{{{name}}}"), value);
    }
    said
}

/// The table holds this key.
#[must_use]
pub(crate) fn knows(key: &str) -> bool {
    TABLE.contains_key(key)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::codes::Coded;
    use apres_protect::{RefusalCode, rule_of};

    use crate::desk::{Alert, DepositRefusal, Field, LegalBasis, ListState, Purpose, WorkState};

    fn codes<T: Coded>(group: &str) -> Vec<String> {
        T::ALL.iter().map(|value| format!("{group}.{}", value.code())).collect()
    }

    /// Every key written whole in the code.
    fn written(folder: &Path, keys: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                written(&path, keys);
            } else {
                let code = fs::read_to_string(&path).unwrap();
                let quoted = code.split('"').skip(1).step_by(2);
                keys.extend(quoted.filter(|text| is_key(text)).map(str::to_owned));
            }
        }
    }

    fn is_key(text: &str) -> bool {
        let groups: Vec<&str> = TABLE.keys().filter_map(|key| key.split_once('.')).map(|(group, _)| group).collect();
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let is_file = |name: &str| ["html", "csv", "xlsx", "ods", "json", "css"].contains(&name);
        text.split_once('.').is_some_and(|(group, name)| groups.contains(&group) && plain(name) && !is_file(name))
    }

    #[test]
    fn every_key_that_the_code_can_form_has_a_text() {
        let mut keys = Vec::new();
        written(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut keys);
        assert!(keys.len() > 60, "the search found {} keys", keys.len());
        keys.extend(codes::<ListState>("list_state"));
        keys.extend(codes::<ListState>("progress"));
        keys.extend(codes::<Field>("field"));
        keys.extend(codes::<Purpose>("purpose"));
        keys.extend(codes::<LegalBasis>("basis"));
        keys.extend(codes::<DepositRefusal>("deposit"));
        keys.extend(codes::<WorkState>("work"));
        for group in ["alert", "alert_admin", "alert_effect"] {
            keys.extend(codes::<Alert>(group));
        }
        for group in ["quality_chart", "quality_lead", "quality_top", "quality_column"] {
            keys.extend(["contrats", "silencieux", "fins"].map(|id| format!("{group}.{id}")));
        }
        for group in ["quality_word", "quality_rule"] {
            keys.extend(["silent", "fraction", "inferred", "volume", "absent"].map(|code| format!("{group}.{code}")));
        }
        for group in ["ingest_caption", "ingest_corner"] {
            keys.extend(["natures", "types", "mois"].map(|id| format!("{group}.{id}")));
        }
        let facts = ["files", "sends", "sends_refused", "sends_test", "accepted", "refused", "already_known", "contracts"];
        keys.extend(facts.map(|fact| format!("ingest_fact.{fact}")));
        let of_no_rule = |code: &RefusalCode| *code == RefusalCode::CohortTooSmall || rule_of(*code).is_none();
        keys.extend(RefusalCode::ALL.into_iter().filter(of_no_rule).map(|code| format!("refusal.{}", code.code())));
        keys.extend(["list", "secret", "own", "lists", "definitions"].map(|way| format!("refusal_way.{way}")));
        keys.extend(["reading", "searching", "placing", "comparing"].map(|step| format!("search_step.{step}")));
        for name in ["indicator", "label", "who", "what", "formula", "version", "reason", "meaning"] {
            keys.push(format!("export_definition.{name}"));
        }
        keys.extend(["near", "refused", "budget"].map(|kind| format!("probing.{kind}")));
        keys.extend(["A-02", "A-03", "B-01", "B-04", "B-10", "B-12"].map(|id| format!("number.{id}")));
        keys.extend(["iae", "pec", "apprentissage"].map(|code| format!("programme_of.{code}")));
        for status in ["400", "403", "403_origin", "404", "409", "413", "429", "500"] {
            keys.extend(["title", "text"].map(|part| format!("error.{status}_{part}")));
        }
        let lacking: Vec<&String> = keys.iter().filter(|key| !knows(key)).collect();
        assert!(lacking.is_empty(), "messages.toml lacks {lacking:?}");
    }

    #[test]
    fn texts_follow_french_typography() {
        for (key, line) in TABLE.iter() {
            for mark in [" ;", " ?", " !", " :", "« ", " »", "'"] {
                assert!(!line.contains(mark), "{key} has a plain space or apostrophe: {line}");
            }
        }
    }
}
