// The example background: jobs beside the handlers, and an end in good order.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { collect, next, within } = require("../interop/support/wait");
const { end, launch } = require("./support/example");

async function start(t) {
  const run = launch("background");
  t.after(() => run.child.kill("SIGKILL"));
  return { run, url: await run.url };
}

test("a job of the server, one of a client and a thread of the program tell clients things", async (t) => {
  const { run, url } = await start(t);
  const [ada, bob] = [await connected(prepare(t, url)), await connected(prepare(t, url))];
  const bobHears = collect(bob, "reminder");
  const reminder = next(ada, "reminder");
  ada.emit("remind me", "tea", 50);
  assert.deepEqual(await reminder, ["tea"]);

  const [[first], [second]] = await collect(ada, "uptime").count(2);
  assert.equal(second, first + 1);
  const [[earlier], [later]] = await collect(bob, "measured").count(2);
  assert.equal(later, earlier + 1);
  assert.deepEqual(bobHears.all, []);
  await end(run);
});

test("at SIGTERM clients are told, work that has begun is finished and answered, and results are saved", async (t) => {
  const { run, url } = await start(t);
  const socket = await connected(prepare(t, url));
  const [cooking, told, left] = [next(socket, "cooking"), next(socket, "going down"), next(socket, "disconnect")];
  const dish = within(socket.emitWithAck("cook", "soup"), "the soup");
  socket.emit("remind me", "of a job that is cancelled", 3_600_000);
  await cooking;
  run.child.kill("SIGTERM");
  assert.deepEqual(await told, [1000]); // clients go within this time
  assert.equal(await dish, "soup is ready");
  assert.equal((await left)[0], "transport close"); // so the client connects again by itself
  assert.deepEqual(await within(run.exited, "its end"), { code: 0, signal: null });
  assert.match(run.output, /saved: 1 dishes\n/);
});
