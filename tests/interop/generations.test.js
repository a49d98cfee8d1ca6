// Clients of every generation, each on every way through the transports: whatever one of them is used for works.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { open: openWatcher, upgrading } = require("./support/clients");
const {
  ask,
  connected,
  connectedBeforeUpgrade,
  everyClient,
  generations,
  open,
  prepare,
  settled,
} = require("./support/generations");
const { control, logged } = require("./support/control");
const { collect, next, within } = require("./support/wait");

const app = conformance();
const old = ({ revision }) => revision === 3;
const bytes = (size, seed = 1) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) % 256));

const messages = {
  "no argument": [],
  "text and numbers": ["hello", 0, -1.5, 1e21, true, null],
  "objects and arrays": [{ a: [1, { b: [] }] }, [[]]],
  "text beyond the basic plane": ["é€\u2028😀👩‍👩‍👧‍👦🇪🇺", { "clé 😀": "\u{10ffff}" }],
  "what looks like a packet": ["4\u001e4", "5:4", "b4AAA", '42["x"]', "\\n\n"],
  "900 KB of text": ["x".repeat(900_000)],
  "800 KB of two- and four-byte characters": ["é😀".repeat(133_000)],
  bytes: [bytes(256)],
  "no bytes": [Buffer.alloc(0)],
  "bytes at depth, beside text": [{ a: [{ b: bytes(3) }, "é😀"], c: { d: [bytes(4, 2)] } }, "text"],
  "ten attachments": Array.from({ length: 10 }, (_, i) => ({ index: i, bytes: bytes(i, i) })),
  "600 KB of bytes": [bytes(600_000)],
};

for (const [generation, way] of everyClient) {
  const who = `${generation.name} over ${way.name}`;

  test(`${who}: messages come back as they went`, async (t) => {
    const socket = await open(t, generation, way, app);
    for (const [name, args] of Object.entries(messages)) {
      await t.test(name, async () => {
        const back = next(socket, "message-back");
        socket.emit("message", ...args);
        assert.deepEqual(await back, args);
      });
    }
  });

  test(`${who}: acknowledgements in both directions`, async (t) => {
    const socket = await open(t, generation, way, app);
    for (const args of [[], [1, "two😀", { three: [null] }], [bytes(5), { deep: [bytes(6, 3)] }]])
      assert.deepEqual(await ask(socket, "message-with-ack", ...args), args);
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    assert.deepEqual(
      await Promise.all(numbers.map((i) => ask(socket, "ack", i))),
      numbers.map((i) => [i]),
    );

    const remote = await open(t, generation, way, app, "/control");
    remote.on("same", (...args) => args.pop()(...args));
    remote.on("silence", () => {});
    for (const args of [[], ["one", { two: [bytes(4)] }, null]])
      assert.deepEqual(await control(remote, "self-ack", { event: "same", args }), args);
    await assert.rejects(control(remote, "self-ack", { event: "silence", args: [], timeout: 20 }), /timed out/);
  });

  test(`${who}: namespaces that are there, made on demand, and not there`, async (t) => {
    for (const nsp of ["/custom", "/dynamic-123"]) {
      const socket = prepare(t, generation, app.url + nsp, way.options);
      const greeting = next(socket, nsp === "/custom" ? "auth" : "nsp");
      await settled(await connected(socket, generation), way);
      assert.deepEqual(await greeting, [nsp === "/custom" ? {} : nsp]);
    }
    const nope = prepare(t, generation, app.url + "/nope", way.options);
    await assert.rejects(connected(nope, generation), (error) => {
      if (old(generation)) assert.equal(error.told, "Invalid namespace");
      else assert.equal(error.message, "Invalid namespace");
      return true;
    });
    assert.equal(nope.connected, false);
  });

  // edge 219
  test(`${who}: a middleware's refusal has its data`, async (t) => {
    const wrong = { auth: { token: "wrong" }, query: { token: "wrong" } };
    for (const options of [{}, wrong]) {
      const socket = prepare(t, generation, app.url + "/auth", { ...way.options, ...options });
      await assert.rejects(connected(socket, generation), (error) => {
        if (old(generation)) {
          assert.deepEqual(error.told, { code: 401 }); // the data alone: what the client shows is what the server gave
        } else {
          assert.equal(error.message, "not authorized");
          assert.deepEqual(error.data, { code: 401 });
        }
        return true;
      });
    }
  });

  // edge 216
  test(`${who}: credentials reach the server`, async (t) => {
    const secret = old(generation) ? { query: { token: "secret" } } : { auth: { token: "secret" } };
    const socket = await open(t, generation, way, app, "/auth", secret);
    assert.ok(socket.connected);

    const said = { user: "é 😀", plus: "1+1 & 2" };
    const custom = prepare(t, generation, app.url + "/custom", {
      ...way.options,
      [old(generation) ? "query" : "auth"]: said,
    });
    const greeting = next(custom, "auth");
    await connected(custom, generation);
    assert.deepEqual(await greeting, [said]);
  });

  const ends = [
    ["the client leaves", (socket) => socket.disconnect(), "io client disconnect", "client namespace disconnect"],
    [
      "the server disconnects it",
      (socket) => socket.emit("disconnect-self", false),
      "io server disconnect",
      "server namespace disconnect",
    ],
    [
      "the server closes everything",
      (socket) => socket.emit("disconnect-self", true),
      "io server disconnect",
      "server namespace disconnect",
    ],
    ["the connection closes", (socket) => socket.io.engine.close(), "forced close", "transport close"],
  ];
  for (const [what, act, clientReason, serverReason] of ends) {
    test(`${who}: ${what}, and both sides are told why`, async (t) => {
      const watcher = await openWatcher(t, app, "/control");
      const socket = await open(t, generation, way, app, "/control");
      const { id } = socket;
      await control(socket, "join", "room");
      const told = next(socket, "disconnect");
      act(socket);
      assert.equal((await told)[0], clientReason);
      assert.deepEqual(await logged(watcher, id, "disconnecting"), [
        "disconnecting",
        serverReason,
        ["room", id].sort(),
      ]);
      assert.deepEqual(await logged(watcher, id, "disconnect"), ["disconnect", serverReason, []]);
    });
  }

  test(`${who}: who was cut off comes back by itself`, async (t) => {
    const socket = prepare(t, generation, app.url + "/control", {
      ...way.options,
      reconnection: true,
      reconnectionDelay: 1,
      reconnectionDelayMax: 10,
    });
    await settled(await connected(socket, generation), way);
    const first = socket.id;
    await control(socket, "join", "gone after the reconnection");
    const lost = next(socket, "disconnect");
    const back = next(socket, "connect");
    socket.io.engine.send("9"); // no packet begins with 9
    assert.equal((await lost)[0], "transport close");
    const answers = Promise.all([0, 1, 2].map((i) => control(socket, "set-data", { i }))); // kept while it is away
    await back;
    assert.notEqual(socket.id, first);
    assert.deepEqual(await control(socket, "rooms"), [socket.id]);
    assert.deepEqual(await answers, [true, true, true]);
  });
}

