// The HTTP API, asked by Node's fetch: requests of programs, and attacks. The clients are those of Socket.IO.
"use strict";
const assert = require("node:assert/strict");
const { createHmac } = require("node:crypto");
const net = require("node:net");
const { after, before, test } = require("node:test");
const { io } = require("socket.io-client");
const { end, start } = require("./support/conformance");
const { collect, next, within } = require("./support/wait");

const secret = "0123456789abcdef0123456789abcdef";
const app = {};

before(async () => {
  process.env.API_SECRET = secret;
  process.env.PORT = "0";
  app.run = start(process.env.PUBLISH_APP, []);
  app.url = await app.run.listening;
});
after(async () => {
  if (!app.run) return;
  const { code, signal } = await end(app.run);
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, app.run.stderr);
});

async function ask(path, { body, key = secret, headers = {}, method = body === undefined ? "GET" : "POST" } = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(app.url + path, {
    method,
    body: body === undefined ? undefined : text,
    headers: { ...(key && { Authorization: `Bearer ${key}` }), ...headers },
  });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: answer && JSON.parse(answer) };
}
const post = (path, body, more) => ask(path, { body, ...more });

/** The Authorization of a signed request. */
function signature(method, path, body, { name = "shop", key = `only-for-orders-${secret}`, late = 0 } = {}) {
  const digits = String(Math.floor(Math.random() * 1e9)).padStart(9, "0");
  const time = `${Math.floor(Date.now() / 1000) - late}.${digits}`;
  const code = createHmac("sha256", key).update(`${method}\n${path}\n${time}\n${body}`).digest("hex");
  return `HMAC-SHA256 ${name}:${time}:${code}`;
}

async function client(t, nsp = "/", room) {
  const socket = io(app.url + nsp, { forceNew: true, transports: ["websocket"], reconnection: false });
  t.after(() => socket.close());
  await next(socket, "connect");
  if (room) await within(socket.emitWithAck("join", room), `the room ${room}`);
  return socket;
}

function refused({ status, body }, wanted, code) {
  assert.equal(status, wanted);
  assert.deepEqual(Object.keys(body).sort(), ["error", "message"]);
  assert.equal(body.error, code);
}

test("events and binary reach the clients of a room", async (t) => {
  const inside = await client(t, "/", "readers");
  const outside = await client(t);
  const missed = collect(outside, "news");
  const got = collect(inside, "news");
  const { status, body } = await post("/api/emit", {
    rooms: ["readers"],
    event: "news",
    args: ["hello", { deep: { _placeholder: true, num: 0 } }],
    attachments: [Buffer.from([0, 1, 255]).toString("base64")],
  });
  assert.equal(status, 200);
  assert.deepEqual(body, { queued: 1, dropped: 0, refused: 0 });
  const [[text, value]] = await got.count(1);
  assert.equal(text, "hello");
  assert.deepEqual([...value.deep], [0, 1, 255]);
  const mark = next(outside, "mark");
  await post("/api/emit", { event: "mark" });
  await mark;
  assert.equal(missed.all.length, 0);
});

test("acknowledgements come back in the answer", async (t) => {
  const socket = await client(t, "/", "asked");
  socket.on("sum", (a, b, done) => done(a + b, Buffer.from([7])));
  const { status, body } = await post("/api/emit", { rooms: "asked", event: "sum", args: [1, 2], timeout: 20_000 });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    complete: true,
    answers: [{ args: [3, { _placeholder: true, num: 0 }], attachments: [Buffer.from([7]).toString("base64")] }],
  });
});

test("sockets are moved, counted and disconnected", async (t) => {
  const socket = await client(t);
  assert.equal((await post("/api/join", { rooms: socket.id, join: ["vip"] })).status, 200);
  const { body } = await ask("/api/rooms");
  assert.deepEqual(body.rooms, [{ name: "vip", sockets: 1 }]);
  const counts = (await ask("/api/counts")).body;
  assert.equal(counts.sockets, 1);
  assert.equal(counts.servers, 1);
  const gone = next(socket, "disconnect");
  assert.equal((await post("/api/disconnect", { rooms: "vip" })).status, 200);
  assert.deepEqual((await gone)[0], "io server disconnect");
});

