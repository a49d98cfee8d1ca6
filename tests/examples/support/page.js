// The pages of the examples, in a browser. Whatever goes wrong in a page fails its test.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before } = require("node:test");
const { launchBrowser, patience } = require("../../browser/support/browser");
const { expectText } = require("../../browser/support/expect");

/** A browser for the tests of this file: open(t, url, options) gives a page in a window of its own. */
function browser() {
  let chromium;
  before(async () => {
    chromium = await launchBrowser();
  });
  after(() => chromium?.close());
  const open = async (t, url, options = {}) => {
    const context = await chromium.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (line) => line.type() === "error" && !/favicon/.test(line.location().url) && problems.push(line.text()));
    t.after(async () => {
      await context.close();
      assert.deepEqual(problems, []);
    });
    await page.goto(url);
    return page;
  };
  return { open };
}

/** Keeps a picture of the page in the folder COSIO_SCREENSHOTS, if there is one. */
async function photograph(page, name) {
  const to = process.env.COSIO_SCREENSHOTS;
  if (!to) return;
  fs.mkdirSync(to, { recursive: true });
  await page.screenshot({ path: path.join(to, `${name}.png`) });
}

module.exports = { browser, expectText, photograph };
