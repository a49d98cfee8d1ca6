// How connections end, what each side is told, and how clients come back.
"use strict";
const assert = require("node:assert/strict");
const { describe, test } = require("node:test");
const { calm, conformance, launch, end } = require("./support/conformance");
const { connected, open, prepare, settled, ways, websocket } = require("./support/clients");
const { control, logged } = require("./support/control");
const { next, within } = require("./support/wait");

describe("ends of a connection", () => {
  const app = conformance();

  for (const way of ways) {
    const ends = [
      [
        "the client leaves the namespace",
        (socket) => socket.disconnect(),
        "io client disconnect",
        "client namespace disconnect",
      ],
      [
        "the server disconnects the socket",
        (socket) => socket.emit("disconnect-self", false),
        "io server disconnect",
        "server namespace disconnect",
      ],
      [
        "the server closes the connection",
        (socket) => socket.emit("disconnect-self", true),
        "io server disconnect",
        "server namespace disconnect",
      ],
      [
        "the client closes the connection",
        (socket) => socket.io.engine.close(),
        "transport close",
        "transport close",
        "forced close",
      ],
    ];
    // Sockets of this client that are told in this way do not connect again by themselves: they are not active.
    test(`credentials that expire over ${way.name} send the client away, and it stays away`, async (t) => {
      const socket = await open(t, app, "/control", way, { reconnection: true, reconnectionDelay: 1 });
      const told = next(socket, "disconnect");
      socket.emit("expires-in", 50);
      assert.equal((await told)[0], "io server disconnect");
      assert.equal(socket.active, false);

      const late = prepare(t, app.url + "/auth", { ...way.options, auth: { token: "expired" }, reconnection: true });
      await assert.rejects(connected(late), /credentials expired/);
      assert.equal(late.active, false);
    });

    for (const [what, act, clientReason, serverReason, otherClientReason] of ends) {
      // edge 257, 259
      test(`${what} over ${way.name}: both sides are told why`, async (t) => {
        const watcher = await open(t, app, "/control", websocket);
        const socket = await open(t, app, "/control", way);
        const { id } = socket;
        await control(socket, "join", "room");
        const told = next(socket, "disconnect");
        act(socket);
        const [reason] = await told;
        assert.ok([clientReason, otherClientReason].includes(reason), reason);
        assert.deepEqual(await logged(watcher, id, "disconnecting"), [
          "disconnecting",
          serverReason,
          ["room", id].sort(),
        ]);
        assert.deepEqual(await logged(watcher, id, "disconnect"), ["disconnect", serverReason, []]);
      });
    }

    test(`a client comes back after the server closed its connection over ${way.name}`, async (t) => {
      const socket = prepare(t, app.url + "/control", {
        ...way.options,
        reconnection: true,
        reconnectionDelay: 1,
        reconnectionDelayMax: 10,
      });
      await settled(await connected(socket), way);
      const first = socket.id;
      await control(socket, "join", "gone after the reconnection");

      // No packet begins with 9: the server closes the session, and the client comes back by itself.
      const lost = next(socket, "disconnect");
      const back = next(socket, "connect");
      socket.io.engine.send("9");
      assert.equal((await lost)[0], "transport close");
      await back;
      await settled(socket, way);
      assert.notEqual(socket.id, first);
      assert.deepEqual(await control(socket, "rooms"), [socket.id]);

      const told = next(socket, "disconnect");
      const again = next(socket, "connect");
      socket.emit("disconnect-self", true);
      assert.equal((await told)[0], "io server disconnect");
      socket.connect(); // after `io server disconnect` the application has to ask for it
      await again;
      assert.deepEqual(await control(socket, "rooms"), [socket.id]);
    });
  }

  test("what a client emits while it is away arrives when it is back", async (t) => {
    const socket = prepare(t, app.url, { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 10 });
    await connected(socket);
    socket.io.engine.transport.onClose();
    const answers = Array.from({ length: 20 }, (_, i) => socket.emitWithAck("ack", i));
    assert.equal(socket.connected, false);
    assert.deepEqual(
      await within(Promise.all(answers), "20 answers"),
      Array.from({ length: 20 }, (_, i) => i),
    );
  });
});

