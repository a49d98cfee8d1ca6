// Servers of this library and of Node with the streams adapter. Clients that were cut off come back on another server.
"use strict";
const assert = require("node:assert/strict");
const { describe, test } = require("node:test");
const { connected, open, prepare } = require("../interop/support/clients");
const { calm, end, launch } = require("../interop/support/conformance");
const { control, logged } = require("../interop/support/control");
const { collect, next, within } = require("../interop/support/wait");
const { startRedis } = require("./support/redis");
const { cluster, common, emit, gathered, kinds, noise, stranger, three, until } = require("./support/wires");

const offset = /^[0-9]+-[0-9]+$/;

/** An event of a server with recovery, without the offset at its end. */
function withoutOffset(args) {
  assert.match(args.at(-1), offset);
  return args.slice(0, -1);
}

describe("streams without recovery:", () => {
  const made = cluster(kinds.streams);
  common(kinds.streams, made);
  noise(kinds.streams, made);
});

describe("streams with recovery:", () => {
  const made = cluster(kinds.streams, {
    flags: ["--recovery", "120000"],
    node: { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } },
  });
  common(kinds.streams, made, (args) => (offset.test(args.at(-1)) ? args.slice(0, -1) : args));

  /** A client of /control on one server. */
  const at = (t, server) => connected(prepare(t, server.url + "/control"));

  /** Ends its connection as a broken network would, and waits until its session is in Redis. */
  async function cut(socket) {
    const gone = next(socket, "disconnect");
    const { _pid } = socket;
    socket.io.engine.close();
    await gone;
    await until("the session in Redis", () => made.admin.exists("sio:session:" + _pid));
    return _pid;
  }

  /** Connects again, to another server. */
  function back(socket, server) {
    socket.io.uri = server.url;
    return connected(socket);
  }

  for (const [from, to] of [["node", "app"], ["app", "node"], ["app", "other app"]]) {
    test(`a client that was cut off on ${from} comes back on ${to}, with what it has missed`, async (t) => {
      const servers = { node: made.node, app: made.apps[0], "other app": made.apps[1] };
      const watcher = await open(t, made.apps[1], "/control");
      const socket = await at(t, servers[from]);
      const news = collect(socket, "news");
      if (from === "node") await within(new Promise((resolve) => socket.emit("join", "a", resolve)), "the room");
      else await control(socket, "join", ["a"]);
      if (from === "node") await within(new Promise((resolve) => socket.emit("data", { name: "Ann" }, resolve)), "the data");
      else await control(socket, "set-data", { name: "Ann" });
      await emit(watcher, { to: socket.id, event: "news", args: ["first"] });
      await news.count(1);
      const { id } = socket;
      const pid = await cut(socket);

      await emit(watcher, { event: "news", args: [1, "all"] });
      await emit(watcher, { to: "a", event: "news", args: [2, Buffer.from("binary")] });
      await emit(watcher, { to: "c", event: "news", args: ["not for it"] });
      await emit(watcher, { except: "a", event: "news", args: ["not for its room"] });
      await emit(watcher, { to: id, event: "news", args: [3, "direct"] });
      made.node.io.of("/control").to("a").emit("news", 4, "from node");
      await until("the last one in the stream", async () => {
        const [last] = await made.admin.sendCommand(["XREVRANGE", "socket.io", "+", "-", "COUNT", "1"]);
        return JSON.stringify(last).includes("from node");
      });

      await back(socket, servers[to]);
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      assert.equal(await made.admin.exists("sio:session:" + pid), 0); // it is used once
      await emit(watcher, { to: "a", event: "news", args: [5, "live"] });
      const got = (await news.count(6)).slice(1);
      assert.deepEqual(got.map(withoutOffset), [
        [1, "all"],
        [2, Buffer.from("binary")],
        [3, "direct"],
        [4, "from node"],
        [5, "live"],
      ]);
      const [described] = await control(watcher, "sockets", { rooms: id });
      assert.deepEqual(described.data, { name: "Ann" });
      assert.deepEqual(described.rooms, ["a", id].sort());
    });
  }

  // edge 303
  test("a client that has received nothing yet comes back, too", async (t) => {
    const watcher = await open(t, made.apps[1], "/control");
    const socket = await at(t, made.apps[0]);
    const news = collect(socket, "news");
    const { id } = socket;
    await cut(socket);
    await emit(watcher, { to: id, event: "news", args: ["the first"] });
    await back(socket, made.apps[1]);
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, id);
    assert.deepEqual((await news.count(1)).map(withoutOffset), [["the first"]]);
  });

  // edge 302
  test("events of two servers come in one order everywhere", async (t) => {
    const sockets = await three(t, made);
    const got = sockets.map((socket) => collect(socket, "turn"));
    const sent = [];
    for (let i = 0; i < 50; ++i) {
      sent.push(emit(sockets[0], { event: "turn", args: ["a", i] }), emit(sockets[1], { event: "turn", args: ["b", i] }));
    }
    await Promise.all(sent);
    const [first, second] = await Promise.all(got.slice(0, 2).map((one) => one.count(100)));
    assert.deepEqual(first, second);
    const offsets = first.map((args) => args.at(-1).split("-").map(Number));
    for (let i = 1; i < offsets.length; ++i) {
      const [before, now] = [offsets[i - 1], offsets[i]];
      assert.ok(before[0] < now[0] || (before[0] === now[0] && before[1] < now[1]), `${before} before ${now}`);
    }
  });

  test("what Redis has trimmed is lost, unless the server has read it itself", async (t) => {
    const watcher = await open(t, made.apps[1], "/control");
    const sockets = [await at(t, made.apps[0]), await at(t, made.apps[0])];
    const news = sockets.map((socket) => collect(socket, "news"));
    await emit(watcher, { event: "news", args: ["first"] });
    for (const one of news) await one.count(1);
    for (const socket of sockets) await cut(socket);
    await emit(watcher, { event: "news", args: ["second"] });
    await made.admin.sendCommand(["XTRIM", "socket.io", "MAXLEN", "0"]);

    await back(sockets[0], made.apps[1]);
    assert.equal(sockets[0].recovered, true);
    assert.deepEqual((await news[0].count(2)).map(withoutOffset), [["first"], ["second"]]);

    const late = launch("--port", "0", ...calm, "--adapter", "streams", "--broker", made.redis.url, "--recovery", "120000");
    t.after(async () => assert.equal((await end(late)).code, 0));
    await back(sockets[1], { url: await late.listening });
    assert.equal(sockets[1].recovered, false);
  });

  // edge 304
  test("a session is restored once, and only with its secret and a well-formed offset", async (t) => {
    const watcher = await open(t, made.apps[1], "/control");
    const socket = await at(t, made.apps[0]);
    const news = collect(socket, "news");
    await emit(watcher, { event: "news", args: ["first"] });
    await news.count(1);
    const last = socket._lastOffset;
    const pid = await cut(socket);
    const forged = prepare(t, made.apps[1].url + "/control");
    Object.assign(forged, { _pid: pid, _lastOffset: "0-0 " });
    await connected(forged);
    assert.equal(forged.recovered, false);
    assert.equal(await made.admin.exists("sio:session:" + pid), 1); // nothing was touched
    await back(socket, made.apps[1]);
    assert.equal(socket.recovered, true);
    const again = prepare(t, made.apps[0].url + "/control");
    Object.assign(again, { _pid: pid, _lastOffset: last });
    await connected(again);
    assert.equal(again.recovered, false);
    assert.notEqual(again.id, socket.id);
  });

  test("a server that was cut off from Redis goes on where it stopped", async (t) => {
    const [a, b] = await three(t, made);
    const got = collect(b, "news");
    await emit(a, { event: "news", args: [1] });
    await got.count(1);
    const list = await made.admin.sendCommand(["CLIENT", "LIST"]);
    const readers = list.split("\n").filter((line) => line.includes("cmd=xread"));
    for (const line of readers) {
      const [, id] = /\bid=(\d+)/.exec(line);
      await made.admin.sendCommand(["CLIENT", "KILL", "ID", id]);
    }
    for (let i = 2; i < 12; ++i) made.node.io.of("/control").emit("news", i);
    assert.deepEqual((await got.count(11)).map(([i]) => i), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await gathered(made, kinds.streams, 3);
  });
});

