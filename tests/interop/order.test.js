// Thousands of messages each way, in order and complete, also while the connection changes its transport.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { connected, fence, open, prepare, settled, upgrading, ways } = require("./support/clients");
const { control } = require("./support/control");
const { collect, next, within } = require("./support/wait");

const app = conformance();
const count = 5_000;
const numbers = Array.from({ length: count }, (_, i) => i);

/** Connects, but lets the client try to upgrade only when the function that this returns is called. */
async function connectedBeforeUpgrade(socket) {
  const joined = connected(socket);
  const { engine } = socket.io;
  const probe = engine._probe;
  const asked = new Promise((resolve) => {
    engine._probe = (name) => resolve(() => probe.call(engine, name));
  });
  await joined;
  return within(asked, "the client's wish to upgrade");
}

for (const way of ways) {
  // edge 254
  test(`5,000 messages each way over ${way.name} stay in order`, async (t) => {
    const socket = prepare(t, app.url, way.options);
    const got = [];
    let enough = count;
    let upgrade = () => {};
    if (way === upgrading) {
      upgrade = await connectedBeforeUpgrade(socket);
      // The stream goes on for a thousand messages after the change of transport, so that the change is in its middle.
      enough = Infinity;
      socket.io.engine.once("upgrade", () => (enough = Math.max(count, got.length + 1_000)));
    } else {
      await connected(socket);
    }

    // Fifty are under way; every echo sends the next.
    let sent = 0;
    const send = () => {
      if (sent >= enough) return;
      socket.emit("echo", sent, sent % 100 === 0 ? Buffer.from([sent % 256]) : "text");
      ++sent;
    };
    const done = new Promise((resolve) =>
      socket.on("echo", (...args) => {
        got.push(args);
        if (got.length === 1_000) upgrade();
        send();
        if (got.length === sent) resolve();
      }),
    );
    while (sent < 50) send();
    await within(done, "all echoes");
    await fence(socket);
    assert.ok(sent >= count);
    assert.equal(got.length, sent);
    got.forEach(([i, what], place) => {
      assert.equal(i, place);
      assert.deepEqual(what, i % 100 === 0 ? Buffer.from([i % 256]) : "text");
    });
    assert.equal(socket.io.engine.transport.name, way.final);
  });
}

// edge 148
test("5,000 messages of the server cross the upgrade in order", async (t) => {
  const socket = prepare(t, app.url + "/control", upgrading.options);
  const flood = collect(socket, "flood");
  const upgrade = await connectedBeforeUpgrade(socket);
  const done = control(socket, "flood", { count, bytes: 1_000 });
  await flood.count(1);
  upgrade();
  assert.deepEqual(
    (await flood.count(count)).map(([i]) => i),
    numbers,
  );
  assert.deepEqual(await done, { sent: count, dropped: 0 });
  await settled(socket, upgrading);
  assert.equal(flood.all.length, count);
});

test("5,000 questions cross the upgrade, and each finds its answer", async (t) => {
  const socket = prepare(t, app.url, upgrading.options);
  const upgrade = await connectedBeforeUpgrade(socket);
  const answers = numbers.map((i) => socket.emitWithAck("ack", i, "x".repeat(1_000)));
  await answers[0];
  upgrade();
  assert.deepEqual(await within(Promise.all(answers), "all answers"), numbers);
  await settled(socket, upgrading);
});

test("a broadcast is seen in the same order by clients on every transport, three senders at once", async (t) => {
  const sockets = [];
  for (const way of ways) sockets.push(await open(t, app, "/", way));
  const perSender = 300;
  const heard = sockets.map((socket) => collect(socket, "bcast"));
  for (let i = 0; i < perSender; i++) sockets.forEach((socket, sender) => socket.emit("bcast", [sender, i]));
  for (const { count: wait } of heard) {
    const got = (await wait(3 * perSender)).map(([pair]) => pair);
    for (const sender of [0, 1, 2]) {
      assert.deepEqual(
        got.filter(([who]) => who === sender).map(([, i]) => i),
        numbers.slice(0, perSender),
      );
    }
  }
});

// edge 145
test("an upgrade that fails leaves the messages on polling, in order", async (t) => {
  const socket = prepare(t, app.url, upgrading.options);
  const echoes = collect(socket, "echo");
  const joined = connected(socket);
  const { engine } = socket.io;
  const create = engine.createTransport;
  engine.createTransport = (name) => {
    const transport = create.call(engine, name);
    // The connection opens and asks whether the way is good, and is lost before the answer.
    if (name === "websocket") transport.once("open", () => queueMicrotask(() => transport.ws.terminate()));
    return transport;
  };
  const failed = next(engine, "upgradeError");
  await joined;
  for (let i = 0; i < 500; i++) socket.emit("echo", i);
  await failed;
  for (let i = 500; i < 1_000; i++) socket.emit("echo", i);
  assert.deepEqual(
    (await echoes.count(1_000)).map(([i]) => i),
    numbers.slice(0, 1_000),
  );
  assert.equal(engine.transport.name, "polling");
});
