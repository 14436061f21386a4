//! Expressions over the panel: who is counted, and what counts.
//!
//! A short text becomes an [`Expr`] whose names and types were checked against the vocabulary; it is compiled by the measuring side
//! from this tree, never pasted into a query. Logic has two values: an absent text or number equals nothing and compares with nothing.
//!
//! ```text
//! expression = term { "or" term }          term = factor { "and" factor }
//! factor     = "not" factor | "(" expression ")" | "everyone" | column [ test ]
//! test       = ("=" | "!=") 'text' | "in" "(" 'text' { "," 'text' } ")" | ("=" | "!=" | "<" | "<=" | ">" | ">=") number
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::column::{Column, ColumnKind};

/// Longest expression that is read, in bytes.
pub const EXPR_BYTES_MAX: usize = 1000;
/// Deepest nesting of `not` and parentheses.
pub const EXPR_DEPTH_MAX: usize = 16;

/// A true-or-false question on one row of the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// True on every row.
    Everyone,
    /// A true-or-false column.
    Fact(Column),
    /// The text column has one of these values; false when it is absent.
    Text {
        /// A text column.
        column: Column,
        /// At least one value.
        values: Vec<String>,
    },
    /// The number column compares with a value; false when it is absent.
    Number {
        /// A number column.
        column: Column,
        /// How.
        comparison: Comparison,
        /// With what.
        value: i64,
    },
    /// The contrary.
    Not(Box<Expr>),
    /// All of them (two at least).
    And(Vec<Expr>),
    /// One of them at least (two at least).
    Or(Vec<Expr>),
}

/// Comparison of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As written in an expression; the same sign in SQL.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// One row of the panel, as the reference reading of an expression sees it.
pub trait Row {
    /// A true-or-false column.
    fn fact(&self, column: Column) -> bool;
    /// A text column.
    fn text(&self, column: Column) -> Option<&str>;
    /// A number column.
    fn number(&self, column: Column) -> Option<i64>;
}

impl Expr {
    /// Reads and checks an expression.
    ///
    /// # Errors
    /// An [`ExprFault`] with its place in the text.
    pub fn parse(text: &str) -> Result<Self, ExprFault> {
        if text.len() > EXPR_BYTES_MAX {
            return Err(ExprFault { at: EXPR_BYTES_MAX, kind: ExprFaultKind::TooLong });
        }
        let tokens = tokenise(text)?;
        let mut parser = Parser { tokens: &tokens, next: 0, end: text.len(), depth: 0 };
        let expr = parser.expression()?;
        match parser.peek() {
            None => Ok(expr),
            Some(_) => Err(parser.fault(ExprFaultKind::Expected("'and', 'or' or the end"))),
        }
    }

    /// Whether it is true of a row: the reference against which compiled queries are tested.
    #[must_use]
    pub fn eval(&self, row: &dyn Row) -> bool {
        match self {
            Self::Everyone => true,
            Self::Fact(column) => row.fact(*column),
            Self::Text { column, values } => row.text(*column).is_some_and(|text| values.iter().any(|value| value == text)),
            Self::Number { column, comparison, value } => row.number(*column).is_some_and(|number| comparison.holds(number, *value)),
            Self::Not(inner) => !inner.eval(row),
            Self::And(parts) => parts.iter().all(|part| part.eval(row)),
            Self::Or(parts) => parts.iter().any(|part| part.eval(row)),
        }
    }