test("a classic server of this library on the same channels goes on", async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const app = (name) => launch("--port", "0", ...calm, "--adapter", name, "--broker", redis.url);
  const runs = [app("classic"), app("classic"), app("streams"), app("streams")];
  t.after(async () => {
    for (const run of runs) assert.equal((await end(run)).code, 0, run.stderr);
  });
  const urls = await Promise.all(runs.map((run) => run.listening));
  const [a, b, c, d] = await Promise.all(urls.map((url) => open(t, { url }, "/control")));
  await until("the classic servers", async () => (await control(a, "clients", {}).catch(() => [])).length === 2);
  await until("the servers with streams", async () => (await control(c, "clients", {}).catch(() => [])).length === 2);
  await control(c, "server-side-emit", { event: "hello", args: ["streams"], ack: false });
  await control(a, "server-side-emit", { event: "hello", args: ["classic"], ack: false });
  const heard = [b, d].map((socket) => collect(socket, "news"));
  await emit(a, { event: "news", args: ["classic"] });
  await emit(c, { event: "news", args: ["streams"] });
  assert.deepEqual(await heard[0].count(1), [["classic"]]);
  assert.deepEqual(await heard[1].count(1), [["streams"]]);
  assert.deepEqual((await control(a, "clients", {})).sort(), [a.id, b.id].sort());
  assert.deepEqual((await control(c, "clients", {})).sort(), [c.id, d.id].sort());
});

test("without Redis a server serves its own clients, and comes back by itself", async (t) => {
  const redis = await startRedis();
  const runs = [1, 2].map(() => launch("--port", "0", ...calm, "--adapter", "streams", "--broker", redis.url, "--recovery", "60000"));
  t.after(async () => {
    for (const run of runs) assert.equal((await end(run)).code, 0, run.stderr);
  });
  const [a, b] = await Promise.all(runs.map(async (run) => open(t, { url: await run.listening }, "/control")));
  await until("the other server", async () => (await control(a, "clients", {}).catch(() => [])).length === 2);
  const heard = collect(b, "news");
  await redis.stop();
  const own = next(a, "news");
  await emit(a, { event: "news", args: ["alone"] });
  assert.equal((await own)[0], "alone");
  const again = await startRedis(redis.port);
  t.after(() => again.stop());
  await until("the other server, again", async () => (await control(a, "clients", {}).catch(() => [])).length === 2);
  const admin = await stranger(again);
  t.after(() => admin.disconnect());
  await gathered({ admin }, kinds.streams, 2);
  await emit(a, { event: "news", args: ["together"] });
  assert.deepEqual((await heard.count(1)).map(([what]) => what), ["together"]);
});
