// Two servers of this library and one of Node share a Redis: whatever one of them does reaches the clients of all.
"use strict";
const assert = require("node:assert/strict");
const { after, before, describe, test } = require("node:test");
const { Emitter } = require("@socket.io/redis-emitter");
const { createClient } = require("redis");
const { calm, launch, end } = require("../interop/support/conformance");
const { open, ways } = require("../interop/support/clients");
const { control, refused } = require("../interop/support/control");
const { collect, next, within } = require("../interop/support/wait");
const { startNode, startRedis } = require("./support/redis");

const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);
const cluster = {};

function emit(socket, what) {
  return control(socket, "emit", { from: "namespace", args: [], ...what });
}

/** Asks until the cluster has `count` servers: each of them listens on the request channel of each namespace. */
async function servers(count, nsp = "/control") {
  const joined = (async () => {
    for (;;) {
      const [, number] = await cluster.node.pub.sendCommand(["PUBSUB", "NUMSUB", `socket.io-request#${nsp}#`]);
      if (Number(number) === count) return;
    }
  })();
  await within(joined, `${count} servers in the cluster`);
}

before(async () => {
  cluster.redis = await startRedis();
  cluster.node = await startNode(cluster.redis);
  cluster.runs = [1, 2].map(() => launch("--port", "0", ...calm, "--redis", cluster.redis.url));
  cluster.apps = await Promise.all(cluster.runs.map(async (run) => ({ url: await run.listening })));
  cluster.node.io.of("/control").on("connection", (socket) => {
    socket.on("join", async (room, done) => {
      await socket.join(room);
      done(null, [...socket.rooms].sort());
    });
    socket.on("data", (value, done) => {
      socket.data = value;
      done();
    });
  });
  cluster.node.io.on("hello", (...args) => {
    const done = args.pop();
    cluster.heard = args;
    if (typeof done === "function") done(args);
  });
  await servers(3);
  await servers(3, "/");
});

after(async () => {
  const ended = await Promise.all((cluster.runs ?? []).map((run) => end(run)));
  await cluster.node?.close();
  await cluster.redis?.stop();
  ended.forEach(({ code, signal }, i) => assert.deepEqual({ code, signal }, { code: 0, signal: null }, cluster.runs[i].stderr));
});

/** One client on each server, this library's first. */
async function three(t, nsp = "/control") {
  const [a, b] = cluster.apps;
  return Promise.all([open(t, a, nsp), open(t, b, nsp, ways[0]), open(t, cluster.node, nsp)]);
}

