//! What is logged: our own words at the level asked for, and those of libraries at most at the level of information.
//!
//! What libraries say in detail holds queries and statistics of files, so values of rows: no setting brings that into a log.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// What is logged when nothing is asked for.
const USUAL: &str = "warn,apres=info";

/// Writes what `asked` lets through, and nothing of the details of libraries.
pub fn subscriber<W>(asked: Option<EnvFilter>, writer: W, has_colours: bool) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = asked.unwrap_or_else(|| EnvFilter::new(USUAL));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(has_colours);
    tracing_subscriber::registry().with(filter).with(lines.with_filter(filter_fn(may_be_logged)))
}

fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("apres") || *metadata.level() <= Level::INFO
}
