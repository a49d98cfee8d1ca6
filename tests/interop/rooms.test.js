// Rooms and broadcasts among thirty clients on all transports: exactly the right ones receive, each once, in order.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { connected, fence, open, prepare, settled, ways } = require("./support/clients");
const { control } = require("./support/control");
const { collect, next } = require("./support/wait");

const app = conformance();
const clients = []; // {index, socket, got}
const everybody = Array.from({ length: 30 }, (_, i) => i);
const membership = { even: (i) => i % 2 === 0, third: (i) => i % 3 === 0, few: (i) => i < 5, lonely: (i) => i === 17 };

test("thirty clients join their rooms", async () => {
  const cleanUp = { after: () => {} }; // they stay for the other tests, and go when the app does
  await Promise.all(
    everybody.map(async (index) => {
      const way = ways[index % ways.length];
      const socket = prepare(cleanUp, app.url + "/control", way.options);
      await settled(await connected(socket), way);
      const rooms = Object.keys(membership).filter((room) => membership[room](index));
      assert.deepEqual(await control(socket, "join", rooms), [...rooms, socket.id].sort());
      clients[index] = { index, socket, got: [] };
      socket.on("news", (...args) => clients[index].got.push(args));
    }),
  );
});

/** Whose `news` arrived by the time that everybody has been asked something else: index -> arguments. */
async function receivers() {
  await Promise.all(clients.map(({ socket }) => control(socket, "rooms")));
  const found = clients.filter(({ got }) => got.length > 0).map(({ index, got }) => [index, got]);
  for (const client of clients) client.got = [];
  return new Map(found);
}

const idOf = (i) => clients[i].socket.id;
const sender = 6; // even and third
const cases = [
  ["the namespace reaches everybody", () => ({ from: "namespace" }), () => true],
  ["a room reaches its members", () => ({ from: "namespace", to: "even" }), membership.even],
  ["`in` is another word for `to`", () => ({ from: "namespace", in: "even" }), membership.even],
  [
    "two rooms reach the union of both, each member once",
    () => ({ from: "namespace", to: ["even", "third"] }),
    (i) => membership.even(i) || membership.third(i),
  ],
  [
    "`to` and `in` add up",
    () => ({ from: "namespace", to: "few", in: ["third"] }),
    (i) => membership.few(i) || membership.third(i),
  ],
  [
    "`except` takes out the members of a room",
    () => ({ from: "namespace", except: "even" }),
    (i) => !membership.even(i),
  ],
  [
    "`to` without `except`",
    () => ({ from: "namespace", to: "even", except: ["third", "lonely"] }),
    (i) => membership.even(i) && !membership.third(i),
  ],
  ["the id of a socket is a room", () => ({ from: "namespace", to: [idOf(3), idOf(4)] }), (i) => i === 3 || i === 4],
  [
    "the id of a socket can be excepted",
    () => ({ from: "namespace", to: "few", except: idOf(2) }),
    (i) => i < 5 && i !== 2,
  ],
  ["a room that nobody is in reaches nobody", () => ({ from: "namespace", to: "nobody is here" }), () => false],
  ["a room can be one socket's own", () => ({ from: "namespace", to: "lonely" }), membership.lonely],
  ["a socket's emit reaches itself alone", () => ({ from: "socket" }), (i) => i === sender],
  ["a socket's broadcast leaves out the sender", () => ({ from: "socket", broadcast: true }), (i) => i !== sender],
  [
    "a socket's room leaves out the sender",
    () => ({ from: "socket", to: "even" }),
    (i) => membership.even(i) && i !== sender,
  ],
  [
    "a socket's room without another",
    () => ({ from: "socket", to: "even", except: "few" }),
    (i) => membership.even(i) && i >= 5 && i !== sender,
  ],
  ["a socket's own id, from itself, reaches nobody", () => ({ from: "socket", to: idOf(sender) }), () => false],
  ["a local broadcast reaches everybody here", () => ({ from: "namespace", local: true }), () => true],
  ["an uncompressed one too", () => ({ from: "namespace", compress: false, to: "third" }), membership.third],
  [
    "a name of a room in another namespace says nothing here",
    () => ({ from: "namespace", nsp: "/custom", to: "even" }),
    () => false,
  ],
];

