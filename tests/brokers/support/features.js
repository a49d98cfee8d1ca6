// The features that the matrix tries: each is a function that acts on one server and looks at a client of another one.
//
//   features[i] = {name, run(at), not?, from?}     not: [{from?, to?, wires, why}], where the reference cannot do it
//   at = {s, r, kind, open(which), emitter}   s: a client of the sending server, in /control; r: one of the receiving
//
// It is written for clients of servers of both kinds: support/node_server.js has the commands of the conformance app.
"use strict";
const assert = require("node:assert/strict");
const { control } = require("../../interop/support/control");
const { collect, next, within } = require("../../interop/support/wait");

const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);
let rooms = 0;
const newRoom = () => `room ${process.pid} ${++rooms}`;

const emit = (socket, what) => control(socket, "emit", { from: "namespace", args: [], ...what });

/** Asks until `accept` takes the answer to a command. */
async function eventually(socket, command, args, accept, what) {
  let searching = true;
  const search = (async () => {
    while (searching) {
      const answer = await control(socket, command, ...args);
      if (accept(answer)) return answer;
    }
  })();
  return within(search, what).finally(() => (searching = false));
}

/** Puts a client into rooms, and the message that follows is for them. */
const join = (socket, names) => control(socket, "join", names);

// Node's adapter for PostgreSQL sends over several connections, and fetches large and binary messages side by side.
const unorderedInNode = ["from", "to"].map((side) => ({ [side]: "node", wires: ["postgres"], why: "Node's adapter keeps no order there" }));

// A client's own room has a channel, too, and Node tells the client that it has joined before the broker knows it.
const notYetInNode = (wires) => ({ to: "node", wires, why: "Node does not wait until the broker knows the room" });

// A server of Node sends each message to any node of a Redis Cluster, which pass them on side by side.
const unorderedInCluster = { from: "node", wires: ["classic-cluster"], why: "Node's adapter keeps no order there" };

const features = [];
const feature = (name, run, which = {}) => features.push({ name, run, ...which });

feature("to everybody", async ({ s, r }) => {
  const got = collect(r, "all");
  await emit(s, { event: "all", args: [1, { two: [3] }] });
  assert.deepEqual(await got.count(1), [[1, { two: [3] }]]);
});

feature("to one room and to several, once each", async ({ s, r }) => {
  const [a, b, other] = [newRoom(), newRoom(), newRoom()];
  await join(r, [a, b]);
  const got = collect(r, "colour");
  await emit(s, { to: other, event: "colour", args: ["not for it"] });
  await emit(s, { to: [a, other], event: "colour", args: ["one of two"] });
  await emit(s, { to: [a, b], event: "colour", args: ["both"] });
  await emit(s, { to: [a, b], event: "colour", args: ["end"] });
  assert.deepEqual((await got.count(3)).flat().sort(), ["both", "end", "one of two"]);
  const alone = next(r, "alone");
  await emit(s, { to: a, event: "alone", args: [] });
  await alone;
});

feature("without some rooms", async ({ s, r }) => {
  const [a, b] = [newRoom(), newRoom()];
  await join(r, [a, b]);
  const got = collect(r, "most");
  await emit(s, { to: a, except: b, event: "most", args: ["not for it"] });
  await emit(s, { except: [r.id], event: "most", args: ["nor this"] });
  await emit(s, { to: a, except: newRoom(), event: "most", args: ["end"] });
  await got.count(1);
  await emit(s, { to: a, event: "most", args: ["end"] });
  assert.deepEqual(await got.count(2), [["end"], ["end"]]);
});

// Servers of Node do not wait until Redis has confirmed the channel of a room.
async function heardIn(rooms, { s, r }) {
  const heard = new Set();
  r.on("probe", (room) => heard.add(room));
  let searching = true;
  const search = (async () => {
    for (const room of rooms)
      while (searching && !heard.has(room)) await emit(s, { to: room, event: "probe", args: [room] });
  })();
  await within(search, "a channel for each room").finally(() => (searching = false));
}

feature("rooms with any name", async ({ s, r }) => {
  const names = ["exactly 20 characters", "12345678901234567890", "42", "a#b", "*?[x]\\", "новая 房间 😀", " ", "{tag}x", 'a"b', "/"];
  await join(r, names);
  await heardIn(names, { s, r });
  const got = collect(r, "named");
  for (const [i, name] of names.entries()) {
    await emit(s, { to: name, event: "named", args: [name] });
    await got.count(i + 1); // each room may have a channel of its own
  }
  assert.deepEqual(got.all, names.map((name) => [name]));
});

feature("to a room that a client has just joined", async ({ s, r }) => {
  for (let i = 0; i < 20; ++i) {
    const room = newRoom();
    const got = next(r, room);
    await join(r, room);
    await emit(s, { to: room, event: room, args: [] });
    await got;
  }
}, { not: [notYetInNode(["sharded", "sharded-private", "sharded-cluster"])] });

