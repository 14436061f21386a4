//! The running program, as somebody with an account sees it: pages, exports and forms over HTTP, and nothing else.
//!
//! Redirects are not followed: that a question was refused is told by one. Every answer carries the time that it took. It speaks to a site on
//! the machine itself, without TLS.

use std::time::{Duration, Instant};

/// Longest wait for an answer.
const SECONDS_MAX: u64 = 120;
/// Largest answer that is read.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What goes wrong with a site that does not behave as one.
#[derive(Debug, thiserror::Error)]
pub enum SiteFault {
    /// No answer.
    #[error("asking {0}")]
    NoAnswer(String, #[source] Box<ureq::Error>),
    /// Another answer than a site of this kind gives.
    #[error("{0}: {1}")]
    Unexpected(String, String),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers, by name, but the day and the hour.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
    /// From the request to the end of the body.
    pub took: Duration,
}

impl Answer {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Somebody's sight of a site.
#[derive(Debug, Clone)]
pub struct Account {
    agent: ureq::Agent,
    url: String,
    /// Address that signed in.
    pub email: String,
    cookie: String,
}

impl Account {
    /// Signs in at a site such as `http://127.0.0.1:8600`.
    ///
    /// # Errors
    /// When nothing answers, or the account is refused.
    pub fn sign_in(url: &str, email: &str, password: &str) -> Result<Self, SiteFault> {
        let wait = Some(Duration::from_secs(SECONDS_MAX));
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
        let agent = config.timeout_global(wait).proxy(None).build().new_agent();
        let mut account = Self { agent, url: url.to_owned(), email: email.to_owned(), cookie: String::new() };
        let answer = account.post("/connexion", &[("email", email), ("mot_de_passe", password)])?;
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        match (answer.status, cookie) {
            (303, Some(cookie)) => cookie.clone_into(&mut account.cookie),
            (status, _) => return Err(SiteFault::Unexpected("/connexion".to_owned(), format!("{email} is refused, status {status}"))),
        }
        Ok(account)
    }

    /// Reads an address.
    ///
    /// # Errors
    /// When nothing answers.
    pub fn get(&self, address: &str) -> Result<Answer, SiteFault> {
        let begun = Instant::now();
        let sent = self.agent.get(format!("{}{address}", self.url)).header("cookie", &self.cookie).call();
        read(address, sent, begun)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// When nothing answers.
    pub fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<Answer, SiteFault> {
        let written: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        self.send(address, "application/x-www-form-urlencoded", written.join("&").as_bytes())
    }

    /// Deposits a list; its identifier.
    ///
    /// # Errors
    /// When nothing answers, or the file is refused.
    pub fn deposit(&self, name: &str, content: &str) -> Result<String, SiteFault> {
        let mark = "limite-entre-deux-parties";
        let body = format!(
            "--{mark}\r\ncontent-disposition: form-data; name=\"fichier\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n{content}\r\n--{mark}--\r\n"
        );
        let answer = self.send("/listes/deposer", &format!("multipart/form-data; boundary={mark}"), body.as_bytes())?;
        let id = answer.header("location").and_then(|address| address.strip_prefix("/listes/")?.strip_suffix("/verifier"));
        id.map(str::to_owned).ok_or_else(|| SiteFault::Unexpected("/listes/deposer".to_owned(), format!("status {}", answer.status)))
    }

    fn send(&self, address: &str, media_type: &str, body: &[u8]) -> Result<Answer, SiteFault> {
        let begun = Instant::now();
        let request = self.agent.post(format!("{}{address}", self.url)).header("content-type", media_type);
        let sent = request.header("sec-fetch-site", "same-origin").header("cookie", &self.cookie).send(body);
        read(address, sent, begun)
    }
}

fn read(address: &str, sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>, begun: Instant) -> Result<Answer, SiteFault> {
    let fault = |fault: ureq::Error| SiteFault::NoAnswer(address.to_owned(), Box::new(fault));
    let mut response = sent.map_err(fault)?;
    let body = response.body_mut().with_config().limit(BYTES_MAX).read_to_string().map_err(fault)?;
    let took = begun.elapsed();
    let named = response.headers().iter().filter(|(name, _)| *name != "date");
    let headers = named.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    Ok(Answer { status: response.status().as_u16(), headers, body, took })
}

fn escaped(text: &str) -> String {
    let written = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    written.collect()
}
