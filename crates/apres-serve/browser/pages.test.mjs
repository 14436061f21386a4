// Every page and state: axe finds nothing serious on a wide screen and on a telephone, one h1, a title, no horizontal scroll, nothing blocked by the
// content policy.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { base, checkAccessibility, checkPage, launch, listFile, open, shoot, signIn } from "./harness.mjs";

let browser;

/** A refusal always offers a way on. */
const refused = /À essayer plutôt|Pour continuer/;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

/** Looks at a page from every side; `state` is what shows that it is the one meant. */
async function look(page, name, address, state) {
  if (address) await page.goto(base + address);
  if (state) assert.match(await page.locator("main").innerText(), state, name);
  await checkPage(page, name);
  await checkAccessibility(page, name);
  await shoot(page, name);
}

test("public pages", { timeout: 240_000 }, async () => {
  const { context, page, complaints } = await open(browser);
  const pages = {
    accueil: "/",
    connexion: "/connexion",
    definitions: "/definitions",
    secret: "/secret",
    "secret-joue": "/secret?caches=a2.a3.b2.b3&ecart=20",
    accessibilite: "/accessibilite",
    "mentions-legales": "/mentions-legales",
    "erreur-404": "/nulle-part",
  };
  for (const [name, address] of Object.entries(pages)) await look(page, name, address);
  await page.goto(`${base}/connexion`);
  await page.getByLabel(/Adresse/).fill("personne@exemple.fr");
  await page.getByLabel(/Mot de passe/).fill("faux");
  await page.locator("main button[type=submit]").click();
  await page.getByRole("alert").waitFor();
  await look(page, "connexion-refusee");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("pages of a structure", { timeout: 480_000 }, async () => {
  const { context, page, complaints } = await open(browser);
  assert.ok(await signIn(page));
  await look(page, "bilan", "/bilan");
  for (const summary of await page.locator("details summary").all()) await summary.click();
  await look(page, "bilan-ouvert");
  await look(page, "bilan-refuse", "/bilan?de=2024T1&a=2024T1&sexe=F&age=50_plus", refused);
  await look(page, "listes", "/listes");
  await look(page, "deposer", "/listes/deposer");
  await page.getByLabel("Le fichier").setInputFiles(await listFile());
  await page.getByRole("button", { name: "Envoyer et vérifier" }).click();
  await page.waitForURL(/\/verifier$/);
  await look(page, "verifier");
  await page.getByRole("button", { name: "Lancer la recherche" }).click();
  await look(page, "verifier-incomplet");
  await page.goto(`${base}/listes/deposer`);
  await page.getByLabel("Le fichier").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1]) });
  await page.getByRole("button", { name: "Envoyer et vérifier" }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "deposer-refuse", undefined, /image|tableau/i);
  await page.goto(`${base}/listes`);
  await look(page, "listes-pleines");
  await page.getByRole("link", { name: /^Effacer/ }).first().click();
  await look(page, "effacer");
  await page.getByRole("button", { name: "Effacer définitivement" }).click();
  await look(page, "recu");
  await look(page, "erreurs-connues", "/erreurs-connues");
  await look(page, "erreur-403", "/administration");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a list from its search to its report", { timeout: 480_000 }, async () => {
  const { context, page, complaints } = await open(browser);
  assert.ok(await signIn(page));
  // The search is short: the page is told that it goes on for as long as it is looked at.
  const words = "Étape 2 sur 4 : recherche des personnes parmi celles que les employeurs ont déclarées.";
  const waiting = async (route) => route.fulfill({ json: { state: await page.locator("[data-poll]").getAttribute("data-state"), text: words } });
  await page.route("**/suivi.json", waiting);
  for (let turn = 0; !page.url().endsWith("/suivi"); turn += 1) {
    assert.ok(turn < 4, "four searches ended before their progress could be read");
    await page.goto(`${base}/listes/deposer`);
    await page.getByLabel("Le fichier").setInputFiles(await listFile());
    await page.getByRole("button", { name: "Envoyer et vérifier" }).click();
    await page.waitForURL(/\/verifier$/);
    // One list for each programme and period: the one before has its place.
    await page.getByLabel(/De quel dispositif/).selectOption({ index: 1 + turn });
    await page.getByLabel(/améliorer notre propre action/).check();
    await page.getByLabel(/intérêt public/).check();
    await page.getByLabel(/ont été informées/).check();
    await page.getByRole("button", { name: "Lancer la recherche" }).click();
    await page.waitForURL(/\/(suivi|rapport)$/);
  }
  await page.getByRole("status").filter({ hasText: words }).waitFor();
  await look(page, "suivi");
  await page.unroute("**/suivi.json", waiting);
  await page.waitForURL(/\/rapport$/, { timeout: 120_000 });
  // People whom nobody declared: what can be said of them is that they were not found.
  await look(page, "rapport-introuvables", undefined, /Trop peu de personnes pour décrire cette liste[^]*Pour continuer/);
  await page.goto(`${base}/listes`);
  await page.getByRole("link", { name: /chantier_nir\.csv/ }).first().click();
  await page.waitForURL(/\/rapport$/);
  await look(page, "rapport");
  for (const summary of await page.locator("details summary").all()) await summary.click();
  await look(page, "rapport-ouvert");
  await look(page, "rapport-refuse", `${new URL(page.url()).pathname}?sexe=F&age=50_plus`, refused);
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const [wanted, pages] of [
  ["financeur", { "bilan-financeur": ["/bilan"], "bilan-mal-ecrit": ["/bilan?de=hier&sexe=autre"] }],
  [
    "exploitant|administr",
    {
      administration: ["/administration", /Travaux/],
      qualite: ["/administration/qualite"],
      "qualite-tous": ["/administration/qualite?mois=tous"],
      "bilan-exploitant": ["/bilan?par=departement"],
      "listes-vides": ["/listes", /Aucune liste pour l’instant/],
      "liste-inconnue": ["/listes/0123456789abcdef/rapport"],
    },
  ],
]) {
  test(`pages of another role: ${wanted}`, { timeout: 240_000 }, async (context_) => {
    const { context, page } = await open(browser);
    if (!(await signIn(page, wanted))) return context_.skip("no such account is shown");
    for (const [name, [address, state]] of Object.entries(pages)) await look(page, name, address, state);
    if (pages.administration) {
      await page.goto(`${base}/administration`);
      await page.getByRole("region", { name: "Tableau des lectures" }).getByRole("link").first().click();
      await page.waitForURL(/\/administration\/lectures\//);
      await look(page, "lecture");
    }
    await context.close();
  });
}
