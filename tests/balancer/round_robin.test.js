// No sticky sessions: clients of all generations through nginx and HAProxy, which give every request to the next server.
"use strict";
const assert = require("node:assert/strict");
const http = require("node:http");
const { after, before, describe, test } = require("node:test");
const { polling, upgrading } = require("../interop/support/clients");
const { connected, generations, prepare, settled } = require("../interop/support/generations");
const { collect, within } = require("../interop/support/wait");
const { startBalancer, startServers } = require("./support/balancers");

const count = 100;

/** The status and the text of an answer, by a connection of its own. */
function ask(url, method = "GET", body = undefined) {
  const answer = new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent: false }, (response) => {
      let text = "";
      response.on("data", (data) => (text += data));
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
  return within(answer, `the answer to ${method} ${url}`);
}

/** What goes wrong with a connection from now on. */
function troubles(socket) {
  const all = [];
  for (const event of ["disconnect", "connect_error", "error"]) socket.on(event, (why) => all.push(`${event}: ${why}`));
  socket.io.engine.on("upgradeError", (why) => all.push(`upgrade: ${why}`));
  return all;
}

for (const kind of ["nginx", "haproxy"]) {
  for (const servers of [2, 3]) {
    describe(`${kind} before ${servers} servers`, () => {
      const at = {};
      before(async () => {
        at.servers = await startServers(servers);
        at.balancer = await startBalancer(kind, at.servers.ports);
      });
      after(async () => {
        await at.balancer?.stop();
        await at.servers?.stop();
      });

      for (const generation of generations) {
        for (const way of [polling, upgrading]) {
          test(`client ${generation.name} over ${way.name}: ${count} messages each way, in order`, async (t) => {
            const socket = prepare(t, generation, at.balancer.url, way.options);
            await connected(socket, generation);
            const wrong = troubles(socket);
            const echoes = collect(socket, "echo");
            const sent = [];
            for (let i = 0; i < count; ++i) sent.push([i, i % 10 === 0 ? Buffer.from([i, 0, 255]) : `text ${i}`]);
            // Some of them go before the upgrade, and some behind it.
            for (const args of sent.slice(0, 30)) socket.emit("echo", ...args);
            await settled(socket, way);
            for (const args of sent.slice(30, 60)) {
              socket.emit("echo", ...args);
              await within(new Promise((resolve) => socket.emit("ack", 1, resolve)), "an acknowledgement");
            }
            for (const args of sent.slice(60)) socket.emit("echo", ...args);
            const got = await echoes.count(count);
            assert.deepEqual(
              got.map(([i, what]) => [i, typeof what === "string" ? what : Buffer.from(what)]),
              sent,
            );
            assert.equal(socket.io.engine.transport.name, way.final);
            assert.deepEqual(wrong, []);
          });
        }
      }

      test("a server that is killed costs no new client anything", async () => {
        const own = await startServers(servers);
        const balancer = await startBalancer(kind, own.ports);
        try {
          const handshake = () => ask(`${balancer.url}/socket.io/?EIO=4&transport=polling`);
          const sids = [];
          for (let i = 0; i < 4 * servers; ++i) sids.push(JSON.parse((await handshake()).text.slice(1)).sid);
          own.runs[0].child.kill("SIGKILL");
          await own.runs[0].exited;
          const of = (sid, ...how) => ask(`${balancer.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, ...how);
          const dead = [];
          for (const sid of sids) if ((await of(sid, "POST", "3")).status === 503) dead.push(sid);
          assert.ok(dead.length > 0);
          const got = [];
          for (let i = 0; i < 40; ++i) {
            await of(dead[i % dead.length]); // pages go on to ask for the sessions that have died
            got.push((await handshake()).status);
          }
          assert.deepEqual(got, Array(40).fill(200));
        } finally {
          await balancer.stop();
          await own.stop(own.runs[0]);
        }
      });

      test("30 clients at once, and the servers close while they are there", async (t) => {
        const generation = generations.at(-1);
        const sockets = Array.from({ length: 30 }, () => prepare(t, generation, at.balancer.url, polling.options));
        await Promise.all(sockets.map((socket) => connected(socket, generation)));
        const answers = await Promise.all(
          sockets.map((socket, i) => within(new Promise((done) => socket.emit("ack", i, done)), "an acknowledgement")),
        );
        assert.deepEqual(answers, sockets.map((_, i) => i));
        // Polls are held, and many of them at another server than that of their session: this must not keep a server up.
        await at.servers.stop();
        at.servers = undefined;
      });
    });
  }
}
