// The example loop: a server that is polled by the event loop of a window.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { open, ways } = require("../interop/support/clients");
const { next } = require("../interop/support/wait");
const { example } = require("./support/example");

const app = example("loop");

for (const way of ways) {
  test(`clients over ${way.name} turn a knob of the window, and hear of it`, async (t) => {
    const [ada, bob] = [await open(t, app, "/", way), await open(t, app, "/", way)];
    const now = await ada.emitWithAck("turn", 0);
    assert.ok(now >= 5, "the window has turned it before");
    const heard = next(bob, "volume", (value) => value === now + 10);
    assert.equal(await ada.emitWithAck("turn", 10), now + 10);
    await heard;
  });
}
