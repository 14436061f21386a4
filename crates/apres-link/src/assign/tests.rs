//! Small groups of rows.
