// Raw Engine.IO on /engine.io/: every message comes back as it went, over the reference client and by hand.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { Socket } = require("engine.io-client");
const { calm, conformance, end, launch } = require("./support/conformance");
const { open, upgrading, ways, websocket } = require("./support/clients");
const { control } = require("./support/control");
const { pollingSession, request, separator, webSocket } = require("./support/raw");
const { collect, next, within } = require("./support/wait");

const app = conformance();

/** An open session, at the last transport of `way`. */
async function openEngine(t, way) {
  const socket = new Socket(app.url, { path: "/engine.io/", ...way.options });
  t.after(() => socket.close());
  await next(socket, "open");
  if (socket.transport.name !== way.final) await next(socket, "upgrade");
  return socket;
}

for (const way of ways) {
  test(`messages come back as they went over ${way.name}`, async (t) => {
    const socket = await openEngine(t, way);
    const messages = {
      text: "hello",
      "an empty text": "",
      "text that looks like a packet": "2probe",
      "text that looks like base64": "bAQID",
      Unicode: "é € 😀 \u2028",
      "900 KB of text": "x".repeat(900_000),
      bytes: Buffer.from([0, 1, 30, 31, 255]),
      "no bytes": Buffer.alloc(0),
      "600 KB of bytes": Buffer.alloc(600_000, 7),
    };
    for (const [name, message] of Object.entries(messages)) {
      await t.test(name, async () => {
        const back = next(socket, "message");
        socket.send(message);
        const [received = ""] = await back; // the client makes `undefined` of an empty text
        assert.deepEqual(received, message);
      });
    }
  });
}

test("2,000 messages keep their order across the upgrade", async (t) => {
  const socket = new Socket(app.url, { path: "/engine.io/", ...upgrading.options });
  t.after(() => socket.close());
  const back = collect(socket, "message");
  const upgraded = next(socket, "upgrade");
  await next(socket, "open");
  const expected = Array.from({ length: 2_000 }, (_, i) => (i % 7 === 0 ? Buffer.from(`${i}`) : `${i}`));
  expected.slice(0, 1_000).forEach((message) => socket.send(message));
  await upgraded;
  expected.slice(1_000).forEach((message) => socket.send(message));
  assert.deepEqual(
    (await back.count(2_000)).map(([message]) => message),
    expected,
  );
});

test("sessions of both mounts are counted apart, and end when the client closes", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  const sockets = [];
  for (const way of ways) sockets.push(await openEngine(t, way));
  const { rawClients, engineClients } = await control(watcher, "stats");
  assert.deepEqual({ rawClients, engineClients }, { rawClients: 3, engineClients: 1 });
  sockets.forEach((socket) => socket.close());
  const none = async () => {
    while ((await control(watcher, "stats")).rawClients > 0);
  };
  await within(none(), "the end of the sessions");
});

const post = (sid, body) =>
  request(app.url, {
    path: "/engine.io/",
    method: "POST",
    query: { sid },
    body,
    headers: { "content-type": "text/plain" },
  });
const poll = (sid) => request(app.url, { path: "/engine.io/", query: { sid } });

// edge 58, 59, 87
test("a payload of several packets, text and binary, comes back alike", async () => {
  const sid = await pollingSession(app.url, "/engine.io/");
  const payload = ["4test1", "bAQIDBA==", "4é😀"].join(separator);
  const { status, text } = await post(sid, payload);
  assert.deepEqual({ status, text }, { status: 200, text: "ok" });
  let back = "";
  while (back.length < payload.length) back += (back && separator) + (await poll(sid)).text;
  assert.equal(back, payload);
});

// edge 136, 138
test("an upgrade by hand: probe, noop on the poll that is held, then messages over WebSocket", async (t) => {
  const sid = await pollingSession(app.url, "/engine.io/");
  const held = poll(sid);
  const socket = webSocket(t, app.url, { path: "/engine.io/", query: { sid } });
  await socket.opened();
  socket.send("2probe");
  assert.equal(await socket.next(), "3probe");
  assert.equal((await held).text, "6");
  socket.send("5");
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
  const { status } = await poll(sid);
  assert.equal(status, 400);
  socket.send("4still here");
  assert.equal(await socket.next(), "4still here");
});

// edge 139
test("a second WebSocket for an upgraded session is turned away; the first goes on", async (t) => {
  const sid = await pollingSession(app.url, "/engine.io/");
  const first = webSocket(t, app.url, { path: "/engine.io/", query: { sid } });
  await first.opened();
  first.send("2probe");
  assert.equal(await first.next(), "3probe");
  first.send("5");
  first.send("4one");
  assert.equal(await first.next(), "4one");
  const second = webSocket(t, app.url, { path: "/engine.io/", query: { sid } });
  await second.closed();
  first.send("4two");
  assert.equal(await first.next(), "4two");
});

// edge 144
test("a client that waits too long with its upgrade loses the WebSocket, not the session", async (t) => {
  const hasty = launch("--port", "0", ...calm, "--upgrade-timeout", "200");
  const url = await hasty.listening;
  t.after(async () => assert.equal((await end(hasty)).code, 0));
  const sid = await pollingSession(url, "/engine.io/");
  const socket = webSocket(t, url, { path: "/engine.io/", query: { sid } });
  await socket.opened();
  socket.send("2probe");
  assert.equal(await socket.next(), "3probe");
  await socket.closed();
  const query = { sid };
  await request(url, {
    path: "/engine.io/",
    method: "POST",
    query,
    body: "4hello",
    headers: { "content-type": "text/plain" },
  });
  let text = "6";
  while (text === "6") ({ text } = await request(url, { path: "/engine.io/", query }));
  assert.equal(text, "4hello");
});
