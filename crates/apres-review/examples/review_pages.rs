//! Writes the pages of a made-up review into a folder, to be looked at: `cargo run -p apres-review --example review_pages -- FOLDER`.

#[path = "../tests/it/fake.rs"]
mod fake;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).expect("a folder"));
    std::fs::create_dir_all(&folder)?;
    let site = fake::reviewer().await;
    let pages = [
        ("connexion.html", "/connexion"),
        ("listes.html", "/"),
        ("liste.html", "/listes/liste"),
        ("paire.html", "/listes/liste/paires/1"),
        ("aveugle.html", "/listes/liste/paires/2?aveugle=1"),
        ("motif.html", "/listes/liste/motifs/p2"),
        ("absente.html", "/listes/liste/paires/99"),
        ("relecture.css", "/relecture.css"),
        ("relecture.js", "/relecture.js"),
    ];
    for (name, path) in pages {
        let answer = site.get(path).await;
        assert!(!answer.header("content-type").is_empty() && site.desk.placed() == 0, "{path} is a page");
        std::fs::write(folder.join(name), answer.body)?;
    }
    site.post("/listes/liste/paires/1", "verdict=meme&geste=g1").await;
    site.post("/listes/liste/paires/5?echantillon=1", "verdict=meme&geste=g2").await;
    std::fs::write(folder.join("liste-entamee.html"), site.get("/listes/liste").await.body)?;
    std::fs::write(folder.join("paire-decidee.html"), site.get("/listes/liste/paires/1").await.body)
}
