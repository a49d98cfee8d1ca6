// The example blocking: hashes of passwords on a pool, beside a server with one thread.
"use strict";
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { within } = require("../interop/support/wait");
const { example } = require("./support/example");

const app = example("blocking");
const client = (t) => connected(prepare(t, app.url));
const hash = (socket, password) => within(socket.emitWithAck("hash", password), "the hash");

test("other clients are answered while the pool is busy", async (t) => {
  const [ada, bob] = [await client(t), await client(t)];
  let done = 0;
  const hashes = Array.from({ length: 6 }, (_, i) => hash(ada, `password ${i}`).finally(() => ++done));
  for (let i = 0; i < 10; ++i) assert.equal(await bob.emitWithAck("quick", i), i + 1);
  assert.ok(done < 6, "the hashes were first");
  const found = await Promise.all(hashes);
  const wanted = crypto.pbkdf2Sync("password 3", "the salt of this example", 600_000, 32, "sha256");
  assert.deepEqual(Buffer.from(found[3]), wanted);
});

test("a line that is too long is refused, and so is a client that asks too often", async (t) => {
  const ada = await client(t);
  const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => hash(ada, `password ${i}`)));
  const said = answers.map((answer) => answer.message ?? "a hash");
  const count = (text) => said.filter((each) => each.startsWith(text)).length;
  assert.equal(count("a hash") + count("busy, try again later") + count("rate limit exceeded"), 25, said.join());
  assert.equal(count("a hash"), 8);
  assert.ok(count("rate limit exceeded") > 0);
});
