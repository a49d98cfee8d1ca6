// Clients that break the protocols lose their connection, with the right reason; nobody else notices.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { open, ways, websocket } = require("./support/clients");
const { control, logged } = require("./support/control");
const { frame, joined, pollingSession, request, separator, talk, webSocket } = require("./support/raw");
const { within } = require("./support/wait");

const app = conformance();
const placeholder = (num) => JSON.stringify({ _placeholder: true, num });
const binaryEvent = (count, ...nums) => `45${count}-/control,["x",${nums.map(placeholder).join()}]`;
const bytes = Buffer.from([1, 2, 3]);

/** Three quiet clients, one per transport: `.fine()` fails when one of them was disturbed. */
async function bystanders(t) {
  const sockets = [];
  for (const way of ways) sockets.push(await open(t, app, "/", way));
  const lost = [];
  sockets.forEach((socket) => socket.on("disconnect", (reason) => lost.push(reason)));
  const fine = async () => {
    for (const socket of sockets)
      assert.equal(await within(socket.emitWithAck("ack", "fine"), "a bystander's answer"), "fine");
    assert.deepEqual(lost, []);
  };
  return { fine };
}

// The packets that are sent over WebSocket after the client has joined /control, and the end of it as the server's own
// listeners see it.
const wrong = {
  "forced close": {
    "an unknown packet type": ["4abc"],
    "packet type 7": ["47"],
    "packet type 9": ["49"],
    "an empty packet": ["4"],
    "an event that is an object": ["42/control,{}"],
    "an event without a name": ["42/control,[]"],
    "an event named null": ["42/control,[null]"],
    "an event named true": ["42/control,[true]"],
    "JSON that ends too early": ['42/control,["rooms"'],
    "JSON with something behind it": ['42/control,["rooms"]]'],
    "letters before the JSON": ['42/control,abc["rooms"]'],
    ...Object.fromEntries(
      ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map((name) => [
        `the reserved event ${name}`,
        [`42/control,["${name}"]`],
      ]),
    ),
    // A CONNECT that may have crossed the reply is ignored; this client has shown that it has the reply.
    "joining twice": ['42/control,["rooms"]', "40/control,"],
    "a connect whose payload is an array": ["40/custom,[]"],
    "a connect whose payload is a string": ['40/custom,"x"'],
    "a disconnect with a payload": ["41/control,{}"],
    "an error from a client": ['44/control,{"message":"x"}'],
    "an event for a namespace it has not joined": ['42/custom,["message"]'],
    "an event for a namespace that does not exist": ['42/nope,["message"]'],
    "an acknowledgement that is an object": ["43/control,1{}"],
    "a negative id": ['42/control,-1["rooms"]'],
    "a fractional id": ['42/control,1.5["rooms"]'],
    "an id with an exponent": ['42/control,1e3["rooms"]'],
    "a binary event without a count": ['45/control,["x"]'],
    "a count without an end": ["451"],
    "a count that is no number": ['45a-/control,["x"]'],
    "a fractional count": ['451.23-/control,["x"]'],
    "more attachments than allowed": [binaryEvent(11, ...Array(11).keys())],
    "a count beyond all bounds": ['4599999999999999999999-/control,["x"]'],
    "text while an attachment is awaited": [binaryEvent(1, 0), '42/control,["rooms"]'],
    "an attachment that nobody awaits": [bytes],
    "a placeholder beyond the attachments": [binaryEvent(1, 1), bytes],
    "a negative placeholder": [binaryEvent(1, -1), bytes],
    "a placeholder that is no number": [binaryEvent(1, "0"), bytes],
  },
  "parse error": {
    "an unknown Engine.IO packet type": ["abc"],
    "Engine.IO packet type 7": ["7"],
    "an empty message": [""],
  },
  "transport error": {
    "a ping, which is the server's to send": ["2"],
    "a message that is too large": ["4" + "x".repeat(1_000_000)],
  },
};

for (const [reason, rows] of Object.entries(wrong)) {
  // edge 112, 155-157, 159, 162-164, 166-168, 174, 181, 182
  test(`over WebSocket, each of these ends the connection: ${reason}`, async (t) => {
    const quiet = await bystanders(t);
    const watcher = await open(t, app, "/control", websocket);
    for (const [name, messages] of Object.entries(rows)) {
      await t.test(name, async (t) => {
        const client = await joined(t, app.url);
        for (const message of messages) client.send(message);
        await client.closed();
        assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", reason, []]);
        await quiet.fine();
      });
    }
  });
}

