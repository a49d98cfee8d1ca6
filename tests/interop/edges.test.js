// Edges of both protocols, byte by byte, against the running server: what no well-behaved client ever sends.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { open, websocket } = require("./support/clients");
const { logged } = require("./support/control");
const { frame, joined, pollingSession, request, separator, webSocket } = require("./support/raw");
const { within } = require("./support/wait");

const app = conformance();
const echo = "/engine.io/";
const text = { "content-type": "text/plain;charset=UTF-8" };

/** A polling session on the echo server: `post` and `poll` give status and text; `old` speaks revision 3. */
async function session({ old = false, path = echo, query = {} } = {}) {
  const eio = { EIO: old ? "3" : "4", ...query };
  const opened = await request(app.url, { path, query: eio });
  assert.equal(opened.status, 200);
  const { sid } = JSON.parse(opened.text.slice(opened.text.indexOf("{")));
  const ask = (options) => request(app.url, { path, ...options, query: { ...eio, sid } });
  return {
    sid,
    opening: opened.text,
    poll: () => ask({}),
    post: (body, headers = text) => ask({ method: "POST", body, headers }),
  };
}

/** Polls until the session is unknown; everything that came before. */
async function rest({ poll }) {
  const bodies = [];
  for (;;) {
    const { status, text: body } = await poll();
    if (status === 400) {
      if (body !== "") assert.deepEqual(JSON.parse(body), { code: 1, message: "Session ID unknown" });
      return bodies;
    }
    bodies.push(body);
  }
}

// edge 57, 58, 59, 87
test("what is posted comes back with the next GET, in order", async () => {
  const { post, poll } = await session();
  for (const payload of ["4hello", ["4test1", "4test2", "4test3"], ["4hello", "bAQIDBA=="], "4€😀é"]) {
    const body = [payload].flat().join(separator);
    const { status, text: ok } = await post(body);
    assert.deepEqual([status, ok], [200, "ok"]);
    assert.equal((await poll()).text, body);
  }
});

// edge 60, 61
test("the packets in front of a bad one are handled, the POST is answered, and the session is over", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  for (const bad of ["abc", "", "7"]) {
    const s = await session({ path: "/socket.io/" });
    await s.post("40/control,");
    const { sid: id } = JSON.parse((await s.poll()).text.slice("40/control,".length));
    const { status, text: ok } = await s.post(
      [`42/control,["join","in time"]`, bad, `42/control,["join","late"]`].join(separator),
    );
    assert.deepEqual([status, ok], [200, "ok"]);
    await within(rest(s), "the end of the session");
    assert.deepEqual(await logged(watcher, id, "disconnecting"), [
      "disconnecting",
      "parse error",
      ["in time", id].sort(),
    ]);
  }
});

// edge 69, 70
test("a body of exactly the limit is taken; one byte more is refused with 413, and the session lives", async () => {
  const s = await session();
  const limit = 1_000_000;
  const fits = "4" + "x".repeat(limit - 1);
  assert.equal((await s.post(fits)).text, "ok");
  assert.equal((await s.poll()).text, fits);
  const { status, text: body } = await s.post(fits + "x");
  assert.deepEqual([status, body], [413, ""]);
  assert.equal((await s.post("4still here")).text, "ok");
  assert.equal((await s.poll()).text, "4still here");
});

// edge 75, 100
test("a heartbeat in the wrong direction ends the session", async () => {
  for (const [old, beat] of [
    [false, "2"],
    [true, "1:3"],
  ]) {
    const s = await session({ old });
    assert.equal((await s.post(beat)).text, "ok");
    await within(rest(s), "the end of the session");
  }
});

// edge 88
test("the handshake of revision 3 is counted in UTF-16 units, and is a payload of one packet", async () => {
  const { opening } = await session({ old: true });
  const [, length, packet] = /^(\d+):(0\{.*\})$/.exec(opening);
  assert.equal(Number(length), packet.length);
  const { sid, upgrades, pingInterval, pingTimeout } = JSON.parse(packet.slice(1));
  assert.match(sid, /^[\w-]{20}$/);
  assert.deepEqual(
    { upgrades, pingInterval, pingTimeout },
    { upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000 },
  );
});

