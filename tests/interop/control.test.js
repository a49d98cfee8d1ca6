// Every event of /control: one per call of the server's API, what it does and what it refuses.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { fence, open, polling, upgrading, websocket, ways } = require("./support/clients");
const { control, logged, refused } = require("./support/control");
const { collect, next } = require("./support/wait");

const app = conformance();
const openControl = (t, way = websocket, options = {}) => open(t, app, "/control", way, options);

test("join, leave and rooms answer with the rooms, sorted", async (t) => {
  const socket = await openControl(t);
  const sorted = (...rooms) => [...rooms, socket.id].sort();
  assert.deepEqual(await control(socket, "rooms"), [socket.id]);
  assert.deepEqual(await control(socket, "join", "b"), sorted("b"));
  assert.deepEqual(await control(socket, "join", ["c", "a", "b"]), sorted("a", "b", "c"));
  assert.deepEqual(await control(socket, "leave", "b"), sorted("a", "c"));
  assert.deepEqual(await control(socket, "leave", "never joined"), sorted("a", "c"));
  assert.deepEqual(await control(socket, "leave", socket.id), ["a", "c"]);
  assert.deepEqual(await control(socket, "join", ""), ["", "a", "c"]);
});

test("emit reaches other namespaces, with every modifier", async (t) => {
  const socket = await openControl(t);
  const main = await open(t, app, "/", upgrading);
  const heard = next(main, "hello");
  const modifiers = { volatile: false, local: true, compress: false };
  assert.equal(
    await control(socket, "emit", {
      from: "namespace",
      nsp: "/",
      ...modifiers,
      event: "hello",
      args: [1, { a: Buffer.from("b") }],
    }),
    true,
  );
  assert.deepEqual(await heard, [1, { a: Buffer.from("b") }]);
});

test("self-ack answers with all arguments", async (t) => {
  const socket = await openControl(t);
  socket.on("question", (a, b, answer) => answer(b, a, Buffer.from([a])));
  assert.deepEqual(await control(socket, "self-ack", { event: "question", args: [1, "two"] }), [
    "two",
    1,
    Buffer.from([1]),
  ]);
});

test("clients and sockets tell who is where", async (t) => {
  const [one, two] = [
    await openControl(t),
    await openControl(t, polling, { auth: { name: "two" }, query: { q: "1 + 1" } }),
  ];
  const ids = [one.id, two.id].sort();
  assert.deepEqual(await control(one, "clients", {}), ids);
  assert.deepEqual(await control(one, "clients", { nsp: "/" }), []);

  await control(one, "join", ["x", "y"]);
  await control(two, "join", "y");
  assert.deepEqual(await control(one, "clients", { rooms: "y" }), ids);
  assert.deepEqual(await control(one, "clients", { rooms: ["x"] }), [one.id]);
  assert.deepEqual(await control(one, "clients", { nsp: "/control", rooms: ["x", "y"] }), ids);
  assert.deepEqual(await control(one, "clients", { rooms: "nobody" }), []);

  assert.equal(await control(two, "set-data", { nick: "zwei", list: [1, { deep: true }] }), true);
  const found = await control(one, "sockets", { rooms: ["y"] });
  assert.deepEqual(
    found.map(({ id }) => id),
    ids,
  );
  const second = found.find(({ id }) => id === two.id);
  assert.deepEqual(second.rooms, ["y", two.id].sort());
  assert.deepEqual(second.data, { nick: "zwei", list: [1, { deep: true }] });
  assert.deepEqual(second.handshake.auth, { name: "two" });
  assert.equal(second.handshake.query.q, "1 + 1");
  assert.deepEqual(found.find(({ id }) => id === one.id).data ?? {}, {});
});

test("disconnect-sockets leaves the connection open, or closes it", async (t) => {
  const [one, two, three] = [await openControl(t), await openControl(t), await openControl(t)];
  await control(two, "join", "leaving");
  const left = next(two, "disconnect");
  assert.equal(await control(one, "disconnect-sockets", { rooms: "leaving", close: false }), true);
  assert.equal((await left)[0], "io server disconnect");

  await control(three, "join", "closing");
  const closed = next(three.io.engine, "close");
  assert.equal(await control(one, "disconnect-sockets", { rooms: ["closing"], close: true }), true);
  await closed;
  assert.deepEqual(await control(one, "clients", {}), [one.id]);
});

