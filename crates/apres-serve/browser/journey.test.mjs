// The main job of a structure, as its director does it: sign in, deposit a list, read the report, take the figures away, leave.
// Once with script and once without: nothing may depend on it.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { base, launch, listFile, open, shoot, signIn, tabTo } from "./harness.mjs";

const patience = Number(process.env.APRES_PATIENCE_MS ?? 120_000);
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

/** Deposits the list that the demonstration offers: people of its territory, without their numbers. */
async function deposit(context, page) {
  await page.goto(`${base}/listes`);
  await page.getByRole("link", { name: "Déposer une liste" }).click();
  const example = await context.request.get(`${base}${await page.getByRole("link", { name: /liste d’exemple/ }).getAttribute("href")}`);
  await page.getByLabel("Le fichier").setInputFiles({ name: "sorties-2025.csv", mimeType: "text/csv", buffer: await example.body() });
  await page.getByRole("button", { name: "Envoyer et vérifier" }).click();
  await page.waitForURL(/\/verifier$/);
}

/** A column that was guessed is taken for another one, then put right. */
async function correct(page) {
  const column = () => page.getByLabel("Ce que contient la colonne « Sortie »");
  await column().selectOption({ label: "Ne pas utiliser" });
  await page.getByRole("button", { name: "Corriger les colonnes et relire" }).click();
  await page.getByText("Sans date de sortie").first().waitFor();
  assert.equal(await column().inputValue(), "ignored");
  await column().selectOption({ label: "Date de sortie" });
  await page.getByRole("button", { name: "Corriger les colonnes et relire" }).click();
  await page.getByRole("button", { name: "Lancer la recherche" }).waitFor();
  assert.equal(await column().inputValue(), "date_sortie");
}

async function confirm(page) {
  // Nothing chosen: the page says what is missing, at the top and beside each field.
  await page.getByRole("button", { name: "Lancer la recherche" }).click();
  await page.getByRole("heading", { name: "Il manque quelque chose" }).waitFor();
  assert.equal(await page.locator(".fr-error-text").count(), 4);
  await page.getByLabel(/De quel dispositif/).selectOption({ index: 1 });
  await page.getByLabel(/améliorer notre propre action/).check();
  await page.getByLabel(/intérêt public/).check();
  await page.getByLabel(/ont été informées/).check();
  await page.getByRole("button", { name: "Lancer la recherche" }).click();
  await page.waitForURL(/\/(suivi|rapport)/);
}

async function exportFrom(context, page) {
  const links = page.getByRole("link", { name: /CSV/ });
  assert.ok((await links.count()) > 0, "the report offers a file");
  const address = new URL(await links.first().getAttribute("href"), page.url());
  const answer = await context.request.get(address.href);
  assert.equal(answer.status(), 200);
  assert.match(answer.headers()["content-disposition"], /attachment/);
  const text = (await answer.body()).toString("utf8");
  assert.ok(text.startsWith("\ufefftableau;"), "a CSV that spreadsheets open");
}

async function erase(page) {
  await page.getByRole("link", { name: "Effacer cette liste" }).click();
  await page.getByRole("button", { name: "Effacer définitivement" }).click();
  await page.waitForURL(/\/recu$/);
  assert.match(await page.locator("main").innerText(), /Preuve à conserver/);
}

for (const javaScriptEnabled of [true, false]) {
  const kind = javaScriptEnabled ? "with script" : "without script";
  test(`a structure deposits a list and reads its report, ${kind}`, { timeout: patience * 2 }, async () => {
    const { context, page, complaints } = await open(browser, { javaScriptEnabled });
    assert.ok(await signIn(page));
    assert.match(await page.locator("h1").innerText(), /Que deviennent/);
    await deposit(context, page);
    await shoot(page, `verifier-${javaScriptEnabled ? "avec" : "sans"}-script`);
    await correct(page);
    await confirm(page);
    await page.waitForURL(/\/rapport/, { timeout: patience });
    assert.match(await page.locator("h1").innerText(), /votre liste/);
    await shoot(page, `rapport-${javaScriptEnabled ? "avec" : "sans"}-script`);
    assert.match(await page.locator("main").innerText(), /Retrouvées|retrouvées/);
    assert.ok((await page.locator(".ap-number").count()) > 4, "who was found, then what they became");
    await exportFrom(context, page);
    await erase(page);
    await page.getByRole("button", { name: "Se déconnecter" }).click();
    await page.waitForURL(`${base}/`);
    await page.goto(`${base}/bilan`);
    assert.match(page.url(), /\/connexion\?suite=/, "signed out for good");
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("filters live in the address and can be removed", { timeout: patience }, async () => {
  const { context, page, complaints } = await open(browser);
  assert.ok(await signIn(page));
  await page.getByText("Changer la période ou les filtres").click();
  await page.getByLabel("Sexe", { exact: true }).selectOption("F");
  await page.getByRole("button", { name: "Appliquer" }).click();
  await page.waitForURL(/sexe=F/);
  assert.match(await page.title(), /Femmes/);
  await page.getByRole("link", { name: /Retirer le filtre/ }).click();
  await page.waitForURL((address) => !address.search.includes("sexe="));
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the keyboard reaches the content first", { timeout: patience }, async () => {
  const { context, page } = await open(browser);
  await page.goto(base);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Contenu");
  const visible = await page.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0);
  assert.ok(visible, "the skip link shows when it has the focus");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "contenu");
  await context.close();
});

test("a list is deposited with the keyboard alone", { timeout: patience * 2 }, async () => {
  const { context, page, complaints } = await open(browser);
  await page.goto(`${base}/connexion`);
  const shown = page.locator(".ap-accounts li").filter({ hasText: /structure/i }).first();
  const [email, password] = process.env.APRES_EMAIL ? [process.env.APRES_EMAIL, process.env.APRES_PASSWORD] : await shown.locator("code").allInnerTexts();
  await tabTo(page, /^Adresse/);
  await page.keyboard.type(email);
  await tabTo(page, /^Mot de passe/);
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/bilan/);

  // Filters: opened, chosen, applied, removed.
  await tabTo(page, /^Changer la période ou les filtres$/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^Sexe$/);
  await page.keyboard.type("Fem");
  await tabTo(page, /^Appliquer$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/sexe=F/);
  await tabTo(page, /^Retirer le filtre/);
  await page.keyboard.press("Enter");
  await page.waitForURL((address) => !address.search.includes("sexe="));

  await tabTo(page, /^Mes listes$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/listes$/);
  await tabTo(page, /^Déposer une liste$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/deposer$/);
  await tabTo(page, /^Le fichier/);
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Space");
  await (await chooser).setFiles(await listFile());
  await tabTo(page, /^Envoyer et vérifier$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/verifier$/);
  await tabTo(page, /^De quel dispositif/);
  await page.keyboard.press("ArrowDown");
  await tabTo(page, /améliorer notre propre action|^Pourquoi/);
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await tabTo(page, /ont été informées/);
  await page.keyboard.press("Space");
  await tabTo(page, /^Lancer la recherche$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/rapport/, { timeout: patience });
  await tabTo(page, /^Effacer cette liste$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/effacer$/);
  await tabTo(page, /^Effacer définitivement$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/recu$/);
  await tabTo(page, /^Se déconnecter$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${base}/`);
  assert.deepEqual(complaints, []);
  await context.close();
});
