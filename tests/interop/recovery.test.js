// Connection state recovery with the reference client: cut off, away, and back as the same socket.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { connected, open, prepare, settled, ways } = require("./support/clients");
const { control, logged } = require("./support/control");
const { collect, next } = require("./support/wait");

const app = conformance("--recovery", "120000");
const plain = conformance();

/** A client of /control that has received one event, and another that watches and emits. */
async function couple(t, way) {
  const watcher = await open(t, app, "/control");
  const socket = await settled(await connected(prepare(t, app.url + "/control", way.options)), way);
  const news = collect(socket, "news");
  await control(watcher, "emit", { from: "namespace", to: socket.id, event: "news", args: ["first"] });
  await news.count(1);
  return { watcher, socket, news };
}

/** Ends the connection, as a broken network would, and waits until the server has noticed. */
async function cut(watcher, socket) {
  const { id } = socket;
  const gone = next(socket, "disconnect");
  const logs = await countOf(watcher, id);
  socket.io.engine.close();
  await gone;
  while ((await countOf(watcher, id)) === logs) await logged(watcher, id, "disconnect");
  return id;
}

/** How often the server saw this socket leave. */
async function countOf(watcher, id) {
  const log = await control(watcher, "log");
  return log.filter((entry) => entry[0] === id && entry[1] === "disconnect").length;
}

// edge 264, 265, 266
for (const way of ways) {
  test(`${way.name}: what was missed comes first, then the same socket, twice in a row`, async (t) => {
    const { watcher, socket, news } = await couple(t, way);
    assert.equal(socket.recovered, false);
    await control(socket, "join", ["a", "b"]);
    await control(socket, "set-data", { name: "Ann" });

    for (const round of [1, 2]) {
      const before = news.all.length;
      const id = await cut(watcher, socket);
      await control(watcher, "emit", { from: "namespace", event: "news", args: [round, "all"] });
      await control(watcher, "emit", { from: "namespace", to: "a", event: "news", args: [round, Buffer.from("binary")] });
      await control(watcher, "emit", { from: "namespace", to: "c", event: "news", args: [round, "not for it"] });
      await control(watcher, "emit", { from: "namespace", to: id, event: "news", args: [round, "direct"] });

      await connected(socket);
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      assert.deepEqual(await control(socket, "rooms"), ["a", "b", id].sort());
      const [described] = await control(watcher, "sockets", { rooms: id });
      assert.deepEqual(described.data, { name: "Ann" });

      await control(watcher, "emit", { from: "namespace", to: "b", event: "news", args: [round, "live"] });
      const got = (await news.count(before + 4)).slice(before);
      assert.deepEqual(got.map(withoutOffset), [
        [round, "all"],
        [round, Buffer.from("binary")],
        [round, "direct"],
        [round, "live"],
      ]);
      await settled(socket, way);
    }
  });
}

/** The reference client hands the offset up as a last argument. */
function withoutOffset(args) {
  assert.match(args.at(-1), /^[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)?$/);
  return args.slice(0, -1);
}

// edge 271
test("who leaves does not come back", async (t) => {
  const { watcher, socket } = await couple(t, ways[1]);
  const { id } = socket;
  socket.disconnect();
  await logged(watcher, id, "disconnect");
  await connected(socket);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
});

// edge 271
test("who is sent away does not come back", async (t) => {
  const { watcher, socket } = await couple(t, ways[1]);
  const { id } = socket;
  const gone = next(socket, "disconnect");
  await control(watcher, "disconnect-sockets", { rooms: id, close: true });
  await gone;
  await connected(socket);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
});

// edge 273
test("without recovery every connection is a new socket", async (t) => {
  const watcher = await open(t, plain, "/control");
  const socket = await open(t, plain, "/control");
  const { id } = socket;
  const gone = next(socket, "disconnect");
  socket.io.engine.close();
  await gone;
  await logged(watcher, id, "disconnect");
  await connected(socket);
  assert.ok(!socket.recovered);
  assert.notEqual(socket.id, id);
});
