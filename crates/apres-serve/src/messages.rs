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
