// The page of @socket.io/admin-ui, and our own overview, in a real browser: on the server of this library.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, suite, test } = require("node:test");
const { launchBrowser, patience } = require("../browser/support/browser");
const { next } = require("../interop/support/wait");
const { client, dashboard, hash } = require("./support/dashboard");

const screenshots = process.env.COSIO_SCREENSHOTS;
let browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

async function photograph(page, name) {
  if (!screenshots) return;
  fs.mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`) });
}

/** A page of the app that loads nothing from elsewhere: fonts and icons of the official page come from the net. */
async function visit(t, app, place, { width = 1280, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height } });
  context.setDefaultTimeout(patience);
  t.after(() => context.close());
  await context.route(
    (url) => url.origin !== app.url,
    (route) => route.abort(),
  );
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  await page.goto(app.url + place);
  return page;
}

async function logIn(page, app, { username = "", password = "" } = {}) {
  const dialog = page.locator(".v-dialog--active");
  await dialog.getByLabel("Server URL").fill(app.url);
  if (username) await dialog.getByLabel("Username").fill(username);
  if (password) await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Connect" }).click();
}

/** The page says so, and has closed its dialog. */
async function isConnected(page) {
  await page.getByText(/^\s*connected\s*$/i).first().waitFor();
  await page.locator(".v-dialog--active").waitFor({ state: "hidden" });
}

suite("the official page in development", () => {
  const app = dashboard();

  test("sockets, rooms, clients and events are shown, and a button disconnects", async (t) => {
    const user = await client(t, app);
    await user.emitWithAck("join", "garden");
    const page = await visit(t, app, "/admin-ui/");
    await logIn(page, app);
    await isConnected(page);

    await page.goto(`${app.url}/admin-ui/#/sockets/`);
    await page.getByText(user.id).first().waitFor();
    await photograph(page, "official-sockets");
    const late = await client(t, app);
    await page.getByText(late.id).first().waitFor();

    await page.goto(`${app.url}/admin-ui/#/rooms/`);
    await page.getByText("garden").first().waitFor();

    await page.goto(`${app.url}/admin-ui/#/events/`);
    user.emit("say", "garden", "hello");
    await page.getByText("say", { exact: true }).first().waitFor();
    await page.getByText("said", { exact: true }).first().waitFor();

    await page.goto(`${app.url}/admin-ui/#/n/%2F/sockets/${late.id}`);
    const gone = next(late, "disconnect");
    await page.locator("button:has(.mdi-logout)").first().click();
    assert.equal((await gone)[0], "io server disconnect");
    assert.deepEqual(page.problems, []);
  });

  test("its first page has the servers and their clients", async (t) => {
    await client(t, app);
    const page = await visit(t, app, "/admin-ui/");
    await logIn(page, app);
    await isConnected(page);
    await page.getByText("/news", { exact: true }).waitFor(); // of the numbers
    await photograph(page, "official-dashboard");
    assert.deepEqual(page.problems, []);
  });
});

suite("the official page with a password, in production", () => {
  const app = dashboard({ ADMIN_PASSWORD_HASH: hash, ADMIN_MODE: "production" });

  test("a wrong password is refused in its own words, the right one opens it, and its session does again", async (t) => {
    const page = await visit(t, app, "/admin-ui/");
    await logIn(page, app, { username: "admin", password: "wrong" });
    await page.getByText("Invalid credentials").waitFor();
    await logIn(page, app, { username: "admin", password: "changeit" });
    await isConnected(page);
    await page.waitForFunction(() => localStorage.getItem("session_id"));
    await page.reload();
    await isConnected(page);
    await page.getByText("/news", { exact: true }).waitFor();
    await photograph(page, "official-production");
    assert.deepEqual(page.problems, []);
  });
});

suite("our overview", () => {
  const app = dashboard({ ADMIN_PASSWORD_HASH: hash });

  for (const width of [390, 1280]) {
    test(`connections, rooms, limits and refusals, ${width} pixels wide`, async (t) => {
      const user = await client(t, app);
      await user.emitWithAck("join", `garden of ${width}`);
      const refused = await fetch(`${app.url}/socket.io/?EIO=4&transport=nonsense`);
      assert.equal(refused.status, 400);
      const page = await visit(t, app, "/overview/", { width });
      await page.getByLabel("Name").fill("admin");
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("alert").getByText("invalid credentials").waitFor();
      await page.getByLabel("Password").fill("changeit");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("heading", { name: "Connections", exact: true }).waitFor();
      await page.getByRole("cell", { name: `garden of ${width}` }).waitFor();
      await page.getByRole("cell", { name: "Transport unknown" }).waitFor();
      user.emit("say", `garden of ${width}`, "hello");
      await page.getByRole("row", { name: `/ garden of ${width} 1 1` }).waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${wide} pixels too wide`);
      await page.addScriptTag({ path: require.resolve("axe-core") });
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      await photograph(page, `overview-${width}`);
      assert.deepEqual(page.problems, []);
    });
  }
});