// edge 89, 90, 92, 95, 97
test("text payloads of revision 3 come back alike, lengths in UTF-16 units", async () => {
  const rows = [
    ["6:4test16:4test26:4test3", "6:4test16:4test26:4test3"],
    ["3:4😀", "3:4😀"], // a surrogate pair is two
    ["0:2:4a", "2:4a"], // nothing of no length
  ];
  const s = await session({ old: true });
  for (const [body, back] of rows) {
    assert.equal((await s.post(body)).text, "ok");
    assert.equal((await s.poll()).text, back);
  }
  const base64 = await session({ old: true, query: { b64: "1" } });
  assert.equal((await base64.post("10:b4AQIDBA==")).text, "ok");
  assert.equal((await base64.poll()).text, "10:b4AQIDBA==");
});

// edge 95, 96
test("payloads of revision 3 that break the rules end the session, and the POST is answered", async () => {
  for (const body of ["7:4hello", "abc", "-1:4", "", "2:9a", "5:4😀"]) {
    const s = await session({ old: true });
    const { status, text: ok } = await s.post(body);
    assert.deepEqual([status, ok], [200, "ok"], body);
    await within(rest(s), `the end of the session after ${body}`);
  }
});

// edge 98, 99
test("revision 3: a ping is answered with a pong, without what came with it", async () => {
  const s = await session({ old: true });
  for (const ping of ["1:2", "6:2probe"]) {
    assert.equal((await s.post(ping)).text, "ok");
    assert.equal((await s.poll()).text, "1:3");
  }
});

// edge 91, 93, 94
test("revision 3: bytes go in the binary form both ways, text beside them counted in bytes", async () => {
  const s = await session({ old: true });
  const element = (kind, bytes) =>
    Buffer.concat([Buffer.from([kind, ...String(bytes.length).split("").map(Number), 255]), bytes]);
  const body = Buffer.concat([
    element(0, Buffer.from("4€€€€")),
    element(1, Buffer.from([4, 1, 2, 3, 4])),
    element(0, Buffer.from("4test😀")),
  ]);
  assert.equal((await s.post(body, { "content-type": "application/octet-stream" })).text, "ok");
  const query = new URLSearchParams({ EIO: "3", transport: "polling", sid: s.sid });
  const back = await fetch(`${app.url}${echo}?${query}`);
  assert.equal(back.headers.get("content-type"), "application/octet-stream");
  assert.deepEqual(Buffer.from(await back.arrayBuffer()), body);
});

// edge 103, 104
test("revision 3 over WebSocket: typed bytes are messages, others are ignored, and b64 gets text", async (t) => {
  const socket = webSocket(t, app.url, { path: echo, query: { EIO: "3" } });
  assert.match(await socket.next(), /^0\{/);
  socket.send(Buffer.from([9, 1]));
  socket.send(Buffer.alloc(0));
  socket.send(Buffer.from([4, 1, 2]));
  assert.deepEqual(await socket.next(), Buffer.from([4, 1, 2]));
  const base64 = webSocket(t, app.url, { path: echo, query: { EIO: "3", b64: "1" } });
  await base64.next();
  base64.send(Buffer.from([4, 1, 2]));
  assert.equal(await base64.next(), "b4AQI=");
});

// edge 113
test("a close packet over WebSocket ends the session: transport close", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  const client = await joined(t, app.url);
  client.send("1");
  assert.equal(await client.closed(), 1005);
  assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", "transport close", []]);
});

// edge 114
test("a ping over WebSocket in revision 4, with and without data, ends the session: transport error", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  for (const ping of ["2", "2probe"]) {
    const client = await joined(t, app.url);
    client.send(ping);
    await client.closed();
    assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", "transport error", []]);
  }
});

// edge 115
test("base64 in a text frame of revision 4 is a binary message", async (t) => {
  const socket = webSocket(t, app.url, { path: echo });
  await socket.next();
  socket.send("bAQID");
  assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
});

// edge 116
test("a WebSocket message of exactly the limit is taken; one byte more is close code 1009", async (t) => {
  const socket = webSocket(t, app.url, { path: echo });
  await socket.next();
  const fits = "4" + "x".repeat(999_999);
  socket.send(fits);
  assert.equal(await socket.next(), fits);
  socket.send(fits + "x");
  assert.equal(await socket.closed(), 1009);
});

// edge 119
test("a message in fragments is put together, with a ping of RFC 6455 between them", async (t) => {
  const socket = webSocket(t, app.url, { path: echo });
  await socket.next();
  const ponged = within(new Promise((resolve) => socket.once("pong", (data) => resolve(data.toString()))), "the pong");
  socket._socket.write(
    Buffer.concat([frame(0x01, "4one "), frame(0x89, "there?"), frame(0x00, "two "), frame(0x80, "three")]),
  );
  assert.equal(await socket.next(), "4one two three");
  assert.equal(await ponged, "there?");
});

