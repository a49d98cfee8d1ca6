// Two servers behind nginx and behind HAProxy: polling clients stay with their server, and when it ends, they find
// the other server.
"use strict";
const assert = require("node:assert/strict");
const { after, before, describe, test } = require("node:test");
const { connected, open, polling, prepare, upgrading } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { collect, next, within } = require("../interop/support/wait");
const { startHaproxy, startNginx } = require("./support/balancers");
const { startRedis } = require("./support/brokers");
const { meet, startCosio, stopServers } = require("./support/cluster");

for (const [name, startBalancer] of [["nginx", startNginx], ["HAProxy", startHaproxy]]) {
  describe(`behind ${name}`, () => {
    const world = { servers: [] };

    before(async () => {
      world.redis = await startRedis();
      world.servers = await Promise.all([1, 2].map(() => startCosio("classic", world.redis)));
      await meet(world.servers);
      world.balancer = await startBalancer(world.servers);
    });

    after(async () => {
      await world.balancer?.stop();
      await stopServers(world.servers);
      await world.redis?.stop();
    });

    let visitors = 0;
    const options = () => ({ withCredentials: true, extraHeaders: { "X-Visitor": `visitor ${++visitors}` } });

    /** Clients on the balancer until both servers have some. */
    async function visit(t, way) {
      const here = await open(t, world.servers[0], "/control"); // finds the sockets of its own server, and of all
      const clients = [];
      const own = async () => (await control(here, "stats")).sockets["/control"];
      while ((await own()) < 3 || (await control(here, "clients", {})).length - (await own()) < 2) {
        clients.push(await open(t, world.balancer, "/control", way, options()));
        assert.ok(clients.length < 50, "all clients are on one server");
      }
      return { here, clients };
    }

    for (const way of [polling, upgrading]) {
      test(`all clients hear of all: ${way.name}`, async (t) => {
        const { here, clients } = await visit(t, way);
        const got = clients.map((client) => collect(client, "news"));
        for (let i = 0; i < 5; ++i) await control(clients[i % clients.length], "emit", { from: "namespace", event: "news", args: [i] });
        await control(here, "emit", { from: "namespace", event: "news", args: [5] });
        for (const seen of got) assert.deepEqual((await seen.count(6)).map(([i]) => i).sort(), [0, 1, 2, 3, 4, 5]);
      });
    }

    test("clients of a server that is killed come back to the other one", async (t) => {
      const visitors = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const socket = prepare(t, `${world.balancer.url}/control`, { ...upgrading.options, ...options(), reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 });
          return connected(socket);
        }),
      );
      const [first, second] = world.servers;
      const there = await open(t, second, "/control");
      first.running.child.kill("SIGKILL");
      await within(first.running.exited, "the end of a server");
      world.servers = [second];
      const all = async () => {
        for (;;) if ((await control(there, "stats")).sockets["/control"] === visitors.length + 1) return;
      };
      await within(all(), "all clients on the other server");
      const heard = visitors.map((socket) => next(socket, "news"));
      await control(there, "emit", { from: "namespace", event: "news", args: ["all here"] });
      for (const one of heard) assert.deepEqual(await one, ["all here"]);
    });
  });
}
