// Three servers behind HAProxy, with clients and traffic, are restarted one after the other. Clients notice no more
// than that they connect again. A fourth server stays: its clients hear everything that was acknowledged, once.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { calm, launch, end } = require("../interop/support/conformance");
const { connected, open, prepare, ways } = require("../interop/support/clients");
const { control } = require("../interop/support/control");
const { collect, next, patience, within } = require("../interop/support/wait");
const { startProxy } = require("./support/haproxy");
const { freePort, startRedis } = require("./support/redis");

// How servers meet. With one that keeps sessions outside of the processes, clients come back as who they were.
const wires = [
  { name: "classic", flags: (redis) => ["--redis", redis.url], recovers: false },
  {
    name: "streams",
    flags: (redis) => ["--adapter", "streams", "--broker", redis.url, "--recovery", "60000"],
    recovers: true,
  },
];

const restarted = 3;
const clients_of_a_way = 4;

/** Ports that nobody has, one for each server: a server that comes back has its port again. */
async function ports(count) {
  const out = new Set();
  while (out.size < count) out.add(await freePort());
  return [...out];
}

/** A client that connects again by itself, and notes what happens to it. */
async function traveller(t, url, way) {
  const socket = prepare(t, url, {
    ...way.options,
    reconnection: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 200,
    withCredentials: true, // keeps the cookie of the proxy
  });
  const notes = { socket, way, reasons: [], errors: [], ids: [], lost: 0, news: collect(socket, "news") };
  socket.on("connect", () => {
    notes.ids.push(socket.id);
    if (notes.ids.length > 1 && !socket.recovered) notes.lost += 1;
  });
  socket.on("disconnect", (reason) => notes.reasons.push(reason));
  socket.on("connect_error", (error) => notes.errors.push(error.message));
  await connected(socket);
  return notes;
}

/** Says numbered news until it is told to stop. `said` has those that the server has acknowledged. */
function talk(notes, name) {
  const said = [];
  let is_over = false;
  const talking = (async () => {
    for (let n = 0; !is_over; n += 1) {
      if (!notes.socket.connected) await within(next(notes.socket, "connect"), "the connection, again");
      const word = `${name}:${n}`;
      const asked = notes.socket.timeout(patience).emitWithAck("emit", { from: "namespace", event: "news", args: [word] });
      const sent = await asked.then(
        (refusal) => refusal === null,
        () => false, // its connection ended first: nobody knows whether it was heard
      );
      if (sent) said.push(word);
    }
  })();
  const stop = async () => {
    is_over = true;
    await talking;
    return said;
  };
  return { stop };
}

test("each server is restarted in turn, and clients only connect again", async (whole) => {
  for (const wire of wires) await whole.test(wire.name, restartEach(wire));
});

function restartEach(wire) {
  return async (t) => {
    const redis = await startRedis();
    t.after(() => redis.stop());
    const places = await ports(restarted + 1);
    const start = (port) => launch("--port", String(port), ...calm, "--spread", "400", ...wire.flags(redis));
    const runs = places.map(start);
    t.after(() => Promise.all(runs.map((run) => end(run))));
    const urls = await Promise.all(runs.map((run) => run.listening));
    const proxy = await startProxy(places.slice(0, restarted));
    t.after(() => proxy.stop());

    const staying = await Promise.all(ways.map((way) => open(t, { url: urls[restarted] }, "/control", way)));
    const heard = staying.map((socket) => collect(socket, "news"));
    const all = [];
    for (const way of ways)
      for (let i = 0; i < clients_of_a_way; i += 1) all.push(await traveller(t, `${proxy.url}/control`, way));
    const together = (async () => {
      while ((await control(staying[0], "clients", {})).length !== all.length + staying.length);
    })();
    await within(together, "all clients in one cluster");
    const talks = all.map((notes, i) => talk(notes, i));

    for (let i = 0; i < restarted; i += 1) {
      const { code, signal } = await end(runs[i]);
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, runs[i].stderr);
      runs[i] = start(places[i]);
      await runs[i].listening;
    }
    const words = (await Promise.all(talks.map((each) => each.stop()))).flat();
    await within(Promise.all(all.map(({ socket }) => socket.connected || next(socket, "connect"))), "all connections");

    assert.ok(words.length > all.length, `only ${words.length} words were said`);
    assert.ok(all.some(({ reasons }) => reasons.length > 0), "nobody was moved");
    for (const { reasons, errors, way } of all) {
      assert.deepEqual(errors, [], `${way.name}: connect_error`);
      for (const reason of reasons) assert.match(reason, /^transport (close|error)$/, way.name);
      assert.ok(reasons.length <= restarted, `${way.name}: moved ${reasons.length} times`);
    }
    // A word behind all others, on the same way: whoever has heard it has heard what came before.
    const last = next(all[0].socket, "news", (word) => word === "the last word");
    const ends = staying.map((socket) => next(socket, "news", (word) => word === "the last word"));
    await within(
      (async () => {
        while (!(await control(staying[0], "emit", { from: "namespace", event: "news", args: ["the last word"] })));
      })(),
      "the last word",
    );
    await Promise.all([...ends, last]);
    const receivers = [...heard, ...(wire.recovers ? all.map(({ news }) => news) : [])];
    for (const { all: news } of receivers) {
      const got = news.map(([word]) => word).filter((word) => word !== "the last word");
      assert.equal(new Set(got).size, got.length, "a word was heard twice");
      const missing = words.filter((word) => !got.includes(word));
      assert.deepEqual(missing, [], "words that were acknowledged, and not heard");
    }
    for (const { ids, lost } of all) if (wire.recovers) assert.deepEqual([new Set(ids).size, lost], [1, 0]);
  };
}
