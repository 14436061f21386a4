// What the browser tests share: a Chromium, an account, axe, screenshots.
//
// APRES_URL      address of a running service (required)
// APRES_EMAIL, APRES_PASSWORD   an account; by default the first one shown on the sign-in page of a demonstration
// APRES_LIST     a list file to deposit; by default a small CSV made here
// APRES_SHOTS    folder for screenshots at 1280 and 375 px; none are taken without it
// APRES_CHROMIUM executable; /usr/bin/chromium by default

import { mkdir, readFile, writeFile, mkdtemp } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

export const base = process.env.APRES_URL?.replace(/\/$/, "");
assert.ok(base, "APRES_URL is the address of a running service, such as http://127.0.0.1:8600");

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.APRES_CHROMIUM ?? "/usr/bin/chromium", args: flags });

/** A page that fails the test when the content policy blocks something or a script breaks. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "fr-FR", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (line) => {
    if (line.type() === "error" && /Content Security Policy|Refused/.test(line.text())) complaints.push(line.text());
  });
  return { context, page, complaints };
}

/** Signs in with the account given, or with the one of a demonstration whose description holds `wanted`. */
export async function signIn(page, wanted = "structure") {
  await page.goto(`${base}/connexion`);
  let email = process.env.APRES_EMAIL;
  let password = process.env.APRES_PASSWORD;
  if (!email || wanted !== "structure") {
    const shown = page.locator(".ap-accounts li").filter({ hasText: new RegExp(wanted, "i") }).first();
    if ((await shown.count()) === 0) return false;
    [email, password] = await shown.locator("code").allInnerTexts();
  }
  await page.getByLabel(/Adresse/).fill(email);
  await page.getByLabel(/Mot de passe/).fill(password);
  await page.locator("main button[type=submit]").click();
  await page.waitForURL(/\/bilan/);
  return true;
}

/** The list to deposit: forty made-up people whose numbers no real person can have. */
export async function listFile() {
  if (process.env.APRES_LIST) return process.env.APRES_LIST;
  const folder = await mkdtemp(path.join(tmpdir(), "apres-"));
  const file = path.join(folder, "sorties-2025.csv");
  const two = (number) => String(number).padStart(2, "0");
  const rows = Array.from({ length: 40 }, (_, index) => `Exemple${index};Camille;${two((index % 28) + 1)}/0${(index % 9) + 1}/19${70 + (index % 30)};${two((index % 28) + 1)}/03/2025`);
  await writeFile(file, ["Nom;Prénom;Date de naissance;Date de sortie", ...rows].join("\r\n"));
  return file;
}

/** Fails on a serious or critical breach, on a wide screen and on a telephone. */
export async function checkAccessibility(page, name) {
  await page.evaluate(axeSource);
  const before = page.viewportSize();
  for (const width of [1280, 375]) {
    await page.setViewportSize({ width, height: 800 });
    const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "passes"] }));
    assert.ok(passes.length > 10, `axe looked at ${name}`);
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    const said = grave.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.html).slice(0, 3).join("\n    ")}`);
    assert.deepEqual(said, [], `axe on ${name} at ${width} px`);
  }
  await page.setViewportSize(before);
}

/** One h1, a title, a language; nothing wider than the window, on a telephone too. */
export async function checkPage(page, name) {
  assert.equal(await page.locator("h1").count(), 1, `one h1 on ${name}`);
  assert.match(await page.title(), /\S+ — APRES$/, `title of ${name}`);
  assert.equal(await page.locator("html").getAttribute("lang"), "fr", `language of ${name}`);
  const before = page.viewportSize();
  for (const width of [1280, 375, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
  }
  await page.setViewportSize(before);
}

/** Presses Tab until what has the focus is called `wanted`; each stop on the way must show that it has it. */
export async function tabTo(page, wanted, stopsMax = 120) {
  const trail = [];
  for (let stop = 0; stop < stopsMax; stop += 1) {
    await page.keyboard.press("Tab");
    const { name, isShown } = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element.labels?.[0]?.innerText ?? element.getAttribute("aria-label") ?? element.innerText ?? "";
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const isShown = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
      return { name: label.replace(/\s+/g, " ").trim(), isShown };
    });
    trail.push(name);
    assert.ok(isShown || name === "", `what has the focus can be seen: ${name}`);
    if (wanted.test(name)) return;
  }
  assert.fail(`the Tab key never reaches ${wanted}: ${trail.join(" > ")}`);
}

export async function shoot(page, name) {
  if (!process.env.APRES_SHOTS) return;
  await mkdir(process.env.APRES_SHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const width of [1280, 375]) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: path.join(process.env.APRES_SHOTS, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize(before);
}
