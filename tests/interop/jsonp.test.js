// The client of generation 2 with scripts and forms only: JSONP, in a simulated page that has only the parts that the
// client needs.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { Page } = require("./support/page");
const page = new Page();
global.document = page;
const { conformance } = require("./support/conformance");
const { open: openModern } = require("./support/clients");
const { ask, connected, generations, open, prepare, settled } = require("./support/generations");
const { control, logged } = require("./support/control");
const { collect, next } = require("./support/wait");

const app = conformance();
const [old] = generations;
const jsonp = { name: "JSONP", options: { transports: ["polling"], forceJSONP: true }, final: "polling" };
const upgrading = {
  name: "JSONP, then websocket",
  options: { transports: ["polling", "websocket"], forceJSONP: true },
  final: "websocket",
};
const bytes = Buffer.from([0, 1, 30, 250, 255]);

// edge 105
test("the handshake, the answers and the posts have the form that scripts and forms need", async (t) => {
  const socket = await open(t, old, jsonp, app);
  assert.deepEqual(await ask(socket, "ack", "hello"), ["hello"]);
  const mine = page.requests.filter(([, url]) => url.includes(`j=${socket.io.engine.transport.index}&`));
  assert.ok(mine.length >= 3);
  for (const [method, url, status, type, text] of mine) {
    assert.equal(status, 200);
    assert.match(url, /[?&]b64=1/);
    assert.match(type, method === "GET" ? /^text\/(plain|javascript); charset=UTF-8$/i : /^text\/html$/);
    if (method === "GET")
      assert.match(text, new RegExp(`^___eio\\[${socket.io.engine.transport.index}\\]\\("[^]*"\\);$`));
    else assert.equal(text, "ok");
  }
});

// edge 108, 109
test("messages come back as they went, whatever scripts and forms make of line ends and quotes", async (t) => {
  const socket = await open(t, old, jsonp, app);
  const messages = {
    "line ends": ["a\nb\r\nc\rd", "\n", "\\n", "\\\\n", "\\\n", "\\\\\n\n"],
    "line separators of Unicode": ["a\u2028b\u2029c"],
    "quotes, tags and backslashes": [`"'\\</script><!--`, "\\u2028", "+ %2B & = ;d=1"],
    "text beyond the basic plane": ["é€😀👩‍👩‍👧‍👦", { "clé 😀": "\u{10ffff}" }],
    "bytes at depth": [{ a: [{ b: bytes }] }, bytes, Buffer.alloc(0)],
    "100 KB of text": ["x€".repeat(30_000)],
    "100 KB of bytes": [Buffer.alloc(100_000, 7)],
  };
  for (const [name, args] of Object.entries(messages)) {
    await t.test(name, async () => {
      const back = next(socket, "message-back");
      socket.emit("message", ...args);
      assert.deepEqual(await back, args);
    });
  }
});

test("acknowledgements, namespaces, queries and refusals", async (t) => {
  const remote = await open(t, old, jsonp, app, "/control");
  remote.on("same", (...args) => args.pop()(...args));
  assert.deepEqual(await control(remote, "self-ack", { event: "same", args: ["é\n", { a: [bytes] }] }), [
    "é\n",
    { a: [bytes] },
  ]);
  const { transport, protocol } = await control(remote, "conn");
  assert.deepEqual([transport, protocol], ["polling", 3]);

  const said = { user: "é 😀", plus: "1+1 & 2" };
  const custom = prepare(t, old, app.url + "/custom", { ...jsonp.options, query: said });
  const greeting = next(custom, "auth");
  await connected(custom, old);
  assert.deepEqual(await greeting, [said]);

  const refused = prepare(t, old, app.url + "/auth", { ...jsonp.options, query: { token: "wrong" } });
  await assert.rejects(connected(refused, old), ({ told }) => assert.deepEqual(told, { code: 401 }) ?? true);
});

test("one room with a client of today, both ways, and who leaves is told why", async (t) => {
  const today = await openModern(t, app, "/control");
  const socket = await open(t, old, jsonp, app, "/control");
  for (const each of [today, socket]) await control(each, "join", "room");
  const heard = [today, socket].map((each) => collect(each, "news"));
  const args = ["line\nend \u2028", { a: [bytes] }];
  for (const each of [today, socket])
    await control(each, "emit", { from: "namespace", to: "room", event: "news", args });
  for (const { count } of heard) assert.deepEqual(await count(2), [args, args]);

  const { id } = socket;
  const told = next(socket, "disconnect");
  socket.emit("disconnect-self", true);
  assert.equal((await told)[0], "io server disconnect");
  assert.deepEqual(await logged(today, id, "disconnect"), ["disconnect", "server namespace disconnect", []]);
});

test("500 messages stay in order while the connection moves from JSONP to WebSocket", async (t) => {
  const socket = prepare(t, old, app.url, upgrading.options);
  const echoes = collect(socket, "echo");
  await connected(socket, old);
  const expected = Array.from({ length: 500 }, (_, i) => [i, i % 50 === 0 ? bytes : "line\nend"]);
  expected.slice(0, 250).forEach((args) => socket.emit("echo", ...args));
  await settled(socket, upgrading);
  expected.slice(250).forEach((args) => socket.emit("echo", ...args));
  assert.deepEqual(await echoes.count(500), expected);
});
