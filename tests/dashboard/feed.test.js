// The feed, as a plain client of Socket.IO sees it: every event and every command of the protocol.
"use strict";
const assert = require("node:assert/strict");
const { suite, test } = require("node:test");
const { io } = require("socket.io-client");
const { collect, next } = require("../interop/support/wait");
const { client, dashboard, hash, watch } = require("./support/dashboard");

const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A page that has its list of sockets. */
async function page(t, app, options = {}) {
  const socket = io(`${app.url}/admin`, { forceNew: true, transports: ["websocket"], reconnection: false, ...options });
  t.after(() => socket.close());
  const config = next(socket, "config");
  const list = next(socket, "all_sockets");
  socket.config = (await config)[0];
  socket.list = (await list)[0];
  return socket;
}

suite("development", () => {
  const app = dashboard();

  test("config, and the list of all sockets", async (t) => {
    const user = await client(t, app, "/", { auth: { token: "secret" }, query: { kind: "test" } });
    const admin = await page(t, app);
    assert.deepEqual(admin.config, {
      supportedFeatures: [
        "EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS", "ALL_EVENTS",
      ],
    });
    const mine = admin.list.find(({ id }) => id === user.id);
    assert.deepEqual(Object.keys(mine).sort(), ["clientId", "data", "handshake", "id", "nsp", "rooms", "transport"]);
    assert.equal(mine.clientId.length, 12);
    assert.equal(mine.clientId, user.io.engine.id.slice(0, 12));
    assert.deepEqual([mine.nsp, mine.transport, mine.data, mine.rooms], ["/", "websocket", {}, [user.id]]);
    assert.deepEqual(
      Object.keys(mine.handshake).sort(),
      ["address", "headers", "issued", "query", "secure", "time", "url", "xdomain"],
    );
    assert.equal(mine.handshake.query.kind, "test");
    assert.ok(!JSON.stringify(admin.list).includes("secret"));
    assert.ok(admin.list.some(({ id, nsp }) => id === admin.id && nsp === "/admin"));
  });

  test("a socket from its beginning to its end", async (t) => {
    const admin = await page(t, app);
    const names = ["socket_connected", "socket_disconnected", "room_joined", "room_left", "event_received", "event_sent"];
    const told = watch(admin);
    const user = await client(t, app);
    const id = user.id;
    await told.until("socket_connected", (socket) => socket.id === id);
    const said = next(user, "said");
    await user.emitWithAck("join", "garden");
    user.emit("say", "garden", "hello");
    await said;
    await user.emitWithAck("call me", "ann");
    await told.until("socket_updated", (update) => update.id === id);
    await told.until("event_received", (nsp, who, [name]) => who === id && name === "call me");
    user.close();
    await told.until("room_left", (nsp, room) => room === "garden");
    await told.until("room_left", (nsp, room) => room === id);

    const mine = told.all.filter(([, ...args]) => args.some((arg) => arg === id || arg?.id === id));
    const of = (name) => mine.filter(([one]) => one === name).map(([, ...args]) => args);
    for (const name of names) for (const args of of(name)) assert.match(args.at(-1), isDate, name);
    assert.deepEqual(of("room_joined").map((args) => args.slice(0, 3)), [["/", id, id], ["/", "garden", id]]);
    assert.equal(of("socket_connected").length, 1);
    assert.deepEqual(of("socket_updated"), [[{ id, nsp: "/", data: { name: "ann" } }]]);
    assert.deepEqual(of("event_received").map((args) => args[2]), [["join", "garden"], ["say", "garden", "hello"], ["call me", "ann"]]);
    assert.deepEqual(of("event_sent").map((args) => args[2]), [["said", "hello"]]);
    assert.deepEqual(of("socket_disconnected").map((args) => args.slice(0, 3)), [["/", id, "client namespace disconnect"]]);
    assert.deepEqual(of("room_left").map((args) => args.slice(0, 3)).sort(), [["/", "garden", id], ["/", id, id]].sort());
    const order = mine.map(([name]) => name);
    assert.ok(order.indexOf("room_joined") < order.indexOf("socket_connected"));
    assert.ok(order.indexOf("socket_disconnected") < order.indexOf("room_left"));
  });

  test("an upgrade", async (t) => {
    const admin = await page(t, app);
    const told = watch(admin);
    const user = io(app.url, { forceNew: true, transports: ["polling"], reconnection: false });
    t.after(() => user.close());
    await next(user, "connect");
    const [socket] = await told.until("socket_connected", ({ id }) => id === user.id);
    assert.equal(socket.transport, "polling");
    user.close();
    const moving = await client(t, app, "/", { transports: ["polling", "websocket"] });
    const isMoved = ({ id, transport }) => id === moving.id && transport === "websocket";
    await Promise.race([told.until("socket_updated", isMoved), told.until("socket_connected", isMoved)]);
  });

  test("numbers every two seconds", async (t) => {
    const admin = await page(t, app);
    await client(t, app);
    const [stats] = await next(admin, "server_stats", ({ aggregatedEvents }) => aggregatedEvents.length > 0);
    for (const name of ["serverId", "hostname"]) assert.equal(typeof stats[name], "string", name);
    for (const name of ["pid", "uptime", "clientsCount", "pollingClientsCount"])
      assert.equal(typeof stats[name], "number", name);
    assert.ok(stats.namespaces.some(({ name, socketsCount }) => name === "/admin" && socketsCount === 1));
    for (const { timestamp, type, count } of stats.aggregatedEvents) {
      assert.equal(timestamp % 1000, 0);
      assert.equal(typeof type, "string");
      assert.ok(count > 0);
    }
    const [later] = await next(admin, "server_stats");
    assert.ok(later.uptime > stats.uptime);
  });

  test("every command", async (t) => {
    const admin = await page(t, app);
    const told = watch(admin);
    const [a, b, c] = await Promise.all([client(t, app), client(t, app), client(t, app)]);
    const moves = (name, room) => told.all.filter(([one, , in_]) => one === name && in_ === room).map(([, , , id]) => id);
    admin.emit("join", "/", "r1", a.id);
    admin.emit("join", "/", "r2");
    for (const { id } of [a, b, c]) {
      const socket = ([one, nsp, room, who]) => one === "room_joined" && room === "r2" && who === id;
      if (told.all.some(socket)) continue;
      const isIn = ({ id: who, rooms }) => who === id && rooms.includes("r2");
      await Promise.race([
        told.until("room_joined", (nsp, room, who) => room === "r2" && who === id),
        told.until("socket_connected", isIn),
      ]);
    }
    assert.ok(!moves("room_joined", "r1").includes(b.id));

    const news = Promise.all([next(a, "news"), next(b, "news"), next(c, "news")]);
    admin.emit("emit", "/", "r2", "news", 1, { two: [3] });
    for (const args of await news) assert.deepEqual(args, [1, { two: [3] }]);
    const all = Promise.all([next(a, "all"), next(b, "all"), next(c, "all")]);
    admin.emit("emit", "/", "", "all");
    await all;

    admin.emit("leave", "/", "r2", a.id);
    await told.until("room_left", (nsp, room, id) => room === "r2" && id === a.id);
    assert.ok(!moves("room_left", "r2").includes(b.id));
    admin.emit("leave", "/", "r2");
    for (const { id } of [b, c]) await told.until("room_left", (nsp, room, who) => room === "r2" && who === id);

    const gone = next(a, "disconnect");
    admin.emit("_disconnect", "/", false, a.id);
    assert.deepEqual((await gone)[0], "io server disconnect");
    assert.ok(b.connected);
    const closed = next(b.io.engine, "close");
    admin.emit("_disconnect", "/", true, b.id);
    await closed;
    assert.ok(c.connected);
    const last = next(c, "disconnect");
    admin.emit("_disconnect", "/", false);
    await last;
  });

  test("what cannot be read, and a namespace that there is not, are put aside", async (t) => {
    const admin = await page(t, app);
    const told = watch(admin);
    const user = await client(t, app);
    await told.until("socket_connected", ({ id }) => id === user.id);
    for (const filter of [0, false, {}, ["x"], 7]) {
      admin.emit("_disconnect", "/", false, filter);
      admin.emit("join", "/", "bad", filter);
    }
    admin.emit("join", "/", 7);
    admin.emit("join", "/no-such-namespace", "bad");
    admin.emit("join", "/", "good", user.id);
    await told.until("room_joined", (nsp, room) => room === "good");
    assert.ok(user.connected);
    assert.ok(!told.all.some(([name, , room]) => name === "room_joined" && room === "bad"));
    const [stats] = await told.until("server_stats");
    assert.ok(!stats.namespaces.some(({ name }) => name === "/no-such-namespace"));
    const again = await page(t, app);
    assert.deepEqual([...again.list.find(({ id }) => id === user.id).rooms].sort(), [user.id, "good"].sort());
  });
});

