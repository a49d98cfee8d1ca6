// The example hello: its page, and what it answers.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare, upgrading } = require("../interop/support/clients");
const { next } = require("../interop/support/wait");
const { example } = require("./support/example");
const { browser, expectText } = require("./support/page");

const app = example("hello");
const { open } = browser();

test("one page greets, and the other hears of it", async (t) => {
  const other = prepare(t, app.url, upgrading.options);
  const welcome = next(other, "welcome");
  await connected(other);
  assert.deepEqual(await welcome, [other.id]);

  const came = next(other, "somebody came");
  const page = await open(t, app.url);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Say hello" }).click();
  assert.deepEqual(await came, ["Ada"]);
  await expectText(() => page.locator("li").nth(1).textContent(), "Hello Ada!");

  assert.equal(await other.emitWithAck("hello", "Bob"), "Hello Bob!");
  await expectText(() => page.locator("li").nth(2).textContent(), "Bob is here, too");
  const { id } = other;
  other.disconnect();
  await app.run.says(new RegExp(`${id} has left: client namespace disconnect`));
});
