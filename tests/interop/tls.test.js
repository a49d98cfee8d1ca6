// HTTPS and WSS: everything as without TLS, for clients that verify the certificate; and those who do it wrong.
"use strict";
const assert = require("node:assert/strict");
const https = require("node:https");
const { test } = require("node:test");
const { selfSigned } = require("./support/certificate");
const { conformance, launch } = require("./support/conformance");
const { open, polling, prepare, connected, websocket, ways } = require("./support/clients");
const { control } = require("./support/control");
const { talk, webSocket } = require("./support/raw");
const { next, within } = require("./support/wait");

const own = selfSigned();
const trusting = { ca: own.pem };
const app = conformance("--cert", own.certificate, "--key", own.key);

function get(url) {
  return within(
    new Promise((resolve, reject) => {
      https
        .get(url, { ca: own.pem }, (answer) => {
          let text = "";
          answer.on("data", (part) => (text += part));
          answer.on("end", () => resolve({ status: answer.statusCode, text, socket: answer.socket }));
        })
        .on("error", reject);
    }),
    `GET ${url}`,
  );
}

test("the address that is told begins with https", () => {
  assert.match(app.url, /^https:\/\/127\.0\.0\.1:[1-9]\d*$/);
});

for (const way of ways) {
  test(`text and binary cross TLS: ${way.name}`, async (t) => {
    const socket = await open(t, app, "/", way, trusting);
    const large = Buffer.alloc(300_000, "binary ");
    const answer = next(socket, "message-back");
    socket.emit("message", "text", { deep: [large, "€"] }, "x".repeat(400_000));
    const [text, object, long] = await answer;
    assert.equal(text, "text");
    assert.deepEqual(object, { deep: [large, "€"] });
    assert.equal(long, "x".repeat(400_000));
    assert.equal(await socket.emitWithAck("message-with-ack", 7), 7);
  });

  test(`the server knows that the connection is secure: ${way.name}`, async (t) => {
    const socket = await open(t, app, "/control", way, trusting);
    assert.equal((await control(socket, "handshake")).secure, true);
    assert.equal((await control(socket, "conn")).transport, way.final);
    assert.equal((await control(socket, "conn")).remoteAddress, "127.0.0.1");
  });
}

test("many messages at once, both ways, keep their order", async (t) => {
  const socket = await open(t, app, "/", websocket, trusting);
  const count = 2_000;
  const got = [];
  const all = new Promise((resolve) => {
    socket.on("message-back", (i) => {
      got.push(i);
      if (got.length === count) resolve();
    });
  });
  for (let i = 0; i < count; i++) socket.emit("message", i, "p".repeat(i));
  await within(all, "all of them");
  assert.deepEqual(got, Array.from({ length: count }, (_, i) => i));
});

test("routes and the browser's files are served too, on one connection after the other", async () => {
  assert.equal((await get(`${app.url}/healthz`)).text, "ok");
  assert.equal((await get(`${app.url}/nothing`)).status, 404);
});

test("a client that does not know the certificate refuses to talk", async (t) => {
  for (const way of [polling, websocket]) {
    await assert.rejects(connected(prepare(t, app.url, way.options)));
  }
});

test("TLS 1.1 is refused", async () => {
  const agent = new https.Agent({ ca: own.pem, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  const outcome = new Promise((resolve) => {
    https.get(`${app.url}/healthz`, { agent }, () => resolve("served")).on("error", (error) => resolve(error.code));
  });
  assert.notEqual(await within(outcome, "the refusal"), "served");
});

test("HTTP without TLS is closed, and others are served on", async () => {
  const plain = talk(app.url, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  await plain.ended();
  assert.equal((await get(`${app.url}/healthz`)).status, 200);
});

test("a WebSocket that is cut off below TLS is a transport close", async (t) => {
  const watcher = await open(t, app, "/control", websocket, trusting);
  const socket = await open(t, app, "/control", websocket, trusting);
  const { id } = socket;
  socket.io.engine.transport.ws._socket.destroy(); // no close frame, no close_notify
  let reason;
  const searching = (async () => {
    while (!reason) {
      const log = await control(watcher, "log");
      reason = log.find((entry) => entry[0] === id && entry[1] === "disconnect")?.[2];
    }
  })();
  await within(searching, "the disconnect");
  assert.equal(reason, "transport close");
});

test("raw WebSockets speak over TLS", async (t) => {
  const socket = webSocket(t, app.url, { path: "/engine.io/", ca: own.pem });
  assert.match(await socket.next(), /^0\{/);
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
});

test("a certificate without its key, and a key that is another's, are refused", async () => {
  const other = selfSigned();
  const alone = launch("--port", "0", "--cert", own.certificate);
  assert.equal((await alone.exited).code, 2);
  const mixed = launch("--port", "0", "--cert", own.certificate, "--key", other.key);
  const { code } = await mixed.exited;
  assert.ok(code !== 0 && code !== 2, `the status is ${code}`);
  assert.match(mixed.stderr, /key/);
  assert.equal(mixed.stdout, "");
});
