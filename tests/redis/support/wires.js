// Two servers of this library and one of Node with the same adapter over a Redis of their own, and what each of these
// adapters must do. The adapters differ in `kind`.
"use strict";
const assert = require("node:assert/strict");
const http = require("node:http");
const { after, before, describe, test } = require("node:test");
const { createShardedAdapter } = require("@socket.io/redis-adapter");
const streams = require("@socket.io/redis-streams-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");
const { calm, launch, end } = require("../../interop/support/conformance");
const { open, ways } = require("../../interop/support/clients");
const { control } = require("../../interop/support/control");
const { collect, next, within } = require("../../interop/support/wait");
const { startRedis } = require("./redis");

const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);

const sharded = (name, subscriptionMode) => ({
  name,
  count: "SHARDNUMSUB",
  adapter: (pub, sub) => createShardedAdapter(pub, sub, { subscriptionMode }),
});

/** The adapters: the app's name of each, and Node's adapter. */
const kinds = {
  static: sharded("sharded-static", "static"),
  dynamic: sharded("sharded", "dynamic"),
  private: sharded("sharded-private", "dynamic-private"),
  streams: { name: "streams", count: "NUMSUB", adapter: (pub) => streams.createAdapter(pub) },
};

/** Asks again and again until `ask()` gives a truthy value. */
async function until(what, ask) {
  let searching = true;
  const search = (async () => {
    while (searching) {
      const found = await ask();
      if (found) return found;
      await new Promise(setImmediate); // the answer may depend on what this process has yet to read
    }
  })();
  return within(search, what).finally(() => (searching = false));
}

