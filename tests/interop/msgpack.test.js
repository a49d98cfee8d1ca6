// The reference client with socket.io-msgpack-parser, on every transport: all of it as MessagePack.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const msgpack = require("socket.io-msgpack-parser");
const notepack = require("notepack.io");
const { calm, conformance, end, launch } = require("./support/conformance");
const { Manager, connected, prepare, settled, ways, websocket } = require("./support/clients");
const { control, logged, refused } = require("./support/control");
const { webSocket } = require("./support/raw");
const { next, within } = require("./support/wait");

const app = conformance("--parser", "msgpack");
const bytes = Buffer.from([0, 1, 2, 250, 251]);

async function open(t, nsp, way, options = {}) {
  const socket = prepare(t, app.url + nsp, { parser: msgpack, ...way.options, ...options });
  return settled(await connected(socket), way);
}

const ask = (socket, ...args) =>
  within(new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer))), `the answer to ${args[0]}`);

const values = {
  "no argument": [],
  "numbers of every width": [0, 1, -1, -32, -33, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -129, -32769, -(2 ** 31) - 1],
  fractions: [1.5, 0.1, -2.25e-7, 1.25e-300, Number.MIN_VALUE],
  "booleans and null": [true, false, null],
  texts: ["", "x".repeat(31), "x".repeat(32), "x".repeat(256), "x".repeat(70_000), "naïve 你好 😀", "\u001e\u0000"],
  "lists and objects": [[], {}, Array.from({ length: 16 }, (_, i) => i), { a: { b: [1, { c: null }] }, "": 0 }],
  "many elements": [Array.from({ length: 70_000 }, (_, i) => i)],
  "many members": [Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))],
  "deep nesting": [JSON.parse("[".repeat(500) + "1" + "]".repeat(500))],
  "a placeholder that is none": [{ _placeholder: true, num: 0 }],
  binary: [bytes, Buffer.alloc(0), Buffer.alloc(300, 7), Buffer.alloc(70_000, 8)],
  "binary inside": [{ a: [bytes, { b: bytes }], c: "text" }, [[bytes]]],
};

for (const way of ways) {
  test(`MessagePack over ${way.name}`, async (t) => {
    const socket = await open(t, "/", way);
    for (const [what, args] of Object.entries(values)) {
      await t.test(`${what}: an event there and back`, async () => {
        const answer = next(socket, "message-back");
        socket.emit("message", ...args);
        assert.deepEqual(await answer, args);
      });
      await t.test(`${what}: an acknowledgement`, async () => {
        assert.deepEqual(await ask(socket, "message-with-ack", ...args), args);
      });
    }
    // edge 184
    await t.test("undefined, dates and array buffers", async () => {
      const date = new Date("2026-02-03T04:05:06.789Z");
      const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
      assert.deepEqual(await ask(socket, "message-with-ack", undefined, { u: undefined, v: 1 }, date, new Date(NaN), buffer), [
        null,
        { v: 1 },
        "2026-02-03T04:05:06.789Z",
        "1970-01-01T00:00:00.000Z", // that is what notepack writes for an invalid date
        Buffer.from(buffer),
      ]);
    });

    await t.test("the server asks, and the client answers", async (t) => {
      const controlled = await open(t, "/control", way);
      controlled.on("question", (a, b, answer) => answer(b, a));
      const answer = await control(controlled, "self-ack", { event: "question", args: [bytes, { deep: [bytes] }] });
      assert.deepEqual(answer, [{ deep: [bytes] }, bytes]);
    });
    await t.test("auth comes along, and many namespaces share a connection", async (t) => {
      const manager = new Manager(app.url, { ...way.options, parser: msgpack, reconnection: false });
      t.after(() => manager._close());
      const auth = { token: "secret", list: [1, null, "é"] };
      const sockets = ["/", "/custom", "/auth", "/dynamic-7"].map((nsp) => manager.socket(nsp, { auth }));
      const heard = [next(sockets[0], "auth"), next(sockets[1], "auth"), next(sockets[3], "nsp")];
      await Promise.all(sockets.map(connected));
      assert.deepEqual(await heard[0], [auth]);
      assert.deepEqual(await heard[1], [auth]);
      assert.deepEqual(await heard[2], ["/dynamic-7"]);
      assert.equal(new Set(sockets.map((s) => s.id)).size, 4);
    });
    await t.test("middleware refuses, with data", async (t) => {
      const error = await connected(prepare(t, `${app.url}/auth`, { parser: msgpack, ...way.options })).catch((why) => why);
      assert.equal(error.message, "not authorized");
      assert.deepEqual(error.data, { code: 401 });
    });
    await t.test("a namespace that does not exist refuses", async (t) => {
      const error = await connected(prepare(t, `${app.url}/nope`, { parser: msgpack, ...way.options })).catch((why) => why);
      assert.equal(error.message, "Invalid namespace");
    });
    await t.test("rooms hear broadcasts, with binary", async (t) => {
      const [sender, member, outsider] = await Promise.all([1, 2, 3].map(() => open(t, "/control", way)));
      await control(sender, "join", "crowd");
      await control(member, "join", "crowd");
      outsider.on("news", () => assert.fail("an outsider heard it"));
      sender.on("news", () => assert.fail("the sender heard it"));
      const heard = next(member, "news");
      await control(sender, "emit", { from: "socket", to: "crowd", event: "news", args: ["x", { b: bytes }] });
      assert.deepEqual(await heard, ["x", { b: bytes }]);
      await control(outsider, "rooms"); // whatever was sent to it before is here
      const all = [next(sender, "all"), next(member, "all"), next(outsider, "all")];
      await control(sender, "emit", { from: "namespace", event: "all", args: [bytes] });
      assert.deepEqual(await Promise.all(all), [[bytes], [bytes], [bytes]]);
    });
    await t.test("a broadcast collects the answers of all", async (t) => {
      const [asking, other] = await Promise.all([1, 2].map(() => open(t, "/control", way)));
      await control(asking, "join", "asked");
      await control(other, "join", "asked");
      asking.on("q", (answer) => answer(bytes));
      other.on("q", (answer) => answer("other"));
      const { error, responses } = await control(asking, "emit-ack", { from: "namespace", to: "asked", timeout: 30_000, event: "q", args: [] });
      assert.equal(error, null);
      assert.equal(responses.length, 2);
      assert.ok(responses.some((r) => r === "other") && responses.some((r) => Buffer.isBuffer(r) && r.equals(bytes)));
    });
    await t.test("either side leaves a namespace", async (t) => {
      const [leaving, thrown] = await Promise.all([1, 2].map(() => open(t, "/control", way)));
      const end = next(thrown, "disconnect");
      thrown.emit("disconnect-self", false);
      assert.equal((await end)[0], "io server disconnect");
      const { id } = leaving;
      leaving.disconnect();
      const watcher = await open(t, "/control", way);
      const [, why] = await logged(watcher, id, "disconnect");
      assert.equal(why, "client namespace disconnect");
    });
    await t.test("an unknown event of the control is refused as ever", async (t) => {
      await refused(await open(t, "/control", way), "emit", { from: "nobody" });
    });
  });
}

