// Namespaces: who gets in, what the refused are told, and several namespaces on one connection.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { Manager, connected, open, polling, prepare, settled, upgrading, ways, websocket } = require("./support/clients");
const { control } = require("./support/control");
const { next, within } = require("./support/wait");

const app = conformance();

/** A connected socket of `nsp`, and the first `event` that it got. */
async function openAndHear(t, nsp, event, way, options = {}) {
  const socket = prepare(t, app.url + nsp, { ...way.options, ...options });
  const heard = next(socket, event);
  await connected(socket);
  return [socket, await heard];
}

async function refusal(t, nsp, way, options = {}) {
  const socket = prepare(t, app.url + nsp, { ...way.options, ...options });
  const error = await connected(socket).then(
    () => assert.fail(`${nsp} let the client in`),
    (why) => why,
  );
  assert.equal(socket.connected, false);
  return error;
}

for (const way of ways) {
  test(`namespaces over ${way.name}`, async (t) => {
    for (const nsp of ["/", "/custom"]) {
      await t.test(`${nsp} tells the client its own auth`, async (t) => {
        const auth = { token: "123", deep: { list: [1, null, "é😀"] } };
        const [, heard] = await openAndHear(t, nsp, "auth", way, { auth });
        assert.deepEqual(heard, [auth]);
      });
      await t.test(`${nsp} sees an empty auth when there is none`, async (t) => {
        const [, heard] = await openAndHear(t, nsp, "auth", way);
        assert.deepEqual(heard, [{}]);
      });
    }
    await t.test("auth may be large", async (t) => {
      const auth = { blob: "z".repeat(500_000) };
      const [, [heard]] = await openAndHear(t, "/custom", "auth", way, { auth });
      assert.equal(heard.blob.length, 500_000);
    });

    for (const nsp of ["/dynamic-123", "/dynamic-0", "/dynamic-99999999999999999999"]) {
      // edge 207
      await t.test(`${nsp} comes into being when a client asks for it`, async (t) => {
        const [, heard] = await openAndHear(t, nsp, "nsp", way);
        assert.deepEqual(heard, [nsp]);
      });
    }
    for (const nsp of [
      "/nope",
      "/dynamic-",
      "/dynamic-12x",
      "/x/dynamic-1",
      "/Custom",
      "/custom/",
      "/with space",
      "/é😀",
    ]) {
      // edge 187, 208
      await t.test(`${nsp} is refused as an invalid namespace`, async (t) => {
        const error = await refusal(t, nsp, way);
        assert.equal(error.message, "Invalid namespace");
        assert.equal(error.data, undefined);
      });
    }

    await t.test("/auth lets in who knows the secret", async (t) => {
      const socket = await open(t, app, "/auth", way, { auth: { token: "secret" } });
      assert.equal(socket.connected, true);
    });
    for (const auth of [undefined, {}, { token: "wrong" }, { token: ["secret"] }, { token: null }]) {
      await t.test(`/auth refuses ${JSON.stringify(auth)}, with data`, async (t) => {
        const error = await refusal(t, "/auth", way, { auth });
        assert.equal(error.message, "not authorized");
        assert.deepEqual(error.data, { code: 401 });
      });
    }
  });
}

test("/token asks before it lets itself be made, and admits everybody afterwards", async (t) => {
  assert.equal((await refusal(t, "/token", polling)).message, "Invalid namespace");
  assert.equal((await refusal(t, "/token", websocket, { auth: { token: "wrong" } })).message, "Invalid namespace");
  await open(t, app, "/token", websocket, { auth: { token: "secret" } });
  await open(t, app, "/token", polling);
});

