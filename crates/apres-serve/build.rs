//! Embeds the theme's files in the crate, under one address that changes with their content.
//!
//! The theme is chosen by `APRES_THEME` (`apres`, the default, or `dsfr`; see `theme/README.md`). Third-party files are read from
//! `node_modules` and are never committed.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// The version whose class names and variables the templates were written for.
const DSFR_VERSION: &str = "1.15.3";

/// A file to embed: its address under the bundle, and its content.
struct Asset {
    path: String,
    content: Vec<u8>,
}

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=APRES_THEME");
    println!("cargo::rerun-if-changed=theme");
    let crate_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let theme = env::var("APRES_THEME").unwrap_or_else(|_| "apres".to_owned());
    let mut assets = match theme.as_str() {
        "apres" => own_theme(&crate_dir)?,
        "dsfr" => dsfr_theme(&crate_dir)?,
        other => return Err(format!("APRES_THEME is '{other}', expected 'apres' or 'dsfr'").into()),
    };
    assets.push(Asset { path: "apres.js".into(), content: fs::read(crate_dir.join("theme/common/apres.js"))? });
    assets.push(Asset { path: "icon.svg".into(), content: fs::read(crate_dir.join("theme/common/icon.svg"))? });
    assets.sort_by(|left, right| left.path.cmp(&right.path));
    write_table(&theme, &assets)
}

fn own_theme(crate_dir: &Path) -> Result<Vec<Asset>, Box<dyn Error>> {
    let parts = ["theme/apres/variables.css", "theme/apres/components.css", "theme/common/pages.css"];
    Ok(vec![stylesheet(crate_dir, &parts)?])
}

fn dsfr_theme(crate_dir: &Path) -> Result<Vec<Asset>, Box<dyn Error>> {
    let package = crate_dir.join("../../node_modules/@gouvfr/dsfr");
    println!("cargo::rerun-if-changed={}", package.join("package.json").display());
    let manifest = fs::read_to_string(package.join("package.json")).map_err(|_| {
        "APRES_THEME=dsfr needs @gouvfr/dsfr in node_modules: once entitled to it, run 'npm create @gouvfr/dsfr@latest' \
         then 'npm install --no-save @gouvfr/dsfr@1.15.3' (see crates/apres-serve/theme/README.md)"
    })?;
    if !manifest.contains(&format!("\"version\": \"{DSFR_VERSION}\"")) {
        return Err(format!("APRES_THEME=dsfr needs @gouvfr/dsfr {DSFR_VERSION}, node_modules holds another version").into());
    }
    let mut assets = vec![stylesheet(crate_dir, &["theme/dsfr/variables.css", "theme/common/pages.css"])?];
    let dist = package.join("dist");
    assets.push(Asset { path: "dsfr/dsfr.min.css".into(), content: fs::read(dist.join("dsfr.min.css"))? });
    for folder in ["fonts", "icons"] {
        collect(&dist.join(folder), &format!("dsfr/{folder}"), &mut assets)?;
    }
    Ok(assets)
}

fn stylesheet(crate_dir: &Path, parts: &[&str]) -> Result<Asset, Box<dyn Error>> {
    let mut content = Vec::new();
    for part in parts {
        content.extend(fs::read(crate_dir.join(part))?);
        content.push(b'\n');
    }
    Ok(Asset { path: "apres.css".into(), content })
}

fn collect(folder: &Path, prefix: &str, assets: &mut Vec<Asset>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, assets)?;
        } else {
            assets.push(Asset { path, content: fs::read(entry.path())? });
        }
    }
    Ok(())
}

/// Writes `assets.rs`: the theme's name, the digest of the whole bundle and the table of its files.
#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
fn write_table(theme: &str, assets: &[Asset]) -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut hasher = Sha256::new();
    let mut table = String::new();
    for (index, asset) in assets.iter().enumerate() {
        hasher.update(asset.path.as_bytes());
        hasher.update([0]);
        hasher.update(&asset.content);
        let file = out.join(format!("asset-{index}"));
        fs::write(&file, &asset.content)?;
        writeln!(table, "    ({:?}, include_bytes!({file:?})),", asset.path)?;
    }
    let digest: String = hasher.finalize().iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let code = format!(
        "/// Theme that was embedded.\npub(crate) const THEME: &str = {theme:?};\n/// Digest of all the files, part of their address.\n\
         pub(crate) const BUNDLE: &str = {digest:?};\nstatic FILES: &[(&str, &[u8])] = &[\n{table}];\n"
    );
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}