// Packets that the reference's parser refuses end the connection, and the server continues to serve.
const hostile = {
  "a text message": "40",
  "type 5": { type: 5, nsp: "/", data: [] },
  "type 1.5": { type: 1.5, nsp: "/" },
  "no namespace": { type: 0 },
  "an id that is nil": { type: 2, nsp: "/", data: ["x"], id: null },
  "an id of 1.5": { type: 2, nsp: "/", data: ["x"], id: 1.5 },
  "CONNECT with nil": { type: 0, nsp: "/custom", data: null },
  "CONNECT with a list": { type: 0, nsp: "/custom", data: [] },
  "DISCONNECT with data": { type: 1, nsp: "/", data: {} },
  "an event without data": { type: 2, nsp: "/" },
  "an event that is a map": { type: 2, nsp: "/", data: {} },
  "an acknowledgement with nil": { type: 3, nsp: "/", id: 0, data: null },
  "no map": [],
  "a byte that means nothing": Buffer.from([0xc1]),
  "a list that is not there": Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
  "binary that is not there": Buffer.from([0xc6, 0xff, 0xff, 0xff, 0xff]),
  "100,000 lists in each other": Buffer.alloc(100_000, 0x91),
};
for (const [what, message] of Object.entries(hostile)) {
  test(`refused: ${what}`, async (t) => {
    // edge 183
    const raw = webSocket(t, app.url);
    await raw.next();
    raw.send(notepack.encode({ type: 0, nsp: "/" }));
    const reply = notepack.decode(await raw.next());
    assert.equal(reply.type, 0);
    assert.equal(reply.nsp, "/");
    assert.deepEqual(Object.keys(reply.data), ["sid"]);
    raw.send(typeof message === "string" || Buffer.isBuffer(message) ? message : notepack.encode(message));
    await raw.closed();
    await open(t, "/", websocket);
  });
}

test("a client comes back as the same socket, and gets what it missed", async (t) => {
  const patient = launch("--port", "0", ...calm, "--parser", "msgpack", "--recovery", "60000");
  const url = await patient.listening;
  const [leaving, staying] = await Promise.all(
    [true, false].map((reconnection) => connected(prepare(t, `${url}/control`, { parser: msgpack, reconnection }))),
  );
  const broadcast = (...args) => control(staying, "emit", { from: "namespace", event: "news", args });
  let heard = next(leaving, "news");
  await broadcast("first");
  await heard;
  const { id } = leaving;
  const [gone, back] = [next(leaving, "disconnect"), next(leaving, "connect")];
  heard = next(leaving, "news");
  leaving.io.engine.close();
  await gone;
  await logged(staying, id, "disconnect");
  await broadcast("missed", { b: bytes });
  await back;
  assert.equal(leaving.recovered, true);
  assert.equal(leaving.id, id);
  assert.deepEqual((await heard).slice(0, 2), ["missed", { b: bytes }]);
  leaving.disconnect();
  staying.disconnect();
  assert.equal((await end(patient)).code, 0);
});

test("a client with the default parser loses its connection", async (t) => {
  const socket = prepare(t, app.url);
  const closed = next(socket.io, "close");
  socket.connect();
  assert.deepEqual((await closed)[0], "transport close");
  assert.equal(socket.connected, false);
});

test("a parser that nobody knows is a wrong flag", async () => {
  const run = launch("--parser", "xml");
  const { code } = await run.exited;
  assert.equal(code, 2);
  assert.match(run.stderr, /--parser: xml not in \{default,msgpack\}\n+usage: conformance/);
});

test("--parser default is the default", async (t) => {
  const run = launch("--port", "0", "--parser", "default");
  const url = await run.listening;
  await connected(prepare(t, url));
  assert.equal((await end(run)).code, 0);
});
