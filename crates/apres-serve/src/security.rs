//! What protects every answer: headers, and the refusal of forms sent by another site.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`, `Referer`, the first that is there); a request that changes something must come from our own
//! pages. A client that says nothing is refused too.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::fault::PageFault;
use crate::state::ServeState;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers that do not depend on the page.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the headers; a page that does not say otherwise is never stored.
pub(crate) async fn headers(State(state): State<ServeState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.config.secure_cookies {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses a request that changes something and does not come from our own pages.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || comes_from_us(request.headers()) {
        return next.run(request).await;
    }
    PageFault::CrossSite.into_response()
}

/// The browser says that one of our pages sent it.
fn comes_from_us(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    // Some browsers send no `Origin` with a form; a page of another site can withhold its `Referer`, and cannot make it ours.
    let source = if headers.contains_key(header::ORIGIN) { text(header::ORIGIN) } else { text(header::REFERER) };
    match (source, text(header::HOST)) {
        (Some(source), Some(host)) => authority(source).is_some_and(|authority| authority.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

/// `apres.test:8600` of `https://apres.test:8600/listes`.
fn authority(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    matches!(scheme, "http" | "https").then(|| rest.split(['/', '?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[(&'static str, &'static str)], expected: bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        assert_eq!(comes_from_us(&headers), expected, "{given:?}");
    }

    #[test]
    fn only_our_own_pages_may_send_forms() {
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "cross-site"), ("origin", "http://apres.test"), ("host", "apres.test")], false);
        check(&[("sec-fetch-site", "none")], false);
        check(&[("origin", "https://apres.test"), ("host", "apres.test")], true);
        check(&[("origin", "https://evil.test"), ("host", "apres.test")], false);
        check(&[("origin", "null"), ("host", "apres.test")], false);
        check(&[("sec-fetch-site", "same-origin"), ("host", "apres.test")], true);
        check(&[("referer", "https://apres.test/listes?x=1"), ("host", "apres.test")], true);
        check(&[("referer", "https://apres.test"), ("host", "apres.test")], true);
        check(&[("referer", "https://evil.test/https://apres.test/"), ("host", "apres.test")], false);
        check(&[("referer", "https://apres.test@evil.test/"), ("host", "apres.test")], false);
        check(&[("referer", "https://apres.test.evil.test/"), ("host", "apres.test")], false);
        check(&[("referer", "apres.test/"), ("host", "apres.test")], false);
        check(&[("origin", "null"), ("referer", "https://apres.test/"), ("host", "apres.test")], false);
        check(&[("origin", "https://evil.test"), ("referer", "https://apres.test/"), ("host", "apres.test")], false);
        check(&[("sec-fetch-site", "cross-site"), ("referer", "https://apres.test/"), ("host", "apres.test")], false);
        check(&[("host", "apres.test")], false);
        check(&[], false);
    }
}