for (const way of ways) {
  test(`handshake and conn describe a connection over ${way.name}`, async (t) => {
    const began = Date.now();
    const options = { auth: { token: "t" }, query: { a: "b c", list: "1" }, extraHeaders: { "X-Custom": "Value" } };
    const socket = await openControl(t, way, options);
    const handshake = await control(socket, "handshake");
    const { headers, query, url } = handshake;
    assert.equal(headers["x-custom"], "Value");
    assert.equal(headers.host, new URL(app.url).host);
    assert.equal(query.a, "b c");
    assert.equal(query.EIO, "4");
    assert.equal(query.transport, way.options.transports[0]);
    assert.ok(url.startsWith("/socket.io/?"), url);
    assert.deepEqual(handshake.auth, { token: "t" });
    assert.equal(handshake.xdomain, false);
    assert.equal(handshake.secure, false);
    assert.match(handshake.address, /127\.0\.0\.1$/);
    assert.ok(Math.abs(handshake.issued - began) < 600_000, `issued ${handshake.issued}`);
    assert.ok(Math.abs(new Date(handshake.time).getTime() - handshake.issued) < 1_001, handshake.time);

    assert.deepEqual(await control(socket, "conn"), {
      id: socket.io.engine.id,
      transport: way.final,
      protocol: 4,
      remoteAddress: handshake.address,
    });
    assert.notEqual(socket.io.engine.id, socket.id);
  });
}

test("a page of another origin is seen as such", async (t) => {
  const socket = await openControl(t, websocket, { extraHeaders: { origin: "http://example.org" } });
  assert.equal((await control(socket, "handshake")).xdomain, true);
});

test("on, once, off and event-names work as listeners do", async (t) => {
  const socket = await openControl(t);
  const got = collect(socket, "got");
  const names = async () => (await control(socket, "event-names")).filter((name) => ["many", "single"].includes(name));

  assert.deepEqual(await names(), []);
  assert.equal(await control(socket, "on", "many"), true);
  assert.equal(await control(socket, "once", "single"), true);
  assert.deepEqual(await names(), ["many", "single"]);
  for (const event of ["many", "single", "many", "single"]) socket.emit(event, event, { n: [1] });
  await control(socket, "rooms");
  assert.deepEqual(got.all, [
    ["many", "many", { n: [1] }],
    ["single", "single", { n: [1] }],
    ["many", "many", { n: [1] }],
  ]);
  assert.deepEqual(await names(), ["many"]);

  assert.equal(await control(socket, "off", "many"), true);
  socket.emit("many");
  await control(socket, "rooms");
  assert.equal(got.all.length, 3);

  await control(socket, "on", "many");
  await control(socket, "on", "many");
  await control(socket, "once", "single");
  socket.emit("many", Buffer.from("bytes"));
  assert.deepEqual((await got.count(5)).slice(3), Array(2).fill(["many", Buffer.from("bytes")]));
  assert.equal(await control(socket, "off"), true);
  socket.emit("many");
  socket.emit("single");
  await control(socket, "rooms");
  assert.equal(got.all.length, 5);

  const all = await control(socket, "event-names");
  assert.deepEqual(all, [...all].sort());
  assert.ok(all.includes("rooms"));
});

test("on-any sees every event, these commands too", async (t) => {
  const socket = await openControl(t);
  const any = collect(socket, "any");
  assert.equal(await control(socket, "on-any"), true);
  socket.emit("something", 1, { b: Buffer.from([2]) });
  await control(socket, "rooms");
  assert.deepEqual(any.all, [["something", 1, { b: Buffer.from([2]) }], ["rooms"]]);
});

// edge 250
test("use refuses one event and lets others pass", async (t) => {
  const socket = await openControl(t);
  const [rejected, got] = [collect(socket, "rejected"), collect(socket, "got")];
  await control(socket, "on", "bad");
  await control(socket, "on", "good");
  assert.equal(await control(socket, "use", { reject: "bad" }), true);
  let answered = false;
  socket.emit("good", 1);
  socket.emit("bad", 2, () => (answered = true));
  socket.emit("good", 3);
  await control(socket, "rooms");
  assert.deepEqual(got.all, [
    ["good", 1],
    ["good", 3],
  ]);
  assert.deepEqual(rejected.all, [["rejected", { event: "bad" }]]);
  assert.equal(answered, false);
});

test("log tells who came and went, with the rooms", async (t) => {
  const watcher = await openControl(t);
  const socket = await openControl(t);
  const { id } = socket;
  await control(socket, "join", "a room");
  socket.disconnect();
  await logged(watcher, id, "disconnect");
  const entries = (await control(watcher, "log")).filter((entry) => entry[0] === id);
  assert.deepEqual(entries, [
    [id, "connection", null, [id]],
    [id, "disconnecting", "client namespace disconnect", ["a room", id].sort()],
    [id, "disconnect", "client namespace disconnect", []],
  ]);
  const all = await control(watcher, "log");
  assert.ok(all.length <= 1000);
});

test("disconnect-self leaves the namespace, or closes the connection", async (t) => {
  for (const close of [false, true]) {
    const socket = await openControl(t);
    const engine = socket.io.engine;
    const gone = next(socket, "disconnect");
    const closed = close ? next(engine, "close") : Promise.resolve();
    socket.emit("disconnect-self", close);
    assert.equal((await gone)[0], "io server disconnect");
    await closed;
  }
});

