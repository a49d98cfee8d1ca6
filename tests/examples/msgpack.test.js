// The example msgpack: the client with its parser, and the page with the bundle that has it.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const parser = require("socket.io-msgpack-parser");
const { connected, prepare } = require("../interop/support/clients");
const { next } = require("../interop/support/wait");
const { example } = require("./support/example");
const { browser, expectText } = require("./support/page");

const app = example("msgpack");
const { open } = browser();

test("bytes inside of an object go both ways", async (t) => {
  const [ada, bob] = await Promise.all([1, 2].map(() => connected(prepare(t, app.url, { parser }))));
  const picture = { width: 2, height: 2, pixels: Buffer.from([0, 100, 200, 255]) };
  assert.equal(await ada.emitWithAck("brightness?", picture), 138.75);
  const { pixels } = await ada.emitWithAck("invert", picture);
  assert.deepEqual([...pixels], [255, 155, 55, 0]);
  const shared = next(bob, "shared");
  ada.emit("share", picture);
  assert.deepEqual([...(await shared)[0].pixels], [0, 100, 200, 255]);
});

test("the page has the client with this parser", async (t) => {
  const page = await open(t, app.url);
  await expectText(() => page.locator("output").textContent(), "126.0");
  const corner = (id) => page.evaluate((id) => document.getElementById(id).getContext("2d").getImageData(5, 0, 1, 1).data[0], id);
  await expectText(async () => String((await corner("before")) + (await corner("after"))), "255");
});
