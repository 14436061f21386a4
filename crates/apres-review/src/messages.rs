//! The French texts that pages put together, by code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static MESSAGES: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("../messages.toml")).expect("the table of messages is read by a test"));

/// The text of a code; a code without a text shows itself, which a test would see.
pub(crate) fn text(code: &str) -> &str {
    MESSAGES.get(code).map_or(code, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_and_says_something() {
        assert!(MESSAGES.len() > 40);
        assert!(MESSAGES.iter().all(|(code, text)| !text.trim().is_empty() && code != text));
        assert_eq!(text("field.nom"), "Nom");
    }
}
