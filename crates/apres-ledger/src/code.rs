//! Enumerations stored as a stable word.
//!
//! The word is what the database holds and what a URL or a message table may use; renaming a variant never changes it.

/// A word that is not one of the codes expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not a {what}")]
pub struct UnknownCode {
    /// What was expected.
    pub what: &'static str,
    /// The word found.
    pub word: String,
}

/// Declares an enumeration with its stored words, `as_str`, and `FromStr`.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The stored word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::code::UnknownCode;

            fn from_str(word: &str) -> std::result::Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::code::UnknownCode { what: $what, word: word.to_owned() }),
                }
            }
        }
    };
}

pub(crate) use codes;