feature("to one client by its id", async ({ s, r }) => {
  const got = collect(r, "private");
  await emit(s, { to: r.id, event: "private", args: ["psst"] });
  assert.deepEqual(await got.count(1), [["psst"]]);
}, { not: [notYetInNode(["sharded-private"])] });

feature("flags: volatile, compress, local", async ({ s, r }) => {
  const got = collect(r, "flagged");
  await emit(s, { local: true, event: "flagged", args: ["local"] });
  await emit(s, { volatile_: true, event: "flagged", args: ["volatile"] });
  await got.count(1);
  await emit(s, { compress: false, event: "flagged", args: ["plain"] });
  assert.deepEqual(await got.count(2), [["volatile"], ["plain"]]);
});

feature("binary", async ({ s, r }) => {
  const got = collect(r, "bin");
  await emit(s, { event: "bin", args: [bytes, { deep: [bytes, null, Buffer.alloc(0)] }, "text"] });
  await got.count(1); // the order has a test of its own
  await emit(s, { event: "bin", args: [Buffer.alloc(50_000, 7)] });
  assert.deepEqual(await got.count(2), [[bytes, { deep: [bytes, null, Buffer.alloc(0)] }, "text"], [Buffer.alloc(50_000, 7)]]);
});

feature("numbers up to 2^53, all of Unicode", async ({ s, r, kind }) => {
  const values = [2 ** 53, -(2 ** 53), 2 ** 53 - 1, 2 ** 32, -(2 ** 31), 65_536, 127, 128, -32, -33, 0.1, -1.5, 5e-324];
  if (kind === "cosio") values.push(1e300); // of which Node's MessagePack makes an integer that is 0
  const texts = ["", "\u0000", "é", "😀", "\u2028", "x".repeat(300), { "": { "ключ": [[], {}] } }, true, false, null];
  const got = collect(r, "values");
  await emit(s, { event: "values", args: [...values, ...texts] });
  await got.count(1);
  await emit(s, { event: "values", args: [...values, ...texts, bytes] }); // another way of writing them, on most wires
  assert.deepEqual(await got.count(2), [[...values, ...texts], [...values, ...texts, bytes]]);
});

