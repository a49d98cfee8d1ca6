// Servers of this library and of Node with the sharded adapter, in each of its modes.
"use strict";
const assert = require("node:assert/strict");
const { describe, test } = require("node:test");
const WebSocket = require("ws");
const { open } = require("../interop/support/clients");
const { calm, end, launch } = require("../interop/support/conformance");
const { control } = require("../interop/support/control");
const { collect, next, within } = require("../interop/support/wait");
const { startRedis } = require("./support/redis");
const { cluster, common, emit, kinds, noise, three, until } = require("./support/wires");

/** A client of Engine.IO 3 in /control: its id outside of the main namespace is `/control#…`. */
async function oldClient(t, app) {
  const socket = new WebSocket(app.url.replace("http", "ws") + "/socket.io/?EIO=3&transport=websocket");
  t.after(() => socket.terminate());
  const got = collect(socket, "message");
  const texts = () => got.all.map(([data]) => data.toString());
  await until("the handshake", async () => (await next(socket, "message"), texts().some((text) => text === "40")));
  socket.send("40/control,");
  await until("the namespace", async () => texts().some((text) => text.startsWith("40/control")) || (await next(socket, "message"), false));
  const { sid } = JSON.parse(texts()[0].slice(1));
  const heard = (text) => until(text, async () => texts().some((one) => one.includes(text)) || (await next(socket, "message"), false));
  return { id: `/control#${sid}`, heard };
}

function channelsOf(made) {
  return made.admin.sendCommand(["PUBSUB", "SHARDCHANNELS"]);
}

for (const mode of ["static", "dynamic", "private"]) {
  const kind = kinds[mode];
  describe(`${kind.name}:`, () => {
    const made = cluster(kind);
    common(kind, made);
    noise(kind, made);

    test("rooms have channels as the mode says, as long as they have members", async (t) => {
      const [a, b] = await three(t, made);
      const room = `socket.io#/control#${mode} room#`;
      await control(a, "join", [`${mode} room`]);
      await control(b, "join", [`${mode} room`]);
      const channels = await channelsOf(made); // join has waited for it
      assert.equal(channels.includes(room), mode !== "static");
      assert.equal(channels.includes(`socket.io#/control#${a.id}#`), mode === "private");
      await control(a, "leave", `${mode} room`);
      await control(b, "leave", `${mode} room`);
      await until("the end of the channel", async () => !(await channelsOf(made)).includes(room));
    });

    test("who has joined hears what is sent from then on", async (t) => {
      const [a, b] = await three(t, made);
      const got = collect(b, "now");
      for (let i = 0; i < 20; ++i) {
        await control(b, "join", [`${mode} ${i}`]);
        await emit(a, { to: `${mode} ${i}`, event: "now", args: [i] });
        await got.count(i + 1); // before it leaves
        await control(b, "leave", `${mode} ${i}`);
      }
      assert.deepEqual((await got.count(20)).map(([i]) => i), [...Array(20).keys()]);
    });

    test("a client of Engine.IO 3 is reached by its id from all servers", async (t) => {
      const [a] = await three(t, made);
      const old = await oldClient(t, made.apps[1]);
      if (mode !== "static") {
        await until("the channel of its id", async () => (await channelsOf(made)).includes(`socket.io#/control#${old.id}#`));
      }
      await emit(a, { to: old.id, event: "to the old", args: ["from a"] });
      await old.heard("from a");
      made.node.io.of("/control").to(old.id).emit("to the old", "from node");
      await old.heard("from node");
    });
  });
}

test("without Redis a server serves its own clients, and listens again to all channels when it is back", async (t) => {
  const redis = await startRedis();
  const runs = [1, 2].map(() => launch("--port", "0", ...calm, "--adapter", "sharded", "--broker", redis.url));
  t.after(async () => {
    for (const run of runs) assert.equal((await end(run)).code, 0);
  });
  const [a, b] = await Promise.all(runs.map(async (run) => open(t, { url: await run.listening }, "/control")));
  await until("the other server", async () => (await control(a, "clients", {}).catch(() => [])).length === 2);
  await control(b, "join", ["kept"]);
  const heard = collect(b, "news");
  await redis.stop();

  const own = next(a, "news");
  await emit(a, { event: "news", args: ["alone"] });
  assert.deepEqual(await own, ["alone"]);
  await within(control(b, "join", ["joined meanwhile"]), "a room without Redis");
  const asked = await until("a refusal", async () => control(a, "clients", {}).then(() => null, (error) => error));
  assert.match(asked.message, /other servers cannot be asked/);

  const again = await startRedis(redis.port);
  t.after(() => again.stop());
  await until("the other server, again", async () => (await control(a, "clients", {}).catch(() => [])).length === 2);
  await emit(a, { to: "kept", event: "news", args: ["together"] });
  await emit(a, { to: "joined meanwhile", event: "news", args: ["both"] });
  assert.deepEqual(await heard.count(2), [["together"], ["both"]]);
});
