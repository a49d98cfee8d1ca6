// The example chart: the page shows what its own clients do.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { patience } = require("../interop/support/wait");
const { example } = require("./support/example");
const { browser, photograph } = require("./support/page");

const app = example("chart");
const { open } = browser();

test("load is seen in the figures and lines of the page, and in /metrics", async (t) => {
  const page = await open(t, app.url, { viewport: { width: 1100, height: 520 }, deviceScaleFactor: 1.5 });
  const figure = (title) => page.locator("section", { hasText: title }).locator("output");
  const becomes = (title, pattern) => figure(title).filter({ hasText: pattern }).waitFor({ timeout: patience });
  await becomes("Clients", /^1$/);
  await page.getByRole("button", { name: "Make some load" }).click();
  await becomes("Events of clients", /^[1-9]/);
  await becomes("Deliveries to clients", /^[1-9]/);
  await becomes("Sent", /^[1-9].*B$/);
  const other = await open(t, app.url);
  await becomes("Clients", /^2$/);
  await other.close();
  await becomes("Clients", /^1$/);
  await photograph(page, "chart");
  await page.getByRole("button", { name: "No more load" }).click();
  await becomes("Deliveries to clients", /^0$|^2$/); // but for the sample itself, which is an event as others are
  assert.match(await page.locator(".line").first().getAttribute("d"), /^M\d+,\d.*L119,/);

  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  assert.match(metrics, /^cosio_sockets 1$/m);
});
