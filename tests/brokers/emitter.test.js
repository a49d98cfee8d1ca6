// A program that is no server publishes over PostgreSQL: servers of this library and of Node share the database, and
// the clients of both get it. Over Redis the same is tried by tests/redis/publish.test.js.
"use strict";
const assert = require("node:assert/strict");
const { execFile } = require("node:child_process");
const { after, before, describe, test } = require("node:test");
const { promisify } = require("node:util");
const { open } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { collect, next, within } = require("../interop/support/wait");
const { startPostgres } = require("./support/brokers");
const { meet, startCosio, startNode, stopServers } = require("./support/cluster");

const run = promisify(execFile);
const cluster = { servers: [] };

before(async () => {
  cluster.broker = await startPostgres();
  cluster.servers = await Promise.all([startCosio("postgres", cluster.broker), startNode("postgres", cluster.broker)]);
  await meet(cluster.servers);
});

after(async () => {
  await stopServers(cluster.servers);
  await cluster.broker?.stop();
});

function emit(words, { url = cluster.broker.url, nsp = "/control" } = {}) {
  const env = { ...process.env, POSTGRES_URL: url, NAMESPACE: nsp };
  return run(process.env.EMIT_APP, ["--adapter", "postgres", ...words], { env, timeout: 60_000, maxBuffer: 1_000_000 });
}

/** A client of each server, in a room of its own. */
async function clients(t, room) {
  const all = await Promise.all(cluster.servers.map((one) => open(t, one, "/control")));
  if (room) await Promise.all(all.map((socket) => control(socket, "join", [room])));
  return all;
}

describe("the emitter over PostgreSQL", () => {
  test("reaches the clients of all servers, also with what is too long for NOTIFY", async (t) => {
    const [inside, outside] = [await clients(t, "x"), await clients(t)];
    const got = inside.map((socket) => collect(socket, "news"));
    const others = outside.map((socket) => collect(socket, "news"));
    const long = "é".repeat(20_000);
    await emit(["emit", "*", "news", "all"]);
    await emit(["emit", "x", "news", long]);
    await emit(["emit", "*", "news", "last"]);
    for (const one of got) assert.deepEqual(await one.count(3), [["all"], [long], ["last"]]);
    for (const one of others) assert.deepEqual(await one.count(2), [["all"], ["last"]]);
  });

  test("moves and disconnects sockets, and tells servers", async (t) => {
    const both = await clients(t, "p");
    const rooms = async (socket, wanted) => {
      for (;;) if ((await control(socket, "rooms")).includes("r") === wanted) return;
    };
    await emit(["join", "p", "r"]);
    await within(Promise.all(both.map((socket) => rooms(socket, true))), "the room r");
    await emit(["leave", "p", "r"]);
    await within(Promise.all(both.map((socket) => rooms(socket, false))), "the end of the room r");
    const gone = both.map((socket) => next(socket, "disconnect"));
    await emit(["disconnect", "p"]);
    for (const [reason] of await Promise.all(gone)) assert.equal(reason, "io server disconnect");

    const all = await Promise.all(cluster.servers.map((one) => open(t, one, "/")));
    const told = all.map((socket) => next(socket, "server-side"));
    await emit(["servers", "hello", "prices"], { nsp: "/" });
    assert.deepEqual(await Promise.all(told), [["prices"], ["prices"]]);
  });

  test("says when PostgreSQL cannot be reached", async () => {
    const failed = await emit(["emit", "*", "news", "lost"], { url: "postgresql://127.0.0.1:1/none" }).catch((e) => e);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /the broker cannot be reached/);
  });
});
