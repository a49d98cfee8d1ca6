// Programs that are no server publish by way of Redis: python-socketio's RedisManager, and our emitter.
"use strict";
const assert = require("node:assert/strict");
const { execFile, spawn } = require("node:child_process");
const path = require("node:path");
const readline = require("node:readline");
const { after, before, describe, test } = require("node:test");
const { promisify } = require("node:util");
const { io } = require("socket.io-client");
const { end, start } = require("../interop/support/conformance");
const { collect, next, within } = require("../interop/support/wait");
const { startNode, startRedis } = require("./support/redis");
const wires = require("./support/wires");

const run = promisify(execFile);
const cluster = {};

before(async () => {
  cluster.redis = await startRedis();
  process.env.REDIS_URL = cluster.redis.url;
  process.env.API_SECRET = "0123456789abcdef0123456789abcdef";
  process.env.PORT = "0";
  cluster.node = await startNode(cluster.redis);
  cluster.app = start(process.env.PUBLISH_APP, []);
  cluster.url = await cluster.app.listening;
  const ready = async () => {
    for (;;) {
      const [, servers] = await cluster.node.pub.sendCommand(["PUBSUB", "NUMSUB", "socket.io-request#/#"]);
      const [, python] = await cluster.node.pub.sendCommand(["PUBSUB", "NUMSUB", "socketio"]);
      if (Number(servers) === 2 && Number(python) === 1) return;
    }
  };
  await within(ready(), "both servers");
});

after(async () => {
  const ended = cluster.app && (await end(cluster.app));
  await cluster.node?.close();
  await cluster.redis?.stop();
  assert.deepEqual({ code: ended.code, signal: ended.signal }, { code: 0, signal: null }, cluster.app.stderr);
});

async function client(t, nsp = "/", room, url = cluster.url) {
  const socket = io(url + nsp, { forceNew: true, transports: ["websocket"], reconnection: false });
  t.after(() => socket.close());
  await next(socket, "connect");
  if (room) await within(socket.emitWithAck("join", room), `the room ${room}`);
  return socket;
}