// edge 117, 118
test("frames that break RFC 6455 end the connection with the right code", async (t) => {
  const quiet = await bystanders(t);
  const watcher = await open(t, app, "/control", websocket);
  const rows = [
    ["an unmasked frame", Buffer.from([0x81, 0x02, 0x34, 0x32]), 1002],
    ["a reserved bit", frame(0xc1, "42"), 1002],
    ["an unknown opcode", frame(0x83, "42"), 1002],
    ["an unknown control opcode", frame(0x8b, ""), 1002],
    ["a continuation of nothing", frame(0x80, "42"), 1002],
    ["a ping in fragments", frame(0x09, ""), 1002],
    ["a new message inside another", Buffer.concat([frame(0x01, "4"), frame(0x81, "42")]), 1002],
    ["a length with the top bit set", Buffer.from([0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1002, 1009],
    [
      "a length beyond all limits",
      Buffer.from([0x81, 0xff, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
      1009,
    ],
    ["text that is not UTF-8", frame(0x81, Buffer.from([0x34, 0x32, 0xff])), 1007],
  ];
  for (const [name, sent, ...codes] of rows) {
    await t.test(name, async (t) => {
      const client = await joined(t, app.url);
      client._socket.write(sent);
      const code = await client.closed();
      assert.ok(codes.includes(code), `code ${code}`);
      assert.deepEqual(await logged(watcher, client.id, "disconnect"), ["disconnect", "transport error", []]);
      await quiet.fine();
    });
  }
});

// edge 2, 4-6, 15
test("requests that no session can come of are refused with code and message", async (t) => {
  const quiet = await bystanders(t);
  const unknownTransport = { code: 0, message: "Transport unknown" };
  const unknownSession = { code: 1, message: "Session ID unknown" };
  const badMethod = { code: 2, message: "Bad handshake method" };
  const badRequest = { code: 3, message: "Bad request" };
  const badVersion = { code: 5, message: "Unsupported protocol version" };
  const rows = [
    ["no transport", { query: { transport: "" } }, unknownTransport],
    ["an unknown transport", { query: { transport: "tobi" } }, unknownTransport],
    ["a transport named after an object's own", { query: { transport: "__proto__" } }, unknownTransport],
    ["an unknown session", { query: { sid: "nobody" } }, unknownSession],
    ["an unknown session, by POST", { query: { sid: "nobody" }, method: "POST", body: "4hi" }, unknownSession],
    ["a session id as long as a novel", { query: { sid: "x".repeat(4_000) } }, unknownSession],
    ["a handshake by POST", { method: "POST", body: "4hi" }, badMethod],
    ["a handshake by PUT", { method: "PUT" }, badMethod],
    ["a WebSocket without one", { query: { transport: "websocket" } }, badRequest],
    ["no version", { query: { EIO: "" } }, badVersion],
    ["version 5", { query: { EIO: "5" } }, badVersion],
    ["a version that is no number", { query: { EIO: "abc" } }, badVersion],
  ];
  for (const path of ["/socket.io/", "/engine.io/"]) {
    for (const [name, what, expected] of rows) {
      await t.test(`${path}: ${name}`, async () => {
        const { status, text, headers } = await request(app.url, { ...what, path });
        assert.equal(status, 400);
        assert.match(headers.get("content-type"), /^application\/json/);
        assert.deepEqual(JSON.parse(text), expected);
      });
    }
  }
  await t.test("a WebSocket for an unknown session is never opened", async (t) => {
    const socket = webSocket(t, app.url, { query: { sid: "nobody" } });
    let opened = false;
    socket.on("open", () => (opened = true));
    await socket.closed();
    assert.equal(opened, false);
  });
  await quiet.fine();
});

/** Asks until the session is unknown: it has been closed, and everything it had to say has been said. */
async function untilGone(sid) {
  for (;;) {
    const { status, text } = await request(app.url, { query: { sid } });
    if (status === 400 && text.includes("Session ID unknown")) return;
  }
}

// edge 60, 67, 75
test("over polling, what breaks the protocol ends the session", async (t) => {
  const quiet = await bystanders(t);
  const watcher = await open(t, app, "/control", websocket);
  const big = "4" + "x".repeat(1_100_000);
  const rows = [
    ["an unknown Engine.IO packet", (sid) => post(sid, "abc"), "parse error"],
    ["an empty body", (sid) => post(sid, ""), "parse error"],
    ["a separator at the end", (sid) => post(sid, `42/control,["x"]${separator}`), "parse error"],
    ["an unknown Socket.IO packet", (sid) => post(sid, "4abc"), "forced close", "forced server close"],
    [
      "a reserved event behind good ones",
      (sid) => post(sid, `42/control,["x"]${separator}42/control,["connect"]`),
      "forced close",
      "forced server close",
    ],
    ["an attachment that nobody awaits", (sid) => post(sid, "bAQID"), "forced close", "forced server close"],
    ["a ping", (sid) => post(sid, "2"), "transport error"],
    [
      "a body that is binary",
      (sid) => post(sid, bytes, { "content-type": "application/octet-stream" }),
      "transport error",
    ],
    [
      "two polls at once",
      (sid) => Promise.race([request(app.url, { query: { sid } }), request(app.url, { query: { sid } })]),
      "transport error",
    ],
    ["a close packet", (sid) => post(sid, "1"), "transport close"],
  ];
  const post = (sid, body, headers = { "content-type": "text/plain;charset=UTF-8" }) =>
    request(app.url, { method: "POST", query: { sid }, body, headers });

  for (const [name, act, ...reasons] of rows) {
    await t.test(name, async () => {
      const sid = await pollingSession(app.url);
      await post(sid, "40/control,");
      const { text } = await request(app.url, { query: { sid } });
      const { sid: id } = JSON.parse(text.slice("40/control,".length));
      await act(sid);
      await within(untilGone(sid), "the end of the session");
      const [, reason] = await logged(watcher, id, "disconnect");
      assert.ok(reasons.includes(reason), reason);
      await quiet.fine();
    });
  }
  await t.test("a body that is too large is refused with 413", async () => {
    const { status } = await post(await pollingSession(app.url), big);
    assert.equal(status, 413);
    await quiet.fine();
  });
});

test("bytes that are no HTTP disturb nobody", async (t) => {
  const quiet = await bystanders(t);
  const rows = [
    ["zeros", Buffer.alloc(1_000)],
    ["no words at all", "\r\n\r\n\r\n \r\n\r\n"],
    ["a broken request line", "GET\r\n\r\n"],
    ["an unknown version", "GET / HTTP/9.9\r\n\r\n"],
    ["a TLS hello", Buffer.from("16030100", "hex")],
    [
      "a length that is no number",
      "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    ],
    ["two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a head without an end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(100_000)}`],
    ["ten thousand headers", `GET / HTTP/1.1\r\nHost: x\r\n${"X: y\r\n".repeat(10_000)}\r\n`],
    [
      "frames right behind a WebSocket's handshake, all of them wrong",
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${"\xff".repeat(100)}`,
    ],
  ];
  for (const [name, sent] of rows) {
    await t.test(name, async () => {
      const stream = talk(app.url, sent);
      await quiet.fine();
      stream.end();
      await stream.ended();
      await quiet.fine();
    });
  }
});

test("a hundred clients that stop in the middle of everything disturb nobody", async (t) => {
  const quiet = await bystanders(t);
  const watcher = await open(t, app, "/control", websocket);
  const halves = [
    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost:",
    "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4abc",
  ];
  const streams = Array.from({ length: 50 }, (_, i) => talk(app.url, halves[i % 2]));
  const clients = await Promise.all(Array.from({ length: 50 }, () => joined(t, app.url)));
  await quiet.fine();
  clients.forEach((client, i) => {
    if (i % 2 === 0)
      client.send(binaryEvent(2, 0, 1)); // its attachments never come
    else client._socket.write(Buffer.from([0x81, 0xfe, 0xff])); // nor the rest of this frame
    client._socket.resetAndDestroy();
  });
  for (const { id } of clients) assert.equal((await logged(watcher, id, "disconnect"))[1], "transport close");
  streams.forEach((stream) => stream.destroy());
  await quiet.fine();
  assert.deepEqual(await control(watcher, "clients", {}), [watcher.id]);
});