// edge 234-236
test("exactly the right ones of thirty receive", async (t) => {
  for (const [name, modifiers, expected] of cases) {
    await t.test(name, async () => {
      const args = [name, { bytes: Buffer.from([1, 2, 3]) }];
      assert.equal(await control(clients[sender].socket, "emit", { ...modifiers(), event: "news", args }), true);
      const got = await receivers();
      assert.deepEqual([...got.keys()], everybody.filter(expected));
      for (const [index, events] of got)
        assert.deepEqual(events, [args], `client ${index} received it once, unchanged`);
    });
  }
});

test("a volatile broadcast reaches who has nothing else to read, nobody twice, and nobody else", async () => {
  await control(clients[0].socket, "emit", {
    from: "namespace",
    to: "even",
    volatile: true,
    event: "news",
    args: ["volatile"],
  });
  const got = await receivers();
  assert.ok(got.size > 0 && [...got.keys()].every(membership.even), `it reached ${[...got.keys()]}`);
  for (const events of got.values()) assert.deepEqual(events, [["volatile"]]);
});

test("broadcasts of one sender arrive in their order, everywhere", async () => {
  const count = 50;
  const all = clients.map(({ socket }) => collect(socket, "numbered"));
  const sent = [];
  for (let i = 0; i < count; i++) {
    const args = i % 5 === 0 ? [i, Buffer.alloc(i, i)] : [i, "x".repeat(i * 20)];
    sent.push(args);
    await control(clients[i % 2].socket, "emit", { from: "namespace", event: "numbered", args });
  }
  for (const got of all) assert.deepEqual(await got.count(count), sent);
});

test("who leaves a room hears it no more, who joins hears it from then on", async () => {
  const { socket } = clients[10];
  const say = (text) =>
    control(clients[0].socket, "emit", { from: "namespace", to: ["even"], event: "news", args: [text] });
  assert.deepEqual(await control(socket, "leave", "even"), [socket.id]);
  await say("without 10");
  assert.deepEqual(
    [...(await receivers()).keys()],
    everybody.filter((i) => membership.even(i) && i !== 10),
  );
  assert.deepEqual(await control(socket, "join", "even"), ["even", socket.id].sort());
  await say("with 10");
  assert.deepEqual([...(await receivers()).keys()], everybody.filter(membership.even));
});

test("others can make sockets join and leave", async () => {
  const first = clients[0].socket;
  const say = () => control(first, "emit", { from: "namespace", to: "made", event: "news", args: [] });
  await control(first, "sockets-join", { rooms: "third", room: "made" });
  await say();
  assert.deepEqual([...(await receivers()).keys()], everybody.filter(membership.third));
  await control(first, "sockets-leave", { rooms: ["few"], room: "made" });
  await say();
  assert.deepEqual(
    [...(await receivers()).keys()],
    everybody.filter((i) => membership.third(i) && !membership.few(i)),
  );
  await control(first, "sockets-leave", { room: "made" });
  await say();
  assert.equal((await receivers()).size, 0);
});

test("in the main namespace: a broadcast to all, and rooms joined by an event", async (t) => {
  const sockets = [];
  for (const way of [...ways, ...ways]) sockets.push(await open(t, app, "/", way));
  const [first, second] = sockets;
  const heard = sockets.map((socket) => ({ all: collect(socket, "bcast"), room: collect(socket, "room") }));
  first.emit("bcast", { to: "all" });
  for (const { all } of heard) assert.deepEqual(await all.count(1), [[{ to: "all" }]]);

  await Promise.all([first, second].map((socket) => socket.emitWithAck("join", "pair")));
  sockets[5].emit("room", "pair", "hello");
  await fence(sockets[5]);
  await Promise.all(sockets.map(fence));
  assert.deepEqual(
    heard.map(({ room }) => room.all),
    [[["hello"]], [["hello"]], [], [], [], []],
  );
});

test("a client that has left is in no room", async (t) => {
  const first = clients[0].socket;
  const leaver = clients[29].socket;
  const { id } = leaver;
  await control(leaver, "join", "last");
  assert.deepEqual(await control(first, "clients", { rooms: "last" }), [id]);
  const gone = next(leaver, "disconnect");
  await control(first, "disconnect-sockets", { rooms: "last", close: true });
  assert.equal((await gone)[0], "io server disconnect");
  assert.deepEqual(await control(first, "clients", { rooms: "last" }), []);
  assert.equal((await control(first, "clients", {})).length, 29);
});