describe("broadcasts", () => {
  // edge 283
  test("reach the clients of all servers, binary intact", async (t) => {
    const sockets = await three(t);
    const got = sockets.map((socket) => collect(socket, "news"));
    await emit(sockets[0], { event: "news", args: [1, "😀", { deep: [bytes, null] }] });
    cluster.node.io.of("/control").emit("news", 2, { deep: bytes });
    for (const seen of got) {
      const both = (await seen.count(2)).sort((x, y) => x[0] - y[0]);
      assert.deepEqual(both[0], [1, "😀", { deep: [bytes, null] }]);
      assert.deepEqual(both[1], [2, { deep: bytes }]);
    }
  });

  // edge 284, 286
  test("go to the rooms that are named, and not to those that are left out, once each", async (t) => {
    const [a, b, node] = await three(t);
    await control(a, "join", ["red", "blue"]);
    await control(b, "join", ["blue"]);
    await control(node, "join", "red");
    const got = [a, b, node].map((socket) => collect(socket, "colour"));
    await emit(a, { to: ["red", "blue"], event: "colour", args: ["all"] });
    await emit(a, { to: "red", except: "blue", event: "colour", args: ["red only"] });
    await emit(b, { to: "nobody is here", event: "colour", args: ["never"] });
    await emit(b, { event: "colour", args: ["end"] });
    assert.deepEqual(await got[0].count(2), [["all"], ["end"]]);
    assert.deepEqual(await got[1].count(2), [["all"], ["end"]]);
    assert.deepEqual(await got[2].count(3), [["all"], ["red only"], ["end"]]);
  });

  // edge 285
  test("that are local stay here", async (t) => {
    const [a, b, node] = await three(t);
    const got = [a, b, node].map((socket) => collect(socket, "here"));
    await emit(a, { local: true, event: "here", args: ["local"] });
    await emit(a, { event: "here", args: ["everywhere"] });
    assert.deepEqual(await got[0].count(2), [["local"], ["everywhere"]]);
    assert.deepEqual(await got[1].count(1), [["everywhere"]]);
    assert.deepEqual(await got[2].count(1), [["everywhere"]]);
  });

  // edge 287
  test("find rooms that a server of Node names by a number", async (t) => {
    const [a, b] = await three(t);
    await control(a, "join", ["42"]);
    const got = collect(a, "number");
    cluster.node.io.of("/control").to(42).emit("number", "to 42");
    assert.deepEqual(await got.count(1), [["to 42"]]);
    await emit(b, { to: "42", event: "number", args: ["again"] });
    assert.deepEqual((await got.count(2))[1], ["again"]);
  });

  // edge 297
  test("come from an emitter without clients of its own", async (t) => {
    const sockets = await three(t);
    const got = sockets.map((socket) => collect(socket, "outside"));
    const emitter = new Emitter(cluster.node.pub).of("/control");
    emitter.emit("outside", "to all", bytes);
    for (const seen of got) assert.deepEqual(await seen.count(1), [["to all", bytes]]);
    emitter.in(sockets[0].id).socketsJoin("from outside");
    const inside = next(sockets[0], "inside");
    const joined = (async () => {
      while (!(await control(sockets[0], "rooms")).includes("from outside"));
    })();
    await within(joined, "the room");
    emitter.to("from outside").emit("inside", 1);
    assert.deepEqual(await inside, [1]);
    const gone = next(sockets[1], "disconnect");
    emitter.in(sockets[1].id).disconnectSockets(true);
    await gone;
  });
});

describe("broadcasts with acknowledgements", () => {
  // edge 289
  test("collect the answers of all servers, binary among them", async (t) => {
    const sockets = await three(t);
    sockets.forEach((socket, i) => socket.on("count off", (done) => done(i === 2 ? bytes : i)));
    const ours = await control(sockets[0], "emit-ack", { from: "namespace", timeout: 20_000, event: "count off", args: [] });
    assert.equal(ours.error, null);
    assert.deepEqual(ours.responses.filter((r) => !Buffer.isBuffer(r)).sort(), [0, 1]);
    assert.deepEqual(ours.responses.filter((r) => Buffer.isBuffer(r)), [bytes]);
    const theirs = await cluster.node.io.of("/control").timeout(20_000).emitWithAck("count off");
    assert.equal(theirs.length, 3);
    assert.deepEqual(theirs.filter((r) => !Buffer.isBuffer(r)).sort(), [0, 1]);
  });

  // edge 290
  test("end after their time with the answers that came", async (t) => {
    const [a, b, node] = await three(t);
    a.on("anybody", (done) => done("a"));
    node.on("anybody", (done) => done("node"));
    const heard = next(b, "anybody"); // and says nothing
    const got = await control(a, "emit-ack", { from: "namespace", timeout: 1_000, event: "anybody", args: [] });
    await heard;
    assert.equal(got.error, "operation has timed out");
    assert.deepEqual(got.responses.sort(), ["a", "node"]);
  });
});

