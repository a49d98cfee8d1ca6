// A broker behind a network that fails: it runs in a network namespace of its own, whose cable is pulled out, and put
// in again. COSIO_WIRE names the wire. Only root may do that; tests/faults.sh runs it.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { after, before, describe, test } = require("node:test");
const { open } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { meet, startCosio, startNode, stopServers } = require("./support/cluster");
const { until } = require("./support/brokers");
const { count, missing, told, watch } = require("./support/watch");
const { wireOf } = require("./support/wires");

const name = process.env.COSIO_WIRE ?? "classic";
const wire = wireOf(name);
const ip = (...words) => execFileSync("ip", words, { encoding: "utf8" });

// Names and addresses of this process: two runs at a time do not meet.
const id = process.pid % 16_000;
const [space, outside, inside] = [`cosio-${id}`, `cosio${id}a`, `cosio${id}b`];
const block = 4 * id;
const address = (last) => `198.18.${(block >> 8) & 255}.${(block & 255) + last}`; // addresses for tests: RFC 2544
const world = { servers: [] };

before(async () => {
  assert.equal(process.getuid(), 0, "network namespaces need root");
  ip("netns", "add", space);
  ip("link", "add", outside, "type", "veth", "peer", "name", inside);
  ip("link", "set", inside, "netns", space);
  ip("addr", "add", `${address(1)}/30`, "dev", outside);
  ip("link", "set", outside, "up");
  for (const words of [["addr", "add", `${address(2)}/30`, "dev", inside], ["link", "set", inside, "up"], ["link", "set", "lo", "up"]]) {
    ip("netns", "exec", space, "ip", ...words);
  }
  world.broker = await wire.broker({ host: address(2), under: ["ip", "netns", "exec", space] });
  world.servers = await Promise.all([startCosio(wire.cosio, world.broker), startCosio(wire.cosio, world.broker), startNode(wire.node, world.broker)]);
  await meet(world.servers);
});

after(async () => {
  await stopServers(world.servers);
  await world.broker?.stop();
  ip("netns", "del", space);
});

describe(`a network that fails, with the wire ${name}`, () => {
  for (const seconds of [2, 20]) {
    test(`for ${seconds} seconds`, async (t) => {
      const clients = await Promise.all(world.servers.map((one) => open(t, one, "/control")));
      const room = `for ${seconds}`;
      for (const client of clients) await control(client, "join", room);
      const seen = clients.map(watch);
      const numbers = count(await open(t, world.servers[0], "/control"), room);
      await Promise.all(seen.map((one, i) => one.reached(5, `client ${i}`)));
      const marks = world.servers.map((one) => one.log().length);
      ip("link", "set", outside, "down");
      await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
      ip("link", "set", outside, "up");
      const now = numbers.at();
      await until(async () => seen, (all) => all.every(({ got }) => got.at(-1) >= now), "the clients to get what is new");
      const last = (await numbers.stop()) - 1;
      await Promise.all(seen.map((one, i) => one.reached(last, `client ${i} at the end`)));
      const lost = seen.map((one, i) => missing(one, `client ${i}`, { ordered: name !== "postgres" || i < 2 }).length);
      const logs = world.servers.map((one, i) => one.log().slice(marks[i])).join("");
      t.diagnostic(`missing: ${lost}`);
      assert.equal(lost[0], 0, "the sender's own clients");
      // Over PostgreSQL Node's server fetches messages with binary side by side: it may lose some, and says nothing.
      const ours = name === "postgres" ? lost.slice(0, 2) : lost;
      if (ours.some(Boolean)) assert.match(logs, told, "a loss that no log tells of");
    });
  }
});