describe("python-socketio", () => {
  const python = {};
  before(() => {
    python.child = spawn(process.env.PYTHON, [path.join(__dirname, "support", "publish.py"), cluster.redis.url], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    python.lines = readline.createInterface({ input: python.child.stdout });
    python.ended = new Promise((resolve) => python.child.once("close", resolve));
  });
  after(async () => {
    python.child.stdin.end();
    assert.equal(await within(python.ended, "the end of Python"), 0);
  });
  async function call(method, args, more = {}) {
    const died = python.ended.then(() => Promise.reject(new Error("Python has ended")));
    const done = Promise.race([next(python.lines, "line"), died]);
    python.child.stdin.write(JSON.stringify({ method, args, ...more }) + "\n");
    await done;
  }

  test("emits to all, to a room, to a socket, and past a socket", async (t) => {
    const [a, b] = [await client(t, "/", "x"), await client(t)];
    const [got, other] = [collect(a, "news"), collect(b, "news")];
    await call("emit", ["news", "all"]);
    await call("emit", ["news", { to: ["the", "room"] }], { named: { room: "x" } });
    await call("emit", ["news", "socket"], { named: { to: b.id } });
    await call("emit", ["news", "others"], { named: { skip_sid: a.id } });
    await call("emit", ["news", [1, [2]]], { tuple: true });
    await call("emit", ["news", null]);
    assert.deepEqual(await got.count(4), [["all"], [{ to: ["the", "room"] }], [1, [2]], []]);
    assert.deepEqual(await other.count(5), [["all"], ["socket"], ["others"], [1, [2]], []]);
  });

  test("emits binary, and to another namespace", async (t) => {
    const [a, orders] = [await client(t), await client(t, "/orders")];
    const [got, ordered] = [collect(a, "bytes"), collect(orders, "bytes")];
    await call("emit", ["bytes", { deep: [{ bytes: [0, 1, 255] }, 5] }]);
    await call("emit", ["bytes", { bytes: [7] }], { named: { namespace: "/orders" } });
    const [[value]] = await got.count(1);
    assert.deepEqual([...value.deep[0]], [0, 1, 255]);
    assert.equal(value.deep[1], 5);
    const [[only]] = await ordered.count(1);
    assert.deepEqual([...only], [7]);
    assert.equal(got.all.length, 1);
  });

  test("moves sockets, closes rooms and disconnects", async (t) => {
    const [a, b] = [await client(t), await client(t, "/", "z")];
    const got = collect(a, "news");
    const gone = next(b, "disconnect");
    await call("enter_room", [a.id, "/", "y"]);
    await call("emit", ["news", 1], { named: { room: "y" } });
    await call("leave_room", [a.id, "/", "y"]);
    await call("emit", ["news", 2], { named: { room: "y" } });
    await call("enter_room", [a.id, "/", "w"]);
    await call("close_room", ["w"]);
    await call("emit", ["news", 3], { named: { room: "w" } });
    // A manager that only writes cannot send this one: a server of Python does.
    await call("raw", [JSON.stringify({ method: "disconnect", sid: b.id, namespace: "/", host_id: "other" })]);
    await call("emit", ["news", 4]);
    assert.equal((await gone)[0], "io server disconnect");
    assert.deepEqual(await got.count(2), [[1], [4]]);
  });

  test("is put aside where it cannot be read", async (t) => {
    const a = await client(t);
    const got = collect(a, "news");
    await call("pickled", [{ method: "emit", event: "news", data: ["pickled"], namespace: "/" }]);
    await call("pickled", [{ method: "emit", event: "news", data: ["pickled"], namespace: "/" }]);
    await call("raw", ['{"method":"emit","event":"news","data":["all"],"room":{}}']);
    await call("raw", ["\u0000 none of ours"]);
    await call("emit", ["news", "last"]);
    assert.deepEqual(await got.count(1), [["last"]]);
    assert.equal(cluster.app.stderr.split("pickled messages").length, 2, cluster.app.stderr);
  });
});

describe("the emitter", () => {
  const emit = (...words) => run(process.env.EMIT_APP, words, { timeout: 60_000 });

  test("reaches the clients of all servers", async (t) => {
    const [a, node] = [await client(t, "/", "x"), await client(t, "/", null, cluster.node.url)];
    const [got, there] = [collect(a, "news"), collect(node, "news")];
    await emit("emit", "*", "news", "all");
    await emit("emit", "x", "news", "room");
    await emit("emit", "*", "news", "last");
    assert.deepEqual(await got.count(3), [["all"], ["room"], ["last"]]);
    assert.deepEqual(await there.count(2), [["all"], ["last"]]);
  });

  test("moves and disconnects sockets, and tells servers", async (t) => {
    const [a, b] = [await client(t, "/", "p"), await client(t, "/", "q")];
    const rooms = async (wanted) => {
      for (;;) {
        const now = await a.emitWithAck("rooms");
        if (now.includes("r") === wanted) return;
      }
    };
    await emit("join", "p", "r");
    await within(rooms(true), "the room r");
    await emit("leave", "p", "r");
    await within(rooms(false), "the end of the room r");
    const told = next(a, "reloaded");
    await emit("servers", "reload", "prices");
    assert.deepEqual(await told, ["prices"]);
    const gone = next(b, "disconnect");
    await emit("disconnect", "q");
    assert.equal((await gone)[0], "io server disconnect");
  });

  for (const kind of [wires.kinds.dynamic, wires.kinds.streams]) {
    test(`reaches servers of Node with the adapter ${kind.name}`, async (t) => {
      const redis = await startRedis();
      const node = await wires.startNode(redis, kind);
      t.after(async () => {
        await node.close(); // first: the adapter reads for ever from a Redis that has gone
        await redis.stop();
      });
      await wires.gathered({ admin: node.pub }, kind, 1, "/");
      const socket = await client(t, "/", null, node.url);
      node.io.on("connection", (one) => one.join("x"));
      const inside = await client(t, "/", null, node.url);
      const [got, other] = [collect(inside, "news"), collect(socket, "news")];
      const told = next(node.io, "reload");
      const env = { ...process.env, REDIS_URL: redis.url, ADAPTER: kind.name };
      const emit = (...words) => run(process.env.EMIT_APP, words, { env, timeout: 60_000 });
      await emit("emit", "*", "news", "all");
      await emit("emit", "x", "news", "room");
      await emit("join", "*", "y");
      await emit("emit", "y", "news", "last");
      await emit("servers", "reload", "prices");
      assert.deepEqual(await got.count(3), [["all"], ["room"], ["last"]]);
      assert.deepEqual(await other.count(2), [["all"], ["last"]]);
      assert.deepEqual(await told, ["prices"]);
    });
  }

  test("says when Redis cannot be reached", async () => {
    const failed = await run(process.env.EMIT_APP, ["emit", "*", "news", "lost"], {
      env: { ...process.env, REDIS_URL: "redis://127.0.0.1:1" },
      timeout: 60_000,
    }).catch((error) => error);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /the broker cannot be reached/);
  });
});
