//! The pages with made-up people on a loopback port: `cargo run -p apres-serve --example preview -- 8611`.

use std::sync::Arc;

use apres_serve::{Config, ServeState};

#[path = "../tests/it/fake/mod.rs"]
mod fake;

#[expect(clippy::disallowed_methods, reason = "the clock of a preview is the machine's")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8611), |given| given.parse())?;
    let folder = tempfile::tempdir()?;
    let ledger = fake::accounts::ledger(folder.path()).await;
    let config =
        Config { operator: "GIP Exemple".into(), demo_accounts: fake::accounts::demo(), secure_cookies: false, ..Config::default() };
    let clock = Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        apres_serve::UnixTime(i64::try_from(since.as_secs()).unwrap_or_default())
    });
    let state = ServeState::new(Arc::new(fake::FakeDesk::new()), ledger, config, clock);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("http://{}", listener.local_addr()?);
    apres_serve::serve(listener, state, async {
        let _ = tokio::signal::ctrl_c().await;
    })
    .await?;
    Ok(())
}