describe("what is asked of all servers", () => {
  // edge 291
  test("finds the sockets of all servers as they are", async (t) => {
    const [a, b, node] = await three(t);
    await control(b, "set-data", { name: "b" });
    await within(new Promise((resolve) => node.emit("data", { name: "node" }, resolve)), "the data");
    await control(b, "join", ["corner"]);
    const all = await control(a, "sockets", {});
    assert.deepEqual(all.map((s) => s.id), [a.id, b.id, node.id].sort());
    const found = Object.fromEntries(all.map((s) => [s.id, s]));
    assert.deepEqual(found[b.id].rooms, [b.id, "corner"].sort());
    assert.deepEqual(found[b.id].data, { name: "b" });
    assert.equal(found[b.id].handshake.query.transport, "polling");
    assert.deepEqual(found[node.id].data, { name: "node" });
    assert.equal(typeof found[node.id].handshake.headers, "object");
    assert.deepEqual(await control(a, "clients", { rooms: "corner" }), [b.id]);

    const seen = await cluster.node.io.of("/control").fetchSockets();
    assert.deepEqual(seen.map((s) => s.id).sort(), [a.id, b.id, node.id].sort());
    const theirs = seen.find((s) => s.id === b.id);
    assert.deepEqual(theirs.data, { name: "b" });
    assert.deepEqual([...theirs.rooms].sort(), [b.id, "corner"].sort());
    assert.equal(theirs.handshake.address, "127.0.0.1");
    assert.equal((await cluster.node.io.of("/control").in("corner").fetchSockets()).length, 1);
  });

  // edge 296
  test("all rooms are the rooms of all", async (t) => {
    const [a, b] = await three(t);
    await control(a, "join", ["in a"]);
    await control(b, "join", ["in b"]);
    const rooms = await cluster.node.io.of("/control").adapter.allRooms();
    for (const room of ["in a", "in b", a.id, b.id]) assert.ok(rooms.has(room), room);
  });

  // edge 292
  test("sockets of other servers join, leave and are disconnected", async (t) => {
    const [a, b, node] = await three(t);
    await control(a, "sockets-join", { rooms: b.id, room: "taken along" });
    const joined = (async () => {
      while (!(await control(b, "rooms")).includes("taken along"));
    })();
    await within(joined, "the room on the other server");
    assert.ok(!(await control(a, "rooms")).includes("taken along"));
    cluster.node.io.of("/control").in("taken along").socketsLeave("taken along");
    const left = (async () => {
      while ((await control(b, "rooms")).includes("taken along"));
    })();
    await within(left, "leaving the room");
    const gone = [next(node, "disconnect"), next(b, "disconnect")];
    await control(a, "disconnect-sockets", { rooms: [node.id, b.id], close: false });
    for (const told of gone) assert.equal((await told)[0], "io server disconnect");
  });
});

describe("server-side events", () => {
  // edge 293
  test("reach the other servers and no client of this one; each answers once", async (t) => {
    const [a] = await three(t);
    const [mine, theirs] = await Promise.all([open(t, cluster.apps[0], "/"), open(t, cluster.apps[1], "/")]);
    const here = collect(mine, "server-side");
    const there = collect(theirs, "server-side");
    const got = await control(a, "server-side-emit", { event: "hello", args: [1, { two: [2] }], ack: true });
    assert.equal(got.error, null);
    assert.deepEqual(got.responses, [[1, { two: [2] }], [1, { two: [2] }]]);
    assert.deepEqual(await there.count(1), [[1, { two: [2] }]]);
    assert.deepEqual(cluster.heard, [1, { two: [2] }]);
    assert.deepEqual(here.all, []);

    assert.equal(await control(a, "server-side-emit", { event: "hello", args: ["quietly"] }), true);
    assert.deepEqual((await there.count(2))[1], ["quietly"]);

    const answers = await new Promise((resolve, reject) =>
      cluster.node.io.serverSideEmit("hello", "from node", (error, all) => (error ? reject(error) : resolve(all))),
    );
    assert.deepEqual(answers, [["from node"], ["from node"]]);
    assert.deepEqual((await there.count(3))[2], ["from node"]);
    await refused(a, "server-side-emit", { event: "connect", args: [] });
  });

  // edge 294
  test("name how many did not answer in time", async (t) => {
    const [a] = await three(t);
    const got = await control(a, "server-side-emit", { nsp: "/control", event: "nobody listens", args: [], ack: true });
    assert.match(got.error, /timeout reached: only 0 responses received out of 2|timed out/);
    assert.deepEqual(got.responses, []);
  });
});

