//! The page where anybody plays with a toy table: without script, without an account, and without anything kept.

use axum::http::{StatusCode, header};
use scraper::{Html, Selector};

use crate::client::Client;

fn texts(body: &str, selector: &str) -> Vec<String> {
    let chosen = Selector::parse(selector).unwrap();
    let one = |element: scraper::ElementRef<'_>| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    Html::parse_document(body).select(&chosen).map(one).collect()
}

/// The address behind the figure of this row and column.
fn cell(body: &str, row: usize, column: usize) -> String {
    let chosen = Selector::parse(&format!(".ap-toy tbody tr:nth-child({row}) td:nth-child({}) a", column + 1)).unwrap();
    let address = Html::parse_document(body).select(&chosen).next().unwrap().attr("href").unwrap().to_owned();
    address.split('#').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_visitor_hides_a_figure_finds_it_and_hides_enough() {
    let mut client = Client::new().await;
    let mut body = client.get("/secret").await.body;
    assert!(body.contains("cachez-le"));
    let verdict = |body: &str| texts(body, ".ap-toy-verdict").remove(0);
    // Women of fifty and more, then men of that age: each subtraction is shown until none is left.
    let address = cell(&body, 1, 3);
    body = client.get(&address).await.body;
    assert!(verdict(&body).starts_with("Raté"));
    assert_eq!(texts(&body, ".ap-toy-result li"), ["femmes de 50 ans et plus : 41 − 13 − 24 = 4. Retrouvé !"]);
    for (row, column) in [(2, 3), (1, 2)] {
        let address = cell(&body, row, column);
        body = client.get(&address).await.body;
        assert!(verdict(&body).starts_with("Raté"), "{row} {column}");
    }
    let address = cell(&body, 2, 2);
    body = client.get(&address).await.body;
    assert!(verdict(&body).starts_with("Bravo"));
    assert_eq!(texts(&body, ".ap-toy-result li").len(), 4);
    assert!(!texts(&body, ".ap-toy-result").remove(0).contains("Retrouvé"));
    let hidden = texts(&body, ".ap-toy-cell--hidden");
    assert_eq!(hidden.iter().filter(|words| words.ends_with("secret : trop peu de personnes")).count(), 1);
    assert_eq!(hidden.iter().filter(|words| words.ends_with("secret : protège un autre chiffre")).count(), 3, "each says why");
    // And back: the figure is shown again.
    let address = cell(&body, 1, 3);
    assert!(client.get(&address).await.body.contains(">4</a>"));
}

#[tokio::test]
async fn a_blurred_table_lies_to_whoever_subtracts() {
    let body = Client::new().await.get("/secret?caches=a3&flou=oui").await.body;
    let found = texts(&body, ".ap-toy-result li");
    assert!(found[0].ends_with("Faux, et le curieux ne peut pas le savoir."), "{found:?}");
}

#[tokio::test]
async fn two_questions_differ_by_one_person_or_by_a_group() {
    let mut client = Client::new().await;
    for (people, words) in
        [("1", "Une seule personne"), ("5", "on le sait de chacune"), ("19", "Dix-neuf"), ("20", "APRES répond"), ("40", "APRES répond")]
    {
        let body = client.get(&format!("/secret?ecart={people}")).await.body;
        let answered = texts(&body, ".ap-toy-safe").len();
        assert!(body.contains(words), "{people}");
        assert_eq!(answered, usize::from(people == "20" || people == "40"), "{people}");
    }
}

#[tokio::test]
async fn the_page_says_the_four_reasons_and_ignores_nonsense() {
    let mut client = Client::new().await;
    let answer = client.get("/secret?caches=%3Cscript%3E.z9.a1&flou=peut-etre&ecart=-1&x=y").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.body.contains("<script>"));
    assert_eq!(texts(&answer.body, "section[aria-labelledby=raisons] tbody tr").len(), 4);
    assert_eq!(answer.headers.get(header::SET_COOKIE), None, "nothing is kept");
    assert!(client.get("/").await.body.contains("href=\"/secret\""), "it is found from the first page");
}
