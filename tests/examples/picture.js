// Draws docs/whiteboard.png and docs/chart.png. usage, with the packages of the interop and the browser tests:
//
//   export NODE_PATH=build/dev/tests/interop/node_modules:build/dev/tests/browser/node_modules
//   EXAMPLES=build/dev/apps/examples node tests/examples/picture.js
"use strict";
const path = require("node:path");
const { launchBrowser } = require("../browser/support/browser");
const { launch } = require("./support/example");
const { landscape } = require("./support/sketch");

const file = (name) => path.join(__dirname, "../../docs", `${name}.png`);

async function drawWhiteboard(browser) {
  const run = launch("whiteboard");
  const url = await run.url;
  const open = async (name) => {
    const page = await browser.newPage({ viewport: { width: 1100, height: 760 }, deviceScaleFactor: 1.5, colorScheme: "light" });
    await page.goto(`${url}/?name=${name}`);
    await page.locator("#state.on").waitFor();
    return page;
  };
  const [ada, bob] = [await open("Ada"), await open("Bob")];
  await landscape(ada, bob);
  await ada.locator("#pointers span").waitFor();
  await ada.screenshot({ path: file("whiteboard") });
  run.child.kill("SIGTERM");
}

async function drawChart(browser) {
  const run = launch("chart");
  const page = await browser.newPage({ viewport: { width: 1100, height: 470 }, deviceScaleFactor: 1.5 });
  await page.goto(await run.url);
  await page.getByRole("button", { name: "Make some load" }).click();
  const samples = () => document.querySelector(".line").getAttribute("d")?.split("L").length >= 60;
  await page.waitForFunction(samples, null, { timeout: 120_000 }); // half a minute of lines
  await page.screenshot({ path: file("chart") });
  run.child.kill("SIGTERM");
}

async function draw() {
  const browser = await launchBrowser();
  try {
    await drawWhiteboard(browser);
    await drawChart(browser);
  } finally {
    await browser.close();
  }
}

draw();