/** A connection that asks Redis itself; it goes with the test. */
async function stranger(redis) {
  const client = createClient({ url: redis.url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** The reference server in this process. */
async function startNode(redis, kind, options = {}) {
  const pub = await stranger(redis);
  const sub = await stranger(redis);
  // Node's adapter does not wait for the answers to these when it is closed, and they do not all come.
  const leave = sub.sUnsubscribe.bind(sub);
  sub.sUnsubscribe = (...args) => leave(...args).catch(() => {});
  const server = http.createServer();
  const io = new Server(server, { adapter: kind.adapter(pub, sub), allowEIO3: true, ...options });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  io.of("/control").on("connection", (socket) => {
    socket.on("join", async (room, done) => {
      await socket.join(room);
      done(null, [...socket.rooms].sort());
    });
    socket.on("data", (value, done) => {
      socket.data = value;
      done();
    });
  });
  const close = async () => {
    const closed = new Promise((resolve) => io.close(resolve));
    server.closeAllConnections(); // those that clients keep for their next request
    await within(closed, "the end of the server of Node");
    await Promise.all([pub, sub].map((client) => client.disconnect().catch(() => {})));
  };
  return { io, pub, url: `http://127.0.0.1:${server.address().port}`, close };
}

/** Waits until `count` servers listen to a namespace, and read the stream. */
async function gathered(cluster, kind, count, nsp = "/control") {
  await until(`${count} servers`, async () => {
    const [, number] = await cluster.admin.sendCommand(["PUBSUB", kind.count, `socket.io#${nsp}#`]);
    return Number(number) === count;
  });
  if (kind !== kinds.streams) return;
  await until(`${count} readers`, async () => {
    const list = await cluster.admin.sendCommand(["CLIENT", "LIST"]);
    return list.split("\n").filter((line) => line.includes("cmd=xread")).length >= count;
  });
}

/** A cluster that lives as long as the tests of this file or suite. */
function cluster(kind, { flags = [], node = {} } = {}) {
  const made = {};
  before(async () => {
    made.redis = await startRedis();
    made.admin = await stranger(made.redis);
    made.node = await startNode(made.redis, kind, node);
    made.runs = [1, 2].map(() =>
      launch("--port", "0", ...calm, "--adapter", kind.name, "--broker", made.redis.url, ...flags),
    );
    made.apps = await Promise.all(made.runs.map(async (run) => ({ url: await run.listening })));
    made.node.io.on("hello", (...args) => {
      const done = args.pop();
      made.heard = args;
      if (typeof done === "function") done(args);
      else made.heard.push(done);
    });
    await gathered(made, kind, 3);
    await gathered(made, kind, 3, "/");
  });
  after(async () => {
    const ended = await Promise.all((made.runs ?? []).map((run) => end(run)));
    await made.node?.close();
    await made.admin?.disconnect();
    await made.redis?.stop();
    ended.forEach(({ code, signal }, i) => assert.deepEqual({ code, signal }, { code: 0, signal: null }, made.runs[i].stderr));
  });
  return made;
}

function emit(socket, what) {
  return control(socket, "emit", { from: "namespace", args: [], ...what });
}

/** One client on each server, this library's first. */
function three(t, made, nsp = "/control") {
  const [a, b] = made.apps;
  return Promise.all([open(t, a, nsp), open(t, b, nsp, ways[0]), open(t, made.node, nsp)]);
}

/** What every adapter for several servers must do. `plain` takes off what recovery has added to an event. */
function common(kind, made, plain = (args) => args) {
  const seen = async (got, n) => (await got.count(n)).map(plain);

  test("broadcasts reach the clients of all servers, binary intact", async (t) => {
    const sockets = await three(t, made);
    const got = sockets.map((socket) => collect(socket, "news"));
    await emit(sockets[0], { event: "news", args: [1, "😀", { deep: [bytes, null] }] });
    await emit(sockets[0], { event: "news", args: [2, { a: [true, 1.5, null] }] });
    made.node.io.of("/control").emit("news", 3, { deep: bytes });
    made.node.io.of("/control").emit("news", 4, { a: [true, 1.5, null] });
    for (const one of got) {
      const all = (await seen(one, 4)).sort((x, y) => x[0] - y[0]);
      assert.deepEqual(all, [
        [1, "😀", { deep: [bytes, null] }],
        [2, { a: [true, 1.5, null] }],
        [3, { deep: bytes }],
        [4, { a: [true, 1.5, null] }],
      ]);
    }
  });

  test("rooms and exceptions hold on all servers, once each", async (t) => {
    const [a, b, node] = await three(t, made);
    const twenty = "a room of 20 letters";
    assert.equal(twenty.length, 20);
    await control(a, "join", ["red", "blue", twenty]);
    await control(b, "join", ["blue", "42", "räum"]);
    for (const room of ["red", twenty, "räum"]) await control(node, "join", room);
    await settledRooms(kind, made, ["red", "blue", "42", "räum"]);
    const got = [a, b, node].map((socket) => collect(socket, "colour"));
    const of = made.node.io.of("/control");
    await emit(a, { to: ["red", "blue"], event: "colour", args: ["all"] });
    await emit(a, { to: "red", except: "blue", event: "colour", args: ["red only"] });
    await emit(b, { to: twenty, event: "colour", args: ["twenty"] });
    await emit(a, { to: "räum", event: "colour", args: ["umlaut"] });
    await emit(b, { to: "nobody is here", event: "colour", args: ["never"] });
    await emit(b, { to: node.id, event: "colour", args: ["an id"] });
    await emit(a, { local: true, event: "colour", args: ["local"] });
    of.to("blue").emit("colour", "from node");
    of.to(42).emit("colour", "by a number");
    of.to(twenty).except(node.id).emit("colour", "twenty from node");
    of.to(b.id).emit("colour", "an id from node");
    of.emit("colour", "end of node");
    const [atA, atB, atNode] = await Promise.all([seen(got[0], 6), seen(got[1], 6), seen(got[2], 6)]);
    const sorted = (list) => list.map((args) => args[0]).sort();
    assert.deepEqual(sorted(atA), ["all", "end of node", "from node", "local", "twenty", "twenty from node"].sort());
    assert.deepEqual(sorted(atB), ["all", "an id from node", "by a number", "end of node", "from node", "umlaut"].sort());
    assert.deepEqual(sorted(atNode), ["all", "an id", "end of node", "red only", "twenty", "umlaut"].sort());
  });

  test("acknowledgements of a broadcast are collected from all servers, binary among them", async (t) => {
    const sockets = await three(t, made);
    sockets.forEach((socket, i) => socket.on("count off", (done) => done(i === 2 ? bytes : i)));
    const ours = await control(sockets[0], "emit-ack", { from: "namespace", timeout: 20_000, event: "count off", args: [] });
    assert.equal(ours.error, null);
    assert.deepEqual(ours.responses.filter((r) => !Buffer.isBuffer(r)).sort(), [0, 1]);
    assert.deepEqual(ours.responses.filter((r) => Buffer.isBuffer(r)), [bytes]);
    const theirs = await made.node.io.of("/control").timeout(20_000).emitWithAck("count off");
    assert.equal(theirs.length, 3);
    assert.deepEqual(theirs.filter((r) => !Buffer.isBuffer(r)).sort(), [0, 1]);
  });

  test("the sockets of all servers are found as they are", async (t) => {
    const [a, b, node] = await three(t, made);
    await control(b, "set-data", { name: "b" });
    await within(new Promise((resolve) => node.emit("data", { name: "node" }, resolve)), "the data");
    await control(b, "join", ["corner"]);
    const all = await control(a, "sockets", {});
    assert.deepEqual(all.map((s) => s.id), [a.id, b.id, node.id].sort());
    const found = Object.fromEntries(all.map((s) => [s.id, s]));
    assert.deepEqual(found[b.id].rooms, [b.id, "corner"].sort());
    assert.deepEqual(found[b.id].data, { name: "b" });
    assert.deepEqual(found[node.id].data, { name: "node" });
    assert.deepEqual(await control(a, "clients", { rooms: "corner" }), [b.id]);
    const theirs = await made.node.io.of("/control").fetchSockets();
    assert.deepEqual(theirs.map((s) => s.id).sort(), [a.id, b.id, node.id].sort());
    assert.deepEqual(theirs.find((s) => s.id === b.id).data, { name: "b" });
    assert.equal((await made.node.io.of("/control").in("corner").fetchSockets()).length, 1);
  });

  test("sockets of other servers join, leave and are disconnected", async (t) => {
    const [a, b, node] = await three(t, made);
    await control(a, "sockets-join", { rooms: [b.id, node.id], room: "taken along" });
    await until("the room on the other server", async () => (await control(b, "rooms")).includes("taken along"));
    const sockets = made.node.io.of("/control").sockets;
    await until("the room on Node", async () => sockets.get(node.id).rooms.has("taken along"));
    assert.ok(!(await control(a, "rooms")).includes("taken along"));
    made.node.io.of("/control").in("taken along").socketsLeave("taken along");
    await until("leaving the room", async () => !(await control(b, "rooms")).includes("taken along"));
    made.node.io.of("/control").in(a.id).socketsJoin("of node");
    await until("the room of Node", async () => (await control(a, "rooms")).includes("of node"));
    const gone = [next(node, "disconnect"), next(b, "disconnect")];
    await control(a, "disconnect-sockets", { rooms: [node.id, b.id], close: false });
    for (const told of gone) assert.equal((await told)[0], "io server disconnect");
    const closed = next(a, "disconnect");
    made.node.io.of("/control").in(a.id).disconnectSockets(true);
    assert.match((await closed)[0], /io server disconnect|transport close/);
  });

  test("server-side events reach the other servers, and each answers once", async (t) => {
    const [a] = await three(t, made);
    const [mine, theirs] = await Promise.all([open(t, made.apps[0], "/"), open(t, made.apps[1], "/")]);
    const here = collect(mine, "server-side");
    const there = collect(theirs, "server-side");
    const got = await control(a, "server-side-emit", { event: "hello", args: [1, { two: [2] }], ack: true });
    assert.equal(got.error, null);
    assert.deepEqual(got.responses, [[1, { two: [2] }], [1, { two: [2] }]]);
    assert.deepEqual((await there.count(1)).map(plain), [[1, { two: [2] }]]);
    assert.deepEqual(made.heard, [1, { two: [2] }]);
    assert.equal(await control(a, "server-side-emit", { event: "hello", args: ["quietly"] }), true);
    await there.count(2);
    await until("the event on Node", async () => made.heard[0] === "quietly");
    assert.equal(here.all.length, 0);
    const answers = await new Promise((resolve, reject) =>
      made.node.io.serverSideEmit("hello", "from node", (error, all) => (error ? reject(error) : resolve(all))),
    );
    assert.deepEqual(answers, [["from node"], ["from node"]]);
    made.node.io.serverSideEmit("hello", "quietly from node");
    await here.count(2);
  });

  test("an event that comes before a disconnection arrives before it", async (t) => {
    const [a, b, node] = await three(t, made);
    for (const socket of [b, node]) {
      const order = [];
      const gone = next(socket, "disconnect");
      socket.on("last words", (words) => order.push(words));
      socket.once("disconnect", () => order.push("disconnect"));
      await emit(a, { to: socket.id, event: "last words", args: ["goodbye"] });
      await control(a, "disconnect-sockets", { rooms: socket.id, close: false });
      await gone;
      assert.deepEqual(order, ["goodbye", "disconnect"]);
    }
  });
}

/** Waits until the rooms of a server of Node have their channels, where rooms have any: Node does not wait for that. */
async function settledRooms(kind, made, rooms) {
  if (kind !== kinds.dynamic && kind !== kinds.private) return;
  await until("the channels of rooms", async () => {
    const channels = await made.admin.sendCommand(["PUBSUB", "SHARDCHANNELS"]);
    return rooms.every((room) => channels.includes(`socket.io#/control#${room}#`));
  });
}

/** What does not belong on the channels is put aside. Servers of Node do not survive an event without receivers. */
function noise(kind, made) {
  test("what does not belong on the channels is put aside", async (t) => {
    const [a, b] = await Promise.all(made.apps.map((app) => open(t, app, "/control")));
    const got = collect(b, "news");
    const publish = kind === kinds.streams ? "PUBLISH" : "SPUBLISH";
    const rubbish = ["", "{", "{}", '{"type":99}', "[]", "null", "\x93", "\x84\xa4type\x02", "x".repeat(70_000)];
    for (const one of rubbish) {
      await made.admin.sendCommand([publish, "socket.io#/control#", Buffer.from(one, "latin1")]);
    }
    await emit(a, { event: "news", args: ["still here"] });
    assert.equal((await got.count(1))[0][0], "still here");
    assert.equal(got.all.length, 1);
  });
}

module.exports = { cluster, common, emit, gathered, kinds, noise, settledRooms, startNode, stranger, three, until };