suite("production, read-only, with a password", () => {
  const app = dashboard({ ADMIN_PASSWORD_HASH: hash, ADMIN_MODE: "production", ADMIN_READONLY: "yes", ADMIN_SWITCH: "yes" });
  const open = (t, auth) => {
    const socket = io(`${app.url}/admin`, { forceNew: true, transports: ["websocket"], reconnection: false, auth });
    t.after(() => socket.close());
    return socket;
  };
  const refusal = async (t, auth) => (await next(open(t, auth), "connect_error"))[0].message;

  test("only the right name and password are let in, and then their session", async (t) => {
    for (const auth of [{}, { username: "admin" }, { username: "admin", password: "wrong" }, { sessionId: "0123456789abcdef" }])
      assert.equal(await refusal(t, auth), "invalid credentials");
    const first = open(t, { username: "admin", password: "changeit" });
    const [[id]] = await Promise.all([next(first, "session"), next(first, "connect")]);
    assert.match(id, /^[0-9a-f]{16}$/);
    const second = open(t, { sessionId: id });
    const sessions = collect(second, "session");
    const config = next(second, "config");
    await next(second, "connect");
    assert.deepEqual((await config)[0], { supportedFeatures: ["AGGREGATED_EVENTS"] });
    assert.equal(sessions.all.length, 0);
  });

  test("nothing but numbers comes, commands do nothing, and it can be turned off and on", async (t) => {
    const admin = open(t, { username: "admin", password: "changeit" });
    const told = watch(admin);
    await next(admin, "connect");
    const user = await client(t, app);
    admin.emit("_disconnect", "/", true);
    await told.until("server_stats");
    await user.emitWithAck("join", "still here");
    const names = new Set(told.all.map(([name]) => name));
    for (const name of ["config", "session", "server_stats", "server_details"]) names.delete(name);
    assert.deepEqual([...names], []);

    const gone = next(admin, "disconnect");
    assert.equal((await fetch(`${app.url}/dashboard/off`, { method: "POST" })).status, 204);
    await gone;
    assert.equal(await refusal(t, { username: "admin", password: "changeit" }), "the dashboard is off");
    assert.ok(user.connected);
    assert.equal((await fetch(`${app.url}/dashboard/on`, { method: "POST" })).status, 204);
    await next(open(t, { username: "admin", password: "changeit" }), "connect");
  });
});