test("a signed request is carried out once, and only unchanged", async (t) => {
  const socket = await client(t, "/orders");
  const got = collect(socket, "order");
  const body = JSON.stringify({ nsp: "/orders", event: "order", args: [1] });
  const headers = { Authorization: signature("POST", "/api/emit", body) };
  assert.equal((await post("/api/emit", body, { key: null, headers })).status, 200);
  await got.count(1);
  refused(await post("/api/emit", body, { key: null, headers }), 401, "unauthorized");
  for (const [path, changed, how] of [
    ["/api/emit", body.replace("[1]", "[2]"), {}],
    ["/api/emit?nsp=/orders", body, {}],
    ["/api/emit", body, { late: 3600 }],
    ["/api/emit", body, { late: -3600 }],
    ["/api/emit", body, { key: secret }],
    ["/api/emit", body, { name: "nobody" }],
  ]) {
    const other = { Authorization: signature("POST", "/api/emit", body, how) };
    refused(await post(path, changed, { key: null, headers: other }), 401, "unauthorized");
  }
  refused(await post("/api/emit", body, { key: `only-for-orders-${secret}` }), 401, "unauthorized"); // signed_only
  const everywhere = JSON.stringify({ event: "order" });
  const its = { Authorization: signature("POST", "/api/emit", everywhere) };
  refused(await post("/api/emit", everywhere, { key: null, headers: its }), 403, "forbidden");
  assert.equal(got.all.length, 1);
});

test("what is no key, no endpoint or no JSON is refused in one form", async () => {
  refused(await post("/api/emit", { event: "e" }, { key: null }), 401, "unauthorized");
  for (let i = 0; i < secret.length; ++i) {
    const wrong = secret.slice(0, i) + "x" + secret.slice(i + 1);
    refused(await post("/api/emit", { event: "e" }, { key: wrong }), 401, "unauthorized");
  }
  refused(await post("/api/emits", { event: "e" }), 404, "not_found");
  refused(await ask("/api/emit"), 405, "method_not_allowed");
  refused(await post("/api/emit", "{"), 400, "bad_request");
  refused(await post("/api/emit", { event: "e", room: "r" }), 400, "bad_request");
  refused(await post("/api/emit", `{"event":"e","args":${"[".repeat(200_000)}`), 400, "bad_request");
  refused(await post("/api/emit", `{"event":"e","args":["${"x".repeat(1_000_000)}"]}`), 413, "body_too_large");
});

test("a huge body is refused before it is sent", async () => {
  const { hostname, port } = new URL(app.url);
  const socket = net.connect(Number(port), hostname);
  const head = `POST /api/emit HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${secret}\r\nContent-Length: 1000000000\r\n\r\n`;
  socket.write(head);
  const [answer] = await next(socket, "data");
  socket.destroy();
  assert.match(String(answer), /^HTTP\/1\.1 413 /);
  assert.match(String(answer), /"error":"body_too_large"/);
});

test("pages of other origins get no header that lets them read", async () => {
  const origin = { Origin: "https://evil.example" };
  const preflight = await ask("/api/emit", {
    method: "OPTIONS",
    key: null,
    headers: { ...origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" },
  });
  refused(preflight, 401, "unauthorized");
  for (const { headers } of [preflight, await post("/api/emit", { event: "e" }, { headers: origin })])
    for (const [name] of headers) assert.ok(!name.startsWith("access-control"), name);
});

test("a request with the same Idempotency-Key is carried out once, whatever is sent at once", async (t) => {
  const socket = await client(t, "/", "once");
  const got = collect(socket, "once");
  const headers = { "Idempotency-Key": "order 66" };
  const sent = { rooms: "once", event: "once", args: [1] };
  const first = await post("/api/emit", sent, { headers });
  const again = await Promise.all([1, 2, 3].map(() => post("/api/emit", sent, { headers })));
  for (const { status, body, headers: got } of again) {
    assert.equal(status, 200);
    assert.deepEqual(body, first.body);
    assert.equal(got.get("idempotent-replayed"), "true");
  }
  refused(await post("/api/emit", { ...sent, args: [2] }, { headers }), 422, "idempotency_key_reused");
  const mark = next(socket, "mark");
  await post("/api/emit", { rooms: "once", event: "mark" });
  await mark;
  assert.equal(got.all.length, 1);
});

test("the description is OpenAPI with every reference in it", async () => {
  const { status, body } = await ask("/api/openapi.json");
  assert.equal(status, 200);
  assert.equal(body.openapi, "3.1.0");
  assert.deepEqual(Object.keys(body.paths).sort(), ["/counts", "/disconnect", "/emit", "/join", "/leave", "/openapi.json", "/rooms"]);
  JSON.stringify(body, (name, value) => {
    if (name === "$ref") assert.ok(value.slice(2).split("/").reduce((at, part) => at?.[part], body), value);
    return value;
  });
});

// The last one: it uses up the tokens of the key.
test("a key that asks too often is told when to come back", async () => {
  const body = JSON.stringify({ nsp: "/orders", event: "order" });
  const sign = () => ({ Authorization: signature("POST", "/api/emit", body) });
  const sent = Array.from({ length: 100 }, () => post("/api/emit", body, { key: null, headers: sign() }));
  const answers = await Promise.all(sent);
  const late = answers.filter(({ status }) => status !== 200);
  assert.ok(late.length > 0);
  for (const answer of late) {
    refused(answer, 429, "rate_limited");
    assert.equal(answer.headers.get("retry-after"), "1");
  }
});
