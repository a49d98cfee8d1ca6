// One room with clients of every generation on every transport: a broadcast reaches each of them, once, as it was sent.
"use strict";
const assert = require("node:assert/strict");
const { before, describe, test } = require("node:test");
const { conformance } = require("./support/conformance");
const { ask, everyClient, open } = require("./support/generations");
const { control } = require("./support/control");
const { collect } = require("./support/wait");

const app = conformance();
const clients = []; // {name, socket, got}
const values = {
  text: ["hello", 1, null, { a: ["é😀\u2028"] }],
  "no argument": [],
  binary: [{ deep: [Buffer.from([0, 1, 4, 30, 255])] }, "between", Buffer.alloc(0)],
  "100 KB of text and of bytes": ["€".repeat(33_000), Buffer.alloc(100_000, 7)],
};

describe("all generations together", () => {
  before(async () => {
    const stays = { after: () => {} }; // they go when the app does
    await Promise.all(
      everyClient.map(async ([generation, way], i) => {
        const socket = await open(stays, generation, way, app, "/control");
        const client = { name: `${generation.name} over ${way.name}`, generation, socket, got: [] };
        await control(socket, "join", ["all", i % 2 === 0 ? "even" : "odd"]);
        socket.on("news", (...args) => client.got.push(args));
        clients[i] = client;
      }),
    );
  });

  /** What everybody has got by the time that all of them have been answered something else. */
  async function received() {
    await Promise.all(clients.map(({ socket }) => control(socket, "rooms")));
    return clients.map((client) => client.got.splice(0));
  }

  for (const [name, args] of Object.entries(values)) {
    test(`everybody receives ${name}, whoever sends`, async () => {
      for (const { name: who, socket } of clients) {
        assert.equal(await control(socket, "emit", { from: "namespace", to: "all", event: "news", args }), true);
        const got = await received();
        got.forEach((events, i) => assert.deepEqual(events, [args], `${who} -> ${clients[i].name}`));
      }
    });
  }

  test("a sender that addresses the others is left out, of whatever generation it is", async () => {
    for (const [sender, { socket }] of clients.entries()) {
      const args = [sender, Buffer.from([sender])];
      await control(socket, "emit", { from: "socket", to: "even", event: "news", args });
      (await received()).forEach((events, i) =>
        assert.deepEqual(events, i % 2 === 0 && i !== sender ? [args] : [], clients[i].name),
      );
    }
  });

  // edge 215
  test("ids of sockets name them, also those of the old generation", async () => {
    const [{ socket: first }] = clients;
    for (const [i, { socket }] of clients.entries()) {
      await control(first, "emit", { from: "namespace", to: socket.id, event: "news", args: ["you"] });
      await control(first, "emit", { from: "namespace", except: socket.id, event: "news", args: ["not you"] });
      (await received()).forEach((events, j) =>
        assert.deepEqual(events, i === j ? [["you"]] : [["not you"]], clients[j].name),
      );
    }
  });

  test("everybody answers a broadcast that asks, with text and bytes", async () => {
    const data = Buffer.from([1, 2, 3]);
    const answerOf = (i) => (i % 2 === 0 ? { i, data } : { i, text: "é😀" }); // today's client takes ten attachments, not twelve
    clients.forEach(({ socket }, i) => socket.on("who", (_, answer) => answer(answerOf(i))));
    const { error, responses } = await control(clients[0].socket, "emit-ack", {
      from: "namespace",
      to: "all",
      timeout: 30_000,
      event: "who",
      args: [data],
    });
    assert.equal(error, null);
    assert.deepEqual(
      responses.sort((a, b) => a.i - b.i),
      clients.map((_, i) => answerOf(i)),
    );
  });

  test("broadcasts of four senders arrive in the order of each, at everybody", async () => {
    const all = clients.map(({ socket }) => collect(socket, "numbered"));
    const senders = clients.filter((_, i) => i % 3 === 1).map(({ socket }) => socket);
    const sent = senders.map(async (socket, sender) => {
      for (let i = 0; i < 50; i++) {
        const args = [sender, i, i % 5 === 0 ? Buffer.alloc(i, i) : "x".repeat(i)];
        await control(socket, "emit", { from: "namespace", to: "all", event: "numbered", args });
      }
    });
    await Promise.all(sent);
    for (const got of all) {
      const events = await got.count(50 * senders.length);
      senders.forEach((_, sender) =>
        assert.deepEqual(
          events.filter(([who]) => who === sender).map(([, i]) => i),
          Array.from({ length: 50 }, (_, i) => i),
        ),
      );
    }
  });

  test("who leaves hears no more of it; the others do", async () => {
    for (const { socket } of clients.slice(0, 3)) await control(socket, "leave", "all");
    await control(clients[0].socket, "emit", { from: "namespace", to: "all", event: "news", args: ["rest"] });
    (await received()).forEach((events, i) => assert.deepEqual(events, i < 3 ? [] : [["rest"]], clients[i].name));
  });

  test("clients of all generations count the same way, and leave nothing behind", async () => {
    const watcher = clients.at(-1).socket;
    const ids = clients.map(({ socket }) => socket.id).sort();
    assert.deepEqual(await control(watcher, "clients", {}), ids);
    for (const { socket } of clients.slice(0, -1)) socket.disconnect();
    let left = ids;
    while (left.length > 1) left = await control(watcher, "clients", {});
    assert.deepEqual(left, [watcher.id]);
    assert.equal((await control(watcher, "stats")).sockets["/control"], 1);
    assert.deepEqual(await ask(watcher, "rooms"), [null, ["all", "odd", watcher.id].sort()]);
  });
});
