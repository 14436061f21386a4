//! What protects every answer: headers, the host that was asked, and the refusal of what another site sends.
//!
//! The pages answer on the machine itself: a request for another host (a name that was made to point here) is refused before anything is read.

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use serde::de::DeserializeOwned;

use crate::fault::PageFault;

/// The fields of a form of our own pages: that it is one was checked before.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = PageFault;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageFault> {
        #[expect(clippy::disallowed_types, reason = "this is the form extractor of these pages")]
        let read = axum::extract::Form::<T>::from_request(request, state).await;
        read.map(|axum::extract::Form(fields)| Self(fields)).map_err(|_| PageFault::Unreadable)
    }
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses what does not come from here, and adds the headers.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_ours = is_of_this_machine(request.headers()) && (is_safe || comes_from_us(request.headers()));
    let mut response = if is_ours { next.run(request).await } else { PageFault::Foreign.into_response() };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|value| value.to_str().ok())
}

/// The request names this machine.
fn is_of_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = host(headers) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The browser says that one of our pages sent it.
fn comes_from_us(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    match (origin, host(headers)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        given.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_this_machine_is_answered() {
        for (host, expected) in [
            ("127.0.0.1:8610", true),
            ("localhost:8610", true),
            ("[::1]:8610", true),
            ("apres.example.fr", false),
            ("10.0.0.4:8610", false),
            ("localhost.example.fr", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            assert_eq!(is_of_this_machine(&headers), expected, "{host}");
        }
        assert!(!is_of_this_machine(&HeaderMap::new()));
    }

    #[test]
    fn only_our_own_pages_may_send_forms() {
        assert!(comes_from_us(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!comes_from_us(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(comes_from_us(&headers(&[("origin", "http://localhost:8610"), ("host", "localhost:8610")])));
        assert!(!comes_from_us(&headers(&[("origin", "null"), ("host", "localhost:8610")])));
        assert!(!comes_from_us(&headers(&[("host", "localhost:8610")])));
    }
}