// edge 300
test("an event that comes before a disconnection arrives before it", async (t) => {
  const [a, b, node] = await three(t);
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

/** Two servers of this library with a Redis of their own, and a client of each. */
async function pair(t) {
  const redis = await startRedis();
  const runs = [1, 2].map(() => launch("--port", "0", ...calm, "--redis", redis.url));
  t.after(async () => {
    for (const run of runs) assert.equal((await end(run)).code, 0);
  });
  const [a, b] = await Promise.all(runs.map(async (run) => open(t, { url: await run.listening }, "/control")));
  const joined = (async () => {
    while ((await control(a, "clients", {})).length !== 2);
  })();
  await within(joined, "the other server");
  return { redis, a, b };
}

// edge 288, 295
test("what does not belong on the channels is put aside", async (t) => {
  const { redis, a, b } = await pair(t); // the reference does not survive all of it
  const stranger = createClient({ url: redis.url });
  await stranger.connect();
  const got = collect(b, "news");
  // Requests of which a part cannot be read: none of them means everybody.
  const malformed = ['{"type":4,"opts":5}', '{"type":4,"opts":{}}', '{"type":4,"opts":{"rooms":null},"close":true}',
    '{"type":4,"opts":{"rooms":[],"except":"x"},"close":true}', '{"type":4,"opts":{"rooms":[],"except":[]},"close":1}',
    '{"type":4,"opts":{"rooms":[],"except":[],"flags":5},"close":true}', '{"type":260,"opts":{"rooms":[],"except":[]},"close":true}',
    '{"type":2,"opts":{"rooms":[],"except":[null]},"rooms":["taken"]}', '{"type":2,"opts":5,"rooms":["taken"]}'];
  for (const request of malformed) await stranger.publish("socket.io-request#/control#", request);
  for (const channel of ["socket.io#/control#", "socket.io-request#/control#", "socket.io-response#/control#"]) {
    for (const rubbish of ["", "{", "{}", '{"type":99}', '{"type":5}', '{"type":"x"}', "[]", "null", "\x93", "\x83\xa4type\x02", "x".repeat(70_000)]) {
      await stranger.publish(channel, Buffer.from(rubbish, "latin1"));
    }
  }
  await stranger.publish("socket.io#/control#foreign", "x");
  await stranger.publish("socket.io#/controlled#", "x");
  await emit(a, { event: "news", args: ["still here"] });
  assert.deepEqual(await got.count(1), [["still here"]]);
  assert.equal((await control(a, "clients", {})).length, 2);
  assert.deepEqual(await control(b, "rooms"), [b.id]);
  await stranger.quit();
  t.after(() => redis.stop());
});

// edge 299
test("without Redis a server serves its own clients, says so, and comes back by itself", async (t) => {
  const { redis, a, b } = await pair(t);
  const heard = collect(b, "news");
  await redis.stop();

  const own = next(a, "news");
  await emit(a, { event: "news", args: ["alone"] });
  assert.deepEqual(await own, ["alone"]);
  const asked = (async () => {
    for (;;) {
      const failed = await control(a, "clients", {}).then(() => null, (error) => error);
      if (failed) return failed;
    }
  })();
  assert.match((await within(asked, "a refusal")).message, /other servers cannot be asked/);

  const again = await startRedis(redis.port);
  t.after(() => again.stop());
  const back = (async () => {
    for (;;) if (((await control(a, "clients", {}).catch(() => [])) ?? []).length === 2) return;
  })();
  await within(back, "the other server, again");
  await emit(a, { event: "news", args: ["together"] });
  assert.deepEqual(await heard.count(1), [["together"]]);
});