describe("heartbeats", () => {
  const app = conformance("--ping-interval", "300", "--ping-timeout", "200");

  test("the handshake tells the intervals", async (t) => {
    const answer = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`);
    const { pingInterval, pingTimeout, maxPayload, upgrades } = JSON.parse((await answer.text()).slice(1));
    assert.deepEqual(
      { pingInterval, pingTimeout, maxPayload, upgrades },
      { pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000, upgrades: ["websocket"] },
    );
  });

  for (const way of ways) {
    // edge 122
    test(`pings keep a silent client alive over ${way.name}`, async (t) => {
      const socket = prepare(t, app.url, { ...way.options, reconnection: true, reconnectionDelay: 1 });
      await settled(await connected(socket), way);
      // A machine that stalls for longer than the ping timeout may lose the connection. Three pings of one session
      // are enough.
      let pings = 0;
      const enough = new Promise((resolve) => {
        socket.io.on("ping", () => ++pings === 3 && resolve());
        socket.on("disconnect", () => (pings = 0));
      });
      await within(enough, "three pings");
      assert.equal(socket.connected, true);
    });

    // edge 123
    test(`a client that stops answering pings over ${way.name} is dropped: ping timeout`, async (t) => {
      const calm = prepare(t, app.url + "/control", { ...websocket.options, reconnection: true, reconnectionDelay: 1 });
      await connected(calm);
      const socket = await open(t, app, "/control", way);
      const { id } = socket;
      const gone = next(socket, "disconnect");
      const { engine } = socket.io;
      const send = engine._sendPacket;
      engine._sendPacket = (type, ...rest) => type !== "pong" && send.call(engine, type, ...rest);
      assert.ok(["transport close", "ping timeout"].includes((await gone)[0]));
      assert.deepEqual(await within(untilLogged(calm, id), "the log entry"), ["disconnect", "ping timeout", []]);
    });
  }

  /** As `logged`, from a watcher whose own connection may be lost and made again. */
  async function untilLogged(watcher, id) {
    for (;;) {
      if (!watcher.connected) await next(watcher, "connect");
      const entries = await new Promise((resolve) => {
        watcher.emit("log", (error, all) => resolve(all));
        watcher.once("disconnect", () => resolve([]));
      });
      const found = entries.find((entry) => entry[0] === id && entry[1] === "disconnect");
      if (found) return found.slice(1);
    }
  }
});

describe("a client that joins nothing", () => {
  const app = conformance("--connect-timeout", "300");

  for (const way of ways.slice(0, 2)) {
    // edge 196
    test(`is shown out over ${way.name}`, async (t) => {
      const { Socket } = require("engine.io-client");
      const engine = new Socket(app.url, { path: "/socket.io/", ...way.options });
      t.after(() => engine.close());
      await next(engine, "close");
    });
  }
  test("while one that was refused may try again", async (t) => {
    const socket = prepare(t, app.url + "/auth", { auth: { token: "wrong" } });
    await assert.rejects(connected(socket), /not authorized/);
  });
});

describe("the end of the server", () => {
  for (const way of ways) {
    // edge 261
    test(`every client over ${way.name} is told, and finds the next server on the same port`, async (t) => {
      const first = launch("--port", "0", ...calm);
      const url = await first.listening;
      const socket = prepare(t, url + "/control", {
        ...way.options,
        reconnection: true,
        reconnectionDelay: 5,
        reconnectionDelayMax: 20,
      });
      await settled(await connected(socket), way);
      const told = next(socket, "disconnect");
      const { code } = await end(first);
      assert.equal(code, 0);
      assert.ok(["transport close", "transport error"].includes((await told)[0]));

      const back = next(socket, "connect");
      const second = launch("--port", new URL(url).port, ...calm);
      t.after(async () => assert.equal((await end(second)).code, 0));
      assert.equal(await second.listening, url);
      await back;
      assert.deepEqual(await control(socket, "rooms"), [socket.id]);
      socket.disconnect();
    });
  }
});