    /// The columns that it reads, once each.
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        self.collect(&mut columns);
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn collect(&self, columns: &mut Vec<Column>) {
        match self {
            Self::Everyone => {}
            Self::Fact(column) | Self::Text { column, .. } | Self::Number { column, .. } => columns.push(*column),
            Self::Not(inner) => inner.collect(columns),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.collect(columns)),
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, nested: bool) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Fact(column) => f.write_str(column.name()),
            Self::Text { column, values } if values.len() == 1 => {
                write!(f, "{} = '{}'", column.name(), values[0])
            }
            Self::Text { column, values } => {
                write!(f, "{} in ('{}')", column.name(), values.join("', '"))
            }
            Self::Number { column, comparison, value } => write!(f, "{} {} {value}", column.name(), comparison.sign()),
            Self::Not(inner) => {
                f.write_str("not ")?;
                inner.write(f, true)
            }
            Self::And(parts) => write_joined(f, parts, " and ", nested),
            Self::Or(parts) => write_joined(f, parts, " or ", nested),
        }
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str, nested: bool) -> fmt::Result {
    f.write_str(if nested { "(" } else { "" })?;
    for (position, part) in parts.iter().enumerate() {
        f.write_str(if position > 0 { word } else { "" })?;
        part.write(f, true)?;
    }
    f.write_str(if nested { ")" } else { "" })
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

impl FromStr for Expr {
    type Err = ExprFault;

    fn from_str(text: &str) -> Result<Self, ExprFault> {
        Self::parse(text)
    }
}

impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is wrong in an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: {kind}")]
pub struct ExprFault {
    /// Place in the text, in bytes from 0.
    pub at: usize,
    /// What is wrong.
    pub kind: ExprFaultKind,
}

/// What is wrong in an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExprFaultKind {
    /// Longer than [`EXPR_BYTES_MAX`].
    #[error("the expression is too long")]
    TooLong,
    /// Deeper than [`EXPR_DEPTH_MAX`].
    #[error("too many parentheses or 'not' inside one another")]
    TooDeep,
    /// A character that no expression holds.
    #[error("'{0}' has no place in an expression")]
    BadCharacter(char),
    /// A text without its closing quote.
    #[error("this text has no closing quote")]
    OpenText,
    /// A number that does not fit.
    #[error("this number is too large")]
    BadNumber,
    /// A name that is no column of the panel.
    #[error("'{0}' is not a column of the panel")]
    UnknownColumn(String),
    /// Something else had to come here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A comparison that the column's type does not allow.
    #[error("column '{column}' is {is}: {use_instead}")]
    WrongType {
        /// The column.
        column: &'static str,
        /// Its type, in words.
        is: &'static str,
        /// What may be written.
        use_instead: &'static str,
    },
    /// A value outside the column's closed list.
    #[error("'{value}' is not a value of '{column}' (one of: {values})")]
    UnknownValue {
        /// The value.
        value: String,
        /// The column.
        column: &'static str,
        /// The list.
        values: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Number(i64),
    Compare(Comparison),
    Open,
    Close,
    Comma,
}

fn tokenise(text: &str) -> Result<Vec<(usize, Token<'_>)>, ExprFault> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (token, length) = match bytes[at] {
            b' ' | b'\n' | b'\t' => {
                at += 1;
                continue;
            }
            b'(' => (Token::Open, 1),
            b')' => (Token::Close, 1),
            b',' => (Token::Comma, 1),
            b'\'' => {
                let inside = &text[at + 1..];
                let length = inside.find('\'').ok_or(ExprFault { at, kind: ExprFaultKind::OpenText })?;
                (Token::Text(&inside[..length]), length + 2)
            }
            b'=' | b'!' | b'<' | b'>' => comparison(&text[at..]).ok_or(ExprFault { at, kind: ExprFaultKind::Expected("a comparison") })?,
            b'-' | b'0'..=b'9' => {
                let length = 1 + run(&bytes[at + 1..], |byte| byte.is_ascii_digit());
                let number = text[at..at + length].parse();
                (Token::Number(number.map_err(|_| ExprFault { at, kind: ExprFaultKind::BadNumber })?), length)
            }
            b'a'..=b'z' => {
                let length = run(&bytes[at..], |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
                (Token::Word(&text[at..at + length]), length)
            }
            _ => {
                let character = text[at..].chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
                return Err(ExprFault { at, kind: ExprFaultKind::BadCharacter(character) });
            }
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

fn run(bytes: &[u8], accepts: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| accepts(byte)).count()
}

fn comparison(text: &str) -> Option<(Token<'_>, usize)> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    // Two-character signs first.
    let all = [LessOrEqual, GreaterOrEqual, NotEqual, Equal, Less, Greater];
    let found = all.into_iter().find(|comparison| text.starts_with(comparison.sign()))?;
    Some((Token::Compare(found), found.sign().len()))
}

struct Parser<'a> {
    tokens: &'a [(usize, Token<'a>)],
    next: usize,
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn expression(&mut self) -> Result<Expr, ExprFault> {
        let mut parts = vec![self.term()?];
        while self.take_word("or") {
            parts.push(self.term()?);
        }
        Ok(alone(parts, Expr::Or))
    }

    fn term(&mut self) -> Result<Expr, ExprFault> {
        let mut parts = vec![self.factor()?];
        while self.take_word("and") {
            parts.push(self.factor()?);
        }
        Ok(alone(parts, Expr::And))
    }

    fn factor(&mut self) -> Result<Expr, ExprFault> {
        if self.depth >= EXPR_DEPTH_MAX {
            return Err(self.fault(ExprFaultKind::TooDeep));
        }
        self.depth += 1;
        let expr = if self.take_word("not") {
            Expr::Not(Box::new(self.factor()?))
        } else if self.take(&Token::Open) {
            let inner = self.expression()?;
            self.expect(&Token::Close, "')'")?;
            inner
        } else if self.take_word("everyone") {
            Expr::Everyone
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn test(&mut self) -> Result<Expr, ExprFault> {
        let Some(Token::Word(name)) = self.peek() else {
            return Err(self.fault(ExprFaultKind::Expected("a column, 'not', 'everyone' or '('")));
        };
        let name = *name;
        let column = Column::from_name(name).ok_or_else(|| self.fault(ExprFaultKind::UnknownColumn(name.to_owned())))?;
        let at = self.next;
        self.next += 1;
        let test = match column.kind() {
            ColumnKind::Fact => Some(Expr::Fact(column)).filter(|_| !matches!(self.peek(), Some(Token::Compare(_)))),
            ColumnKind::Number => self.number_test(column),
            ColumnKind::Text(_) => self.text_test(column)?,
        };
        test.ok_or_else(|| ExprFault { at: self.tokens[at].0, kind: wrong_type(column) })
    }

    fn number_test(&mut self, column: Column) -> Option<Expr> {
        let [(_, Token::Compare(comparison)), (_, Token::Number(value)), ..] = self.tokens[self.next..] else {
            return None;
        };
        self.next += 2;
        Some(Expr::Number { column, comparison, value })
    }

    fn text_test(&mut self, column: Column) -> Result<Option<Expr>, ExprFault> {
        if self.take_word("in") {
            self.expect(&Token::Open, "'('")?;
            let mut values = vec![self.text(column)?];
            while self.take(&Token::Comma) {
                values.push(self.text(column)?);
            }
            self.expect(&Token::Close, "')'")?;
            return Ok(Some(Expr::Text { column, values }));
        }
        let negated = self.peek() == Some(&Token::Compare(Comparison::NotEqual));
        if !negated && self.peek() != Some(&Token::Compare(Comparison::Equal)) {
            return Ok(None);
        }
        self.next += 1;
        let equal = Expr::Text { column, values: vec![self.text(column)?] };
        Ok(Some(if negated { Expr::Not(Box::new(equal)) } else { equal }))
    }

    /// A quoted value of the column's list.
    fn text(&mut self, column: Column) -> Result<String, ExprFault> {
        let Some(Token::Text(value)) = self.peek() else {
            return Err(self.fault(ExprFaultKind::Expected("a text between quotes")));
        };
        let value = *value;
        if let ColumnKind::Text(Some(values)) = column.kind()
            && !values.contains(&value)
        {
            let kind = ExprFaultKind::UnknownValue { value: value.to_owned(), column: column.name(), values: values.join(", ") };
            return Err(self.fault(kind));
        }
        self.next += 1;
        Ok(value.to_owned())
    }

    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn take(&mut self, token: &Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take(&Token::Word(word))
    }

    fn expect(&mut self, token: &Token<'_>, words: &'static str) -> Result<(), ExprFault> {
        if self.take(token) { Ok(()) } else { Err(self.fault(ExprFaultKind::Expected(words))) }
    }

    fn fault(&self, kind: ExprFaultKind) -> ExprFault {
        ExprFault { at: self.tokens.get(self.next).map_or(self.end, |(at, _)| *at), kind }
    }
}

fn alone(mut parts: Vec<Expr>, join: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() > 1 {
        return join(parts);
    }
    parts.pop().expect("a list of parts starts with one")
}

fn wrong_type(column: Column) -> ExprFaultKind {
    let (is, use_instead) = match column.kind() {
        ColumnKind::Fact => ("true or false", "write it alone, or after 'not'"),
        ColumnKind::Text(_) => ("a text", "use = 'text', != 'text' or in ('text', …)"),
        ColumnKind::Number => ("a number", "compare it with a whole number"),
    };
    ExprFaultKind::WrongType { column: column.name(), is, use_instead }
}
