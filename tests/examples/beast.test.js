// The example beast: one port for pages of another HTTP server and for Socket.IO.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { open, ways } = require("../interop/support/clients");
const { example } = require("./support/example");

const app = example("beast");

test("pages are those of the program", async () => {
  const page = await fetch(`${app.url}/`);
  assert.deepEqual([page.status, await page.text()], [200, "a page of my own\n"]);
  assert.equal((await fetch(`${app.url}/other`)).status, 404);
  assert.equal((await fetch(`${app.url}/socket.io/socket.io.js`)).status, 200);
});

for (const way of ways) {
  test(`clients come over ${way.name}`, async (t) => {
    const socket = await open(t, app, "/", way);
    assert.equal(await socket.emitWithAck("add", 1, 2), 3);
  });
}
