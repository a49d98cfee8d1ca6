// permessage-deflate with the reference's client and with ws, and compressed answers to polling.
"use strict";
const assert = require("node:assert/strict");
const http = require("node:http");
const { test } = require("node:test");
const zlib = require("node:zlib");
const { conformance } = require("./support/conformance");
const { open, polling, websocket } = require("./support/clients");
const { control } = require("./support/control");
const { pollingSession, request, webSocket } = require("./support/raw");
const { next, within } = require("./support/wait");

const app = conformance("--deflate", "1000");
const plain = conformance();
const offering = { perMessageDeflate: true };

const wireOf = (socket) => socket.io.engine.transport.ws;
const received = (socket) => wireOf(socket)._socket.bytesRead;

test("it is agreed on where both want it", async (t) => {
  const socket = await open(t, app, "/", websocket, offering);
  assert.match(wireOf(socket).extensions, /permessage-deflate/);
  // edge 130
  const off = await open(t, plain, "/", websocket, offering);
  assert.equal(wireOf(off).extensions, "");
});

test("text and binary of all sizes come back", async (t) => {
  const socket = await open(t, app, "/", websocket, offering);
  for (const size of [0, 1, 900, 1_000, 70_000, 600_000]) {
    const answer = next(socket, "message-back");
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * i) % 251));
    socket.emit("message", "é".repeat(size / 2), bytes);
    assert.deepEqual(await answer, ["é".repeat(size / 2), bytes]);
  }
});

test("what is large gets small", async (t) => {
  const socket = await open(t, app, "/control", websocket, offering);
  const before = received(socket);
  const answer = next(socket, "big");
  await control(socket, "emit", { from: "socket", event: "big", args: ["a".repeat(100_000)] });
  assert.equal((await answer)[0].length, 100_000);
  assert.ok(received(socket) - before < 5_000, `${received(socket) - before} bytes came`);
});

// edge 246
test("emissions with compress(false) are sent as they are", async (t) => {
  for (const from of ["socket", "namespace"]) {
    const socket = await open(t, app, "/control", websocket, offering);
    const before = received(socket);
    const answer = next(socket, "big");
    await control(socket, "emit", { from, compress: false, event: "big", args: ["a".repeat(100_000)] });
    assert.equal((await answer)[0].length, 100_000);
    assert.ok(received(socket) - before > 100_000);
  }
});

// edge 132
test("clients with and without it hear one broadcast", async (t) => {
  const all = [
    await open(t, app, "/", websocket, offering),
    await open(t, app, "/", websocket, { perMessageDeflate: false }),
    await open(t, app, "/", polling),
    await open(t, app, "/", websocket, offering),
  ];
  const heard = all.map((socket) => next(socket, "bcast"));
  all[0].emit("bcast", "b".repeat(50_000));
  for (const one of heard) assert.deepEqual(await one, ["b".repeat(50_000)]);
});

test("ws speaks with small windows and without contexts", async (t) => {
  for (const perMessageDeflate of [
    { threshold: 0 },
    { threshold: 0, serverMaxWindowBits: 9 },
    { threshold: 0, clientMaxWindowBits: 10 },
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  ]) {
    const socket = webSocket(t, app.url, { path: "/engine.io/", perMessageDeflate });
    await socket.next();
    assert.match(socket.extensions, /permessage-deflate/);
    const text = "4" + Array.from({ length: 20_000 }, (_, i) => i * 7919).join(",");
    for (let i = 0; i < 3; i++) {
      socket.send(text);
      assert.equal(await socket.next(), text);
      socket.send(Buffer.from(text));
      assert.deepEqual(await socket.next(), Buffer.from(text));
    }
    socket.send("4");
    assert.equal(await socket.next(), "4");
  }
});

test("a bomb is stopped at the limit", async (t) => {
  const socket = webSocket(t, app.url, { path: "/engine.io/", perMessageDeflate: { threshold: 0 } });
  await socket.next();
  socket.send("4" + "\0".repeat(50_000_000)); // max_payload is 1,000,000
  assert.equal(await socket.closed(), 1009);
});

// edge 84
test("answers to polling are compressed on demand", async () => {
  const sid = await pollingSession(plain.url, "/engine.io/");
  const sent = "4" + "p".repeat(50_000);
  const posted = await request(plain.url, { method: "POST", path: "/engine.io/", query: { sid }, body: sent });
  assert.equal(posted.text, "ok");
  const { headers, body } = await within(
    new Promise((resolve, reject) => {
      const target = `${plain.url}/engine.io/?EIO=4&transport=polling&sid=${sid}`;
      http
        .get(target, { headers: { "accept-encoding": "gzip, deflate" } }, (answer) => {
          const parts = [];
          answer.on("data", (part) => parts.push(part));
          answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
        })
        .on("error", reject);
    }),
    "the answer",
  );
  assert.equal(headers["content-encoding"], "gzip");
  assert.ok(body.length < 1_000);
  assert.equal(zlib.gunzipSync(body).toString(), sent);
});
