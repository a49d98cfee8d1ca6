// Each page of the site in a real browser, as wide as a phone and as a desktop: nothing sticks out of it, nothing
// fails to load, and the search finds what is there.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { launchBrowser } = require("../browser/support/browser");

const site = process.env.COSIO_SITE;
const screenshots = process.env.COSIO_SCREENSHOTS;
const types = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json",
  ".svg": "image/svg+xml", ".png": "image/png" };
const widths = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };
let browser;
let server;
let url;

/** The pages below a folder, as paths of their addresses; those of source/ are files of the tree. */
function pages(folder = site, prefix = "/") {
  const found = [];
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (prefix === "/" && ["source", "assets", "search"].includes(entry.name)) continue;
    if (entry.isDirectory()) found.push(...pages(path.join(folder, entry.name), `${prefix}${entry.name}/`));
    else if (entry.name === "index.html") found.push(prefix);
  }
  return found.sort();
}

function serve(request, response) {
  const asked = decodeURIComponent(new URL(request.url, "http://site").pathname);
  let file = path.join(site, asked);
  if (asked.endsWith("/")) file = path.join(file, "index.html");
  fs.readFile(file, (missing, bytes) => {
    if (missing) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(bytes);
  });
}

before(async () => {
  assert.ok(site && fs.existsSync(path.join(site, "index.html")), "COSIO_SITE must be the folder of the built site");
  server = http.createServer(serve);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
});

/** What sticks out of the window, with what it is; elements that scroll by themselves may have more inside. */
const sticksOut = () => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const scrolls = (one) => one && one !== document.body && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > wide + 1 && !scrolls(one.parentElement))
    .map((one) => `${one.tagName} ${one.textContent.trim().slice(0, 60)}`)
    .concat(`the page is ${document.documentElement.scrollWidth} wide`);
};

for (const [name, viewport] of Object.entries(widths)) {
  test(`every page fits a ${name}, and loads without an error`, async () => {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    const wrong = [];
    let at = "";
    page.on("console", (line) => line.type() === "error" && wrong.push(`${at}: ${line.text()}`));
    page.on("pageerror", (error) => wrong.push(`${at}: ${error.message}`));
    page.on("request", (asked) => {
      if (!asked.url().startsWith(url) && /^http/.test(asked.url())) wrong.push(`${at}: asks for ${asked.url()}`);
    });
    page.on("response", (answer) => answer.status() >= 400 && wrong.push(`${at}: ${answer.status()} ${answer.url()}`));
    const all = pages();
    assert.ok(all.length > 60, `only ${all.length} pages`);
    for (at of all) {
      await page.goto(url + at);
      for (const out of await page.evaluate(sticksOut)) wrong.push(`${at}: ${out}`);
      const titles = await page.locator("article h1").count();
      if (titles !== 1) wrong.push(`${at}: ${titles} titles`);
      if (screenshots && ["/", "/start/", "/learn/3-answers/", "/recipes/", "/from-node/", "/reference/server/"].includes(at)) {
        fs.mkdirSync(screenshots, { recursive: true });
        await page.screenshot({ path: path.join(screenshots, `${name}${at.replaceAll("/", "-")}.png`) });
      }
    }
    await context.close();
    assert.deepEqual(wrong, []);
  });
}

test("the search finds pages by the words of their titles", async () => {
  const page = await browser.newPage();
  for (const name of ["proxies", "signals", "tokens", "containers", "troubleshooting", "vite"]) {
    await page.goto(`${url}/?q=${name}`);
    await page.locator(`.md-search-result__link[href*="recipes/${name}/"]`).first().waitFor({ state: "attached" });
  }
});

test("every file that a page links to is there", () => {
  const missing = [];
  for (const at of pages()) {
    const text = fs.readFileSync(path.join(site, at, "index.html"), "utf8");
    for (const [, link] of text.matchAll(/href="([^"#?]*source\/[^"#?]*)/g)) {
      if (!fs.existsSync(path.join(site, at, link))) missing.push(`${at}: ${link}`);
    }
  }
  assert.deepEqual(missing, []);
});
