//! A form of our own pages, read with one error page for all that can be wrong with it.
//!
//! That the form comes from our own pages was checked before, for every request that changes something.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::fault::PageFault;

/// The fields of a form.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = PageFault;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageFault> {
        #[expect(clippy::disallowed_types, reason = "this is the form extractor of the pages")]
        let read = axum::extract::Form::<T>::from_request(request, state).await;
        read.map(|axum::extract::Form(fields)| Self(fields)).map_err(|_| PageFault::Unreadable)
    }
}