for (const way of ways) {
  test(`several namespaces on one connection over ${way.name}`, async (t) => {
    const manager = new Manager(app.url, { ...way.options, forceNew: true, reconnection: false, autoConnect: false });
    t.after(() => manager._close());
    const socketOf = (nsp, options = {}) => manager.socket(nsp, options);
    const main = socketOf("/", { auth: { who: "main" } });
    const custom = socketOf("/custom", { auth: { who: "custom" } });
    const dynamic = socketOf("/dynamic-7");
    const remote = socketOf("/control");
    const greetings = [next(main, "auth"), next(custom, "auth"), next(dynamic, "nsp")];
    await Promise.all([main, custom, dynamic, remote].map(connected));
    await settled(main, way);

    // edge 185, 221
    await t.test("each has its own auth and its own id", async () => {
      assert.deepEqual(await Promise.all(greetings), [[{ who: "main" }], [{ who: "custom" }], ["/dynamic-7"]]);
      const ids = new Set([main.id, custom.id, dynamic.id, remote.id]);
      assert.equal(ids.size, 4);
      assert.ok(!ids.has(manager.engine.id), "an id of a socket is not the secret id of the session");
    });
    await t.test("a refused one leaves the others alone", async () => {
      const nope = socketOf("/nope");
      const [error] = await Promise.all([next(nope, "connect_error").then(([why]) => why), nope.connect()]);
      assert.equal(error.message, "Invalid namespace");
      assert.equal(await main.emitWithAck("ack", 1), 1);
    });
    await t.test("who was refused may try again on the same connection", async () => {
      const auth = socketOf("/auth", { auth: { token: "wrong" } });
      await assert.rejects(connected(auth), /not authorized/);
      auth.auth = { token: "secret" };
      await connected(auth);
      assert.ok(main.connected);
    });
    await t.test("events stay in their namespace", async () => {
      const seen = [];
      custom.onAny((...args) => seen.push(args));
      dynamic.onAny((...args) => seen.push(args));
      await control(remote, "emit", { from: "namespace", nsp: "/", event: "for main", args: [1] });
      await control(remote, "emit", { from: "namespace", nsp: "/dynamic-7", event: "for dynamic", args: [2] });
      await within(main.emitWithAck("ack"), "the fence");
      assert.deepEqual(seen, [["for dynamic", 2]]);
    });
    // edge 194, 195
    await t.test("leaving one leaves the others, and it may be joined again", async () => {
      const before = custom.id;
      custom.disconnect();
      assert.equal(await main.emitWithAck("ack", 2), 2);
      const heard = next(custom, "auth");
      await connected(custom);
      assert.deepEqual(await heard, [{ who: "custom" }]);
      assert.notEqual(custom.id, before);
    });
    await t.test("the server may close one of them, or all", async () => {
      const left = next(dynamic, "disconnect");
      await control(remote, "disconnect-sockets", { nsp: "/dynamic-7", close: false });
      assert.deepEqual((await left)[0], "io server disconnect");
      assert.equal(await main.emitWithAck("ack", 3), 3);
      const gone = [main, custom].map((socket) => next(socket, "disconnect"));
      remote.emit("disconnect-self", true);
      for (const reasons of gone) assert.equal((await reasons)[0], "io server disconnect");
    });
  });
}

for (const way of [websocket, upgrading]) {
  // edge 189, 192
  test(`connect, disconnect, connect over ${way.name}: the connection and its other namespaces stay`, async (t) => {
    const manager = new Manager(app.url, { ...way.options, forceNew: true, reconnection: false, autoConnect: false });
    t.after(() => manager._close());
    const main = manager.socket("/");
    await settled(await connected(main), way);
    const lost = [];
    main.on("disconnect", (why) => lost.push(why));
    const custom = manager.socket("/custom");
    for (let round = 0; round < 50; ++round) {
      custom.connect(); // as an effect of React that is mounted twice
      custom.disconnect();
      const welcome = next(custom, "auth");
      await connected(custom);
      await welcome;
      assert.equal(await within(main.emitWithAck("ack", round), "the answer"), round);
      assert.ok(custom.connected);
      custom.disconnect();
    }
    assert.deepEqual(lost, []);
  });
}