test("stats count sessions and sockets", async (t) => {
  const socket = await openControl(t);
  const before = await control(socket, "stats");
  await open(t, app, "/custom", polling);
  const main = await open(t, app, "/", upgrading);
  const { id } = main;
  const now = await control(socket, "stats");
  assert.equal(now.engineClients, before.engineClients + 2);
  assert.equal(now.rawClients, 0);
  assert.equal(now.sockets["/custom"], (before.sockets["/custom"] ?? 0) + 1);
  assert.equal(now.sockets["/"], (before.sockets["/"] ?? 0) + 1);
  assert.ok(now.sockets["/control"] >= 1 && now.threads >= 1);
  main.disconnect();
  await logged(socket, id, "disconnect");
  assert.equal((await control(socket, "stats")).sockets["/"], before.sockets["/"] ?? 0);
});

for (const way of ways) {
  test(`flood reaches the client completely and in order over ${way.name}`, async (t) => {
    const socket = await openControl(t, way);
    const flood = collect(socket, "flood");
    assert.deepEqual(await control(socket, "flood", { count: 300, bytes: 5_000 }), { sent: 300, dropped: 0 });
    const got = await flood.count(300);
    assert.deepEqual(
      got.map(([i]) => i),
      Array.from({ length: 300 }, (_, i) => i),
    );
    assert.ok(got.every(([, text]) => text.length === 5_000));
  });
}

test("a volatile flood may lose some, but neither doubles nor reorders", async (t) => {
  const socket = await openControl(t);
  const flood = collect(socket, "flood");
  const { sent, dropped } = await control(socket, "flood", { count: 200, bytes: 1_000, volatile: true });
  assert.equal(sent + dropped, 200);
  await control(socket, "rooms");
  const numbers = flood.all.map(([i]) => i);
  assert.ok(numbers.length <= sent);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
});

test("server-side-emit reaches nobody where there is no other server, and is answered at once", async (t) => {
  const root = await open(t, app);
  const heard = collect(root, "server-side");
  const socket = await openControl(t);
  const ask = (what) => control(socket, "server-side-emit", { event: "hello", args: [1], ...what });
  assert.equal(await ask({}), true);
  assert.equal(await ask({ nsp: "/control" }), true);
  assert.deepEqual(await ask({ ack: true }), { error: null, responses: [] });
  await fence(root);
  assert.deepEqual(heard.all, []); // never its own clients
  for (const wrong of [{ event: "connection" }, { event: 5 }, { nsp: "/nope" }, { args: 1 }])
    await refused(socket, "server-side-emit", { event: "hello", args: [1], ...wrong });
});

test("what cannot be understood is refused, and the socket stays", async (t) => {
  const socket = await openControl(t);
  const emit = { from: "namespace", event: "x", args: [] };
  const wrong = [
    ["join"],
    ["join", 1],
    ["join", { a: 1 }],
    ["join", ["a", 2]],
    ["join", null],
    ["leave"],
    ["leave", 3],
    ["emit"],
    ["emit", "text"],
    ["emit", []],
    ["emit", {}],
    ["emit", { ...emit, from: "nowhere" }],
    ["emit", { ...emit, nsp: "/nope" }],
    ["emit", { ...emit, nsp: 5 }],
    ["emit", { ...emit, event: 7 }],
    ["emit", { ...emit, event: undefined }],
    ["emit", { ...emit, args: "x" }],
    ["emit", { ...emit, to: 1 }],
    ["emit", { ...emit, to: [1] }],
    ["emit", { ...emit, except: {} }],
    ...["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map((event) => [
      "emit",
      { ...emit, event },
    ]),
    ["emit-ack", { ...emit, event: "connect", timeout: 100 }],
    ["emit-ack", { ...emit, timeout: "soon" }],
    ["emit-ack", null],
    ["self-ack"],
    ["self-ack", { args: [] }],
    ["self-ack", { event: "x", args: 1 }],
    ["clients", 1],
    ["clients", { nsp: "/nope" }],
    ["clients", { rooms: 5 }],
    ["sockets", { nsp: "/nope" }],
    ["sockets", { rooms: [null] }],
    ["sockets-join", {}],
    ["sockets-join", { room: 1 }],
    ["sockets-leave", { nsp: "/nope", room: "a" }],
    ["disconnect-sockets", { nsp: "/nope" }],
    ["disconnect-sockets", "all"],
    ["set-data", "text"],
    ["set-data"],
    ["on"],
    ["on", 5],
    ["on", "disconnect"],
    ["once", "connect"],
    ["use"],
    ["use", { reject: 5 }],
    ["flood", "much"],
  ];
  for (const [command, ...args] of wrong) {
    await t.test(`${command} ${JSON.stringify(args)}`, () => refused(socket, command, ...args));
  }
  assert.deepEqual(await control(socket, "rooms"), [socket.id]);
});