feature("dates, as ISO text", async ({ s, r, kind }) => {
  const when = ["2026-12-01T11:12:13.456Z", "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "2106-02-07T06:28:16.000Z"];
  const got = collect(r, "dates");
  for (const [i, last] of [[], [bytes]].entries()) {
    await got.count(i);
    await emit(s, { event: "dates", args: [...when.map((text) => (kind === "node" ? `Date:${text}` : text)), ...last] });
  }
  assert.deepEqual(await got.count(2), [when, [...when, bytes]]);
});

feature("large messages", async ({ s, r, kind }) => {
  // PostgreSQL has a limit of 8,000 bytes, at which a server of Node loses what has exactly this length.
  const sizes = [7_700, ...(kind === "cosio" ? Array.from({ length: 25 }, (_, i) => 7_800 + 8 * i) : []), 9_000, 200_000];
  const large = newRoom(); // the event of this direction alone: another one's last message may still come
  const got = collect(r, large);
  for (const size of sizes) await emit(s, { event: large, args: ["x".repeat(size)] });
  const all = await got.count(sizes.length);
  const lengths = all.map(([text]) => text.length);
  assert.deepEqual(lengths.sort((a, b) => a - b), sizes);
  await emit(s, { event: large, args: ["é".repeat(4_100)] });
  const last = (await got.count(sizes.length + 1)).find(([text]) => text[0] === "é");
  assert.equal(last[0], "é".repeat(4_100));
});

feature("in the order in which they were sent", async ({ s, r }) => {
  const room = newRoom();
  await join(r, room);
  const got = collect(r, "ordered");
  const count = 200;
  await Promise.all(Array.from({ length: count }, (_, i) => emit(s, { to: room, event: "ordered", args: i % 7 ? [i] : [i, bytes] })));
  assert.deepEqual((await got.count(count)).map(([i]) => i), Array.from({ length: count }, (_, i) => i));
}, { not: [...unorderedInNode, unorderedInCluster] });

feature("questions to clients, binary in the answers", async ({ s, r }) => {
  const room = newRoom();
  await join(r, room);
  await join(s, room);
  r.on("question", (text, done) => done({ text, bytes }));
  s.on("question", (text, done) => done("here"));
  const got = await control(s, "emit-ack", { from: "namespace", to: room, timeout: 20_000, event: "question", args: ["why?"] });
  assert.equal(got.error, null);
  assert.equal(got.responses.length, 2);
  assert.ok(got.responses.includes("here"));
  assert.deepEqual(got.responses.find((one) => one !== "here"), { text: "why?", bytes });
});

feature("questions to clients that say nothing end in time", async ({ s, r }) => {
  const room = newRoom();
  await join(r, room);
  await join(s, room);
  s.on("silence", (done) => done("here"));
  const heard = next(r, "silence");
  const got = await control(s, "emit-ack", { from: "namespace", to: room, timeout: 400, event: "silence", args: [] });
  await heard;
  assert.match(got.error, /timed out|timeout reached/);
  assert.deepEqual(got.responses, ["here"]);
});

feature("sockets with rooms, data and handshake", async ({ s, r }) => {
  const [room, corner] = [newRoom(), newRoom()];
  await control(r, "set-data", { name: "r", list: [1, null] });
  await join(r, [room, corner]);
  await join(s, room);
  const found = await eventually(s, "sockets", [{ rooms: room }], (all) => all.length === 2, "both sockets");
  const theirs = found.find(({ id }) => id === r.id);
  assert.deepEqual(theirs.rooms, [corner, r.id, room].sort());
  assert.deepEqual(theirs.data, { name: "r", list: [1, null] });
  assert.equal(theirs.handshake.query.transport, "websocket");
  assert.equal(typeof theirs.handshake.headers, "object");
  assert.deepEqual(await control(s, "clients", { rooms: corner }), [r.id]);
  assert.deepEqual(await control(s, "clients", { rooms: newRoom() }), []);
});

feature("sockets join and leave", async ({ s, r }) => {
  const [a, b, c] = [newRoom(), newRoom(), newRoom()];
  await join(r, a);
  await control(s, "sockets-join", { rooms: a, room: [b, c] });
  await eventually(r, "rooms", [], (rooms) => rooms.includes(b) && rooms.includes(c), "joining");
  const got = next(r, "inside");
  await emit(s, { to: b, event: "inside", args: ["b"] });
  assert.deepEqual(await got, ["b"]);
  assert.ok(!(await control(s, "rooms")).includes(b));
  await control(s, "sockets-leave", { rooms: [b, newRoom()], room: [b, c] });
  const left = await eventually(r, "rooms", [], (rooms) => !rooms.includes(b) && !rooms.includes(c), "leaving");
  assert.deepEqual(left, [a, r.id].sort());
});

feature("sockets are disconnected, after what was sent to them before", async ({ s, r, open }) => {
  const victim = await open("r");
  const order = [];
  victim.on("last words", (words) => order.push(words));
  victim.on("disconnect", (reason) => order.push(reason));
  const gone = next(victim, "disconnect");
  await emit(s, { to: victim.id, event: "last words", args: ["goodbye"] });
  await control(s, "disconnect-sockets", { rooms: victim.id, close: false });
  await gone;
  assert.deepEqual(order, ["goodbye", "io server disconnect"]);
  const other = await open("r");
  const closed = next(other, "disconnect");
  await control(s, "disconnect-sockets", { rooms: other.id, close: true });
  await closed;
  assert.ok(r.connected && s.connected);
}, { not: [...unorderedInNode, unorderedInCluster, notYetInNode(["sharded-private"])] });

feature("events of servers", async ({ s, open }) => {
  const r = await open("r", "/");
  const got = collect(r, "server-side");
  const word = newRoom();
  const own = await open("s", "/");
  const here = collect(own, "server-side");
  await control(s, "server-side-emit", { event: "hello", args: [word, { deep: [1, "é"] }] });
  assert.deepEqual((await got.count(1)).find(([one]) => one === word), [word, { deep: [1, "é"] }]);
  assert.deepEqual(here.all.filter(([one]) => one === word), []);
});

feature("questions to servers", async ({ s, others }) => {
  const word = newRoom();
  const got = await control(s, "server-side-emit", { event: "hello", args: [word, [2 ** 53]], ack: true });
  assert.equal(got.error, null);
  assert.deepEqual(got.responses, Array(others).fill([word, [2 ** 53]]));
});

feature("Node's emitter", async ({ s, r, emitter }) => {
  const room = newRoom();
  await join(r, room);
  const got = collect(r, "outside");
  const there = emitter.of("/control");
  there.to(room).emit("outside", "text", 1);
  assert.deepEqual(await got.count(1), [["text", 1]]);
  there.to([room, newRoom()]).except(s.id).emit("outside", "binary", bytes);
  assert.deepEqual((await got.count(2))[1], ["binary", bytes]);
  there.in(r.id).socketsJoin(`${room} too`);
  await eventually(r, "rooms", [], (rooms) => rooms.includes(`${room} too`), "joining");
  there.in(room).socketsLeave(room);
  await eventually(r, "rooms", [], (rooms) => !rooms.includes(room), "leaving");
  there.to(r.id).emit("outside", "x".repeat(9_000));
  assert.equal((await got.count(3))[2][0].length, 9_000);
  const gone = next(r, "disconnect");
  there.in(r.id).disconnectSockets(true);
  await gone;
}, { from: "emitter" });

module.exports = { features, eventually, emit };
