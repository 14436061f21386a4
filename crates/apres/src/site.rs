//! The site: pages and the worker in one process, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use apres_serve::{Config, DemoAccount, ServeState, UnixTime};
use tokio::net::TcpListener;

use crate::desk::HomeDesk;
use crate::home::{Home, now};
use crate::{vintage, worker};

/// Lists whose time is over are looked for this often.
const ERASE_EVERY: Duration = Duration::from_secs(3600);

/// Serves the pages and does the jobs.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run(home: Arc<Home>, listen: &str, demo_accounts: Vec<DemoAccount>) -> Result<()> {
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}: choose another address with --listen"))?;
    let is_demo = !demo_accounts.is_empty();
    let desk = Arc::new(HomeDesk::new(Arc::clone(&home), is_demo));
    let config = Config {
        operator: home.config.settings.operator.clone(),
        contact: home.config.settings.contact.clone(),
        demo_accounts,
        secure_cookies: home.config.settings.secure_cookies && !is_demo,
        ..Config::default()
    };
    let state = ServeState::new(desk, home.ledger.clone(), config, Arc::new(|| UnixTime(now())));
    let worker = tokio::spawn(worker::run(Arc::clone(&home)));
    let eraser = tokio::spawn(erase(home));
    tracing::info!("ready on http://{}", listener.local_addr().context("reading the address")?);
    apres_serve::serve(listener, state, stopped()).await.context("serving the pages")?;
    worker.abort();
    eraser.abort();
    Ok(())
}

/// Lists whose time is over, and the vintage of a quarter that begins.
async fn erase(home: Arc<Home>) {
    loop {
        if let Err(fault) = worker::erase_expired(&home).await {
            tracing::error!("erasing expired lists: {fault:#}");
        }
        if home.config.settings.vintage.every_quarter
            && let Err(fault) = vintage::renew(&home, now()).await
        {
            tracing::error!("freezing the vintage of the quarter: {fault:#}");
        }
        tokio::time::sleep(ERASE_EVERY).await;
    }
}

/// Ctrl-C, or the signal of a service manager.
pub(crate) async fn stopped() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