// edge 120
test("a close code of the client's own, or a reset, is a transport close", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  const ends = [
    (client) => client.close(4000),
    (client) => client.close(1000, "bye"),
    (client) => client._socket.resetAndDestroy(),
    (client) => client._socket.destroy(),
  ];
  for (const end of ends) {
    const client = await joined(t, app.url);
    end(client);
    assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", "transport close", []]);
  }
});

// edge 145
test("a WebSocket that leaves behind its probe leaves the session on polling, and the next attempt works", async (t) => {
  const s = await session();
  const probe = async () => {
    const socket = webSocket(t, app.url, { path: echo, query: { sid: s.sid } });
    await socket.opened();
    socket.send("2probe");
    assert.equal(await socket.next(), "3probe");
    return socket;
  };
  for (const leave of [(socket) => socket.close(), (socket) => socket._socket.resetAndDestroy()]) {
    const socket = await probe();
    leave(socket);
    await socket.closed();
    assert.equal((await s.post("4hello")).text, "ok");
    let { text: heard } = await s.poll();
    while (heard === "6") ({ text: heard } = await s.poll());
    assert.equal(heard, "4hello");
  }
  const socket = await probe();
  socket.send("5");
  socket.send("4over there");
  assert.equal(await socket.next(), "4over there");
});

// edge 168
test("a placeholder that names no attachment ends the connection with the last one: forced close", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  for (const num of ["1", "-1", '"0"', "0.5", "null"]) {
    const client = await joined(t, app.url);
    client.send(`451-/control,["x",{"_placeholder":true,"num":${num}}]`);
    client.send(Buffer.from([1]));
    await client.closed();
    assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", "forced close", []]);
  }
});

// edge 182
test("CONNECT_ERROR is the server's to send", async (t) => {
  const watcher = await open(t, app, "/control", websocket);
  const client = await joined(t, app.url);
  client.send('44/control,{"message":"no"}');
  await client.closed();
  assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", "forced close", []]);
});

// edge 185, 186, 187, 188
test("CONNECT: the id is not the session's, the comma may be missing, unknown names are told and the connection stays", async (t) => {
  const socket = webSocket(t, app.url);
  const { sid } = JSON.parse((await socket.next()).slice(1));
  const ids = new Set([sid]);
  for (const [sent, nsp] of [
    ["40", ""],
    ["40/custom", "/custom,"],
    ["40/dynamic-1,", "/dynamic-1,"],
  ]) {
    socket.send(sent);
    let reply = await socket.next();
    while (!reply.startsWith("40")) reply = await socket.next();
    assert.ok(reply.startsWith(`40${nsp}{"sid":"`), reply);
    ids.add(JSON.parse(reply.slice(2 + nsp.length)).sid);
  }
  assert.equal(ids.size, 4);
  for (const nsp of ["/random", "/custom?a=b", "/_0"]) {
    socket.send(`40${nsp},`);
    let reply = await socket.next();
    while (!reply.startsWith("44")) reply = await socket.next();
    assert.equal(reply, `44${nsp},{"message":"Invalid namespace"}`);
  }
  socket.send('421["ack","still here"]');
  assert.equal(await socket.next(), '431["still here"]');
});

// edge 218, 220
test("generation 2 by polling: CONNECT comes behind the handshake, and a namespace's query is no part of its name", async () => {
  const s = await session({ old: true, path: "/socket.io/" });
  const post = (packet) => s.post(`${packet.length}:${packet}`);
  const until = async (wanted) => {
    for (;;) {
      const { status, text: heard } = await s.poll();
      assert.equal(status, 200);
      if (heard.includes(wanted)) return heard;
    }
  };
  assert.ok((await until("2:40")).startsWith("2:40"));
  assert.equal((await post("40/custom?token=1%20a&plus=a%2Bb&last=1&last=2,")).text, "ok");
  assert.ok((await until("10:40/custom,")).startsWith("10:40/custom,"));
  assert.equal((await post('42/control?x=y,7["rooms"]')).text, "ok");
  await within(rest(s), "the end: /control was not joined, by no spelling");

  const other = await session({ old: true, path: "/socket.io/" });
  const say = (packet) => other.post(`${packet.length}:${packet}`);
  await say("40/control?x=y,");
  await say('42/control?x=y,7["set-data",{}]');
  let answer = "";
  while (!answer.includes("43/control,7[null,true]")) {
    const { status, text: heard } = await other.poll();
    assert.equal(status, 200);
    answer = heard;
  }
});
