// Every page: axe finds nothing serious, one h1, a title, no horizontal scroll at 320 px, nothing blocked by the content policy.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { base, checkAccessibility, checkPage, launch, listFile, open, shoot, signIn } from "./harness.mjs";

let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

/** Looks at a page from every side. */
async function look(page, name, address) {
  if (address) await page.goto(base + address);
  await checkPage(page, name);
  await checkAccessibility(page, name);
  await shoot(page, name);
}

test("public pages", { timeout: 120_000 }, async () => {
  const { context, page, complaints } = await open(browser);
  const pages = {
    accueil: "/",
    connexion: "/connexion",
    definitions: "/definitions",
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

test("pages of a structure", { timeout: 240_000 }, async () => {
  const { context, page, complaints } = await open(browser);
  assert.ok(await signIn(page));
  await look(page, "bilan", "/bilan");
  for (const summary of await page.locator("details summary").all()) await summary.click();
  await look(page, "bilan-ouvert");
  await look(page, "bilan-refuse", "/bilan?de=2024T1&a=2024T1&sexe=F&age=50_plus");
  await look(page, "listes", "/listes");
  await look(page, "deposer", "/listes/deposer");
  await page.getByLabel("Le fichier").setInputFiles(await listFile());
  await page.getByRole("button", { name: "Envoyer et vérifier" }).click();
  await page.waitForURL(/\/verifier$/);
  await look(page, "verifier");
  await page.getByRole("button", { name: "Lancer la recherche" }).click();
  await look(page, "verifier-incomplet");
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

for (const [wanted, pages] of [
  ["financeur", { "bilan-financeur": "/bilan" }],
  ["exploitant|administr", { administration: "/administration", qualite: "/administration/qualite", "qualite-tous": "/administration/qualite?mois=tous", "bilan-exploitant": "/bilan?par=departement" }],
]) {
  test(`pages of another role: ${wanted}`, { timeout: 120_000 }, async (context_) => {
    const { context, page } = await open(browser);
    if (!(await signIn(page, wanted))) return context_.skip("no such account is shown");
    for (const [name, address] of Object.entries(pages)) await look(page, name, address);
    if (pages.administration) {
      await page.goto(`${base}/administration`);
      await page.getByRole("region", { name: "Lectures de déclarations" }).getByRole("link").first().click();
      await page.waitForURL(/\/administration\/lectures\//);
      await look(page, "lecture");
    }
    await context.close();
  });
}