for (const generation of generations) {
  test(`${generation.name}: messages keep their order across the upgrade, both ways`, async (t) => {
    const socket = prepare(t, generation, app.url, upgrading.options);
    const echoes = collect(socket, "echo");
    const upgrade = await connectedBeforeUpgrade(socket, generation);
    const upgraded = next(socket.io.engine, "upgrade");
    let sent = 0;
    const send = () => socket.emit("echo", sent, sent++ % 50 === 0 ? bytes(9) : "text😀");
    let enough = Infinity;
    socket.on("echo", (i) => {
      if (i === 300) upgrade();
      if (sent < enough) send();
    });
    while (sent < 50) send();
    await upgraded;
    enough = sent + 500;
    await within(
      (async () => {
        while (sent < enough) await next(socket, "echo");
      })(),
      "the last message",
    );
    const back = await echoes.count(sent);
    assert.deepEqual(
      back.map(([i]) => i),
      Array.from({ length: sent }, (_, i) => i),
    );
    back.forEach(([i, what]) => assert.deepEqual(what, i % 50 === 0 ? bytes(9) : "text😀"));
    assert.equal(socket.io.engine.transport.name, "websocket");
  });

  test(`${generation.name}: a flood of the server crosses the upgrade in order`, async (t) => {
    const socket = prepare(t, generation, app.url + "/control", upgrading.options);
    const flood = collect(socket, "flood");
    const upgrade = await connectedBeforeUpgrade(socket, generation);
    const done = control(socket, "flood", { count: 2_000, bytes: 500 });
    await flood.count(1);
    upgrade();
    assert.deepEqual(
      (await flood.count(2_000)).map(([i]) => i),
      Array.from({ length: 2_000 }, (_, i) => i),
    );
    assert.deepEqual(await done, { sent: 2_000, dropped: 0 });
    await settled(socket, upgrading);
  });
}
