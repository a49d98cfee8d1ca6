// Faults of Redis itself that take long: failovers, and a connection that is gone without a word. COSIO_WIRE is
// classic, sharded or streams. tests/faults.sh runs it.
"use strict";
const assert = require("node:assert/strict");
const { describe, test } = require("node:test");
const { open } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { redisCli, startRedis, startRedisCluster, startSentinel, until } = require("./support/brokers");
const { meet, startCosio, stopServers } = require("./support/cluster");
const { startProxy } = require("./support/proxy");
const { count, missing, told, watch } = require("./support/watch");
const { wireOf } = require("./support/wires");

const name = process.env.COSIO_WIRE ?? "classic";
const wire = wireOf(name);

/** Two servers, which end with the test; they need not be connected. */
async function pair(t, ...brokers) {
  const servers = await Promise.all([brokers[0], brokers.at(-1)].map((broker) => startCosio(wire.cosio, broker)));
  t.after(() => stopServers(servers));
  return servers;
}

const logged = (server, pattern) => until(async () => server.log(), (text) => pattern.test(text), `a line like ${pattern}`);

/**
 * Numbers from the first server to a client of each: {goesOn(), healed()}. Both wait for those of now; healed() also looks
 * for losses, at the end.
 */
async function numbers(t, servers) {
  const clients = await Promise.all(servers.map((one) => open(t, one, "/control")));
  for (const client of clients) await control(client, "join", "numbers");
  const seen = clients.map(watch);
  const sending = count(await open(t, servers[0], "/control"), "numbers");
  await Promise.all(seen.map((one, i) => one.reached(5, `client ${i}`)));
  const goesOn = async () => {
    const now = sending.at() + 1;
    await Promise.all(seen.map((one, i) => one.reached(now, `client ${i} after the fault`)));
  };
  const healed = async () => {
    await goesOn();
    const last = (await sending.stop()) - 1;
    await Promise.all(seen.map((one, i) => one.reached(last, `client ${i} at the end`)));
    const lost = seen.map((one, i) => missing(one, `client ${i}`));
    assert.deepEqual(lost[0], [], "the sender's own clients");
    const logs = servers.map((one) => one.log()).join("");
    if (lost.some((some) => some.length)) assert.match(logs, told, "a loss that no log tells of");
    return lost;
  };
  return { goesOn, healed };
}

/** Whether one of three masters has failed, and another node is in its place. The node that is asked is `myself,master`. */
function hasNewMaster(nodes) {
  const masters = nodes.split("\n").filter((line) => /[ ,]master[ ,]/.test(line));
  return masters.some((line) => /,fail /.test(line)) && masters.filter((line) => !/fail/.test(line)).length === 3;
}

/** The masters of a cluster: [{id, port, has(slot)}]. */
async function mastersOf(redis) {
  const lines = (await redisCli(redis.ports[0], "cluster", "nodes")).split("\n").map((line) => line.split(" "));
  return lines
    .filter(([, , flags]) => flags?.includes("master"))
    .map(([id, place, , , , , , , ...ranges]) => ({
      id,
      port: Number(/:(\d+)@/.exec(place)[1]),
      has: (slot) => ranges.map((range) => range.split("-").map(Number)).some(([a, b = a]) => a <= slot && slot <= b),
    }));
}

describe(`Redis, with the wire ${name}`, () => {
  test("after a failover by Sentinel the new master is used", async (t) => {
    const redis = await startSentinel();
    t.after(() => redis.stop());
    const servers = await pair(t, redis);
    await meet(servers);
    const { healed } = await numbers(t, servers);
    await redis.master.kill();
    await until(() => redisCli(redis.replica.port, "role"), (text) => text.startsWith("master"), "the new master");
    await meet(servers);
    await healed();
  });

  test("after a failover of a Redis Cluster the new masters are used", async (t) => {
    const redis = await startRedisCluster();
    t.after(() => redis.stop());
    const servers = await pair(t, redis);
    await meet(servers);
    const { healed } = await numbers(t, servers);
    const victim = redis.nodes[0];
    await victim.kill();
    const asked = () => redisCli(redis.ports[1], "cluster", "nodes");
    await until(asked, hasNewMaster, "a new master");
    await meet(servers);
    await healed();
  });

  test("while a slot of a Redis Cluster moves to another master, its keys are found", async (t) => {
    const redis = await startRedisCluster();
    t.after(() => redis.stop());
    const servers = await pair(t, redis);
    await meet(servers);
    const { goesOn, healed } = await numbers(t, servers);
    const key = name === "streams" ? "socket.io" : "socket.io#/control#";
    const slot = Number(await redisCli(redis.ports[0], "cluster", "keyslot", key));
    const masters = await mastersOf(redis);
    const from = masters.find((one) => one.has(slot));
    const [to, third] = masters.filter((one) => one !== from);
    const setSlot = (at, ...words) => redisCli(at.port, "cluster", "setslot", String(slot), ...words);
    await setSlot(to, "importing", from.id);
    await setSlot(from, "migrating", to.id);
    await goesOn();
    const keys = (await redisCli(from.port, "cluster", "getkeysinslot", String(slot), "100")).split("\n").filter(Boolean);
    for (const one of keys) await redisCli(from.port, "migrate", "127.0.0.1", String(to.port), one, "0", "5000");
    await goesOn();
    for (const one of [to, from, third]) await setSlot(one, "node", to.id);
    await goesOn();
    const lost = await healed();
    if (name !== "sharded") assert.deepEqual(lost.flat(), []);
  });

  test("a connection that is gone without a word is noticed", async (t) => {
    const redis = await startRedis();
    t.after(() => redis.stop());
    const proxies = await Promise.all([startProxy(redis), startProxy(redis)]);
    t.after(() => proxies.forEach((proxy) => proxy.stop()));
    const servers = await pair(t, ...proxies);
    await meet(servers);
    const { healed } = await numbers(t, servers);
    proxies[1].hold();
    await logged(servers[1], told);
    proxies[1].go();
    await healed();
  });
});
