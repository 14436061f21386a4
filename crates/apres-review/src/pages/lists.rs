//! The lists, and how far each is.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::fault::PageFault;
use crate::pages::{Opened, Progress, Way, note, page};
use crate::session::Reviewer;
use crate::state::ReviewState;

struct Line {
    id: String,
    title: String,
    organisation: String,
    progress: Progress,
}

#[derive(Template)]
#[template(path = "lists.html")]
struct ListsPage {
    name: String,
    lines: Vec<Line>,
}

/// `GET /`.
pub(crate) async fn show(State(state): State<ReviewState>, reviewer: Reviewer) -> Result<Response, PageFault> {
    note(&state, &reviewer, "review_lists", String::new(), "shown").await?;
    let mut lines = Vec::new();
    for list in state.desk.lists().await? {
        let opened = Opened::read(&state, &list.id).await?;
        let progress = opened.progress(Way::default());
        lines.push(Line { id: list.id, title: list.name, organisation: list.organisation, progress });
    }
    page(&ListsPage { name: reviewer.name, lines })
}
