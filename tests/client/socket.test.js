// The client against Socket.IO servers of Node, by the command `cosio connect`.
"use strict";
const assert = require("node:assert/strict");
const http = require("node:http");
const { describe, test } = require("node:test");
const { connect, run } = require("./support/command");

const versions = { 5: require("socket.io"), 4: require("socket.io-2") };

// A server of a protocol. @return its parts, and the URL.
async function serve(t, { protocol = 5, ...settings } = {}) {
  const server = http.createServer();
  const io = protocol === 5 ? new versions[5].Server(server, settings) : versions[4](server, settings);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => io.close());
  return { io, url: `http://127.0.0.1:${server.address().port}` };
}

describe("servers of Node", () => {
  for (const protocol of [5, 4])
    for (const transport of ["polling", "websocket"]) {
      const how = ["--protocol", String(protocol), "--transport", transport];
      test(`events and acknowledgements, protocol ${protocol}, ${transport}`, async (t) => {
        const { io, url } = await serve(t, { protocol });
        io.on("connection", (socket) => {
          socket.on("add", (a, b, answer) => answer(a + b, { text: "ü😀" }));
          socket.on("say", (text) => socket.emit("said", text, [null, 1.5, { deep: true }]));
        });
        const { code, events, said } = await run(t, url, ...how, "--ack", '["add",1,2]', "--emit", '["say","hello"]', "--count", "1");
        assert.equal(code, 0, said);
        assert.deepEqual(events, [
          { type: "ack", event: "add", args: [3, { text: "ü😀" }] },
          { type: "event", event: "said", args: ["hello", [null, 1.5, { deep: true }]] },
        ]);
      });

      test(`binary, protocol ${protocol}, ${transport}`, async (t) => {
        const { io, url } = await serve(t, { protocol });
        io.on("connection", (socket) => socket.emit("picture", { bytes: Buffer.from("00ff04", "hex") }));
        const { code, events, said } = await run(t, url, ...how, "--count", "1");
        assert.equal(code, 0, said);
        assert.equal(events[0].event, "picture");
        assert.equal(events[0].attachments, 1);
      });

      test(`a namespace of the URL, protocol ${protocol}, ${transport}`, async (t) => {
        const { io, url } = await serve(t, { protocol });
        io.of("/chat").on("connection", (socket) => socket.emit("you are in", socket.nsp.name));
        const { code, events, said } = await run(t, `${url}/chat`, ...how, "--count", "1");
        assert.equal(code, 0, said);
        assert.deepEqual(events, [{ type: "event", event: "you are in", args: ["/chat"] }]);
      });

      test(`a namespace that is not there, protocol ${protocol}, ${transport}`, async (t) => {
        const { url } = await serve(t, { protocol });
        const { code, said } = await run(t, url, ...how, "--namespace", "/nowhere");
        assert.equal(code, 4, said);
        assert.match(said, /Invalid namespace/);
      });
    }

  test("events that come before the last answer are counted, and so is the end", async (t) => {
    const { io, url } = await serve(t);
    io.on("connection", (socket) => {
      socket.emit("early", 1);
      socket.on("slow", (answer) => setTimeout(answer, 200));
      socket.on("leave me", (answer) => {
        answer();
        setTimeout(() => socket.disconnect(), 20);
      });
    });
    const counted = await run(t, url, "--ack", "slow", "--count", "1");
    assert.equal(counted.code, 0, counted.said);
    assert.deepEqual(counted.events.map(({ event }) => event), ["early", "slow"]);
    const left = await run(t, url, "--ack", "leave me", "--ack", "slow", "--listen", "--timeout", "1000");
    assert.equal(left.code, 6, left.said);
    assert.match(left.said, /io server disconnect/);
  });

  test("auth, and the refusal of a middleware with its data", async (t) => {
    const { io, url } = await serve(t);
    io.use((socket, next) => {
      if (socket.handshake.auth.token === "abc") return next();
      next(Object.assign(new Error("not you"), { data: { why: 7 } }));
    });
    const refused = await run(t, url);
    assert.equal(refused.code, 4);
    assert.match(refused.said, /refused: not you \{"why":7\}/);
    const taken = await run(t, url, "--auth", '{"token":"abc"}', "--time", "1");
    assert.equal(taken.code, 0, taken.said);
  });

  test("headers and parameters reach the server", async (t) => {
    const { io, url } = await serve(t);
    io.on("connection", (socket) => {
      socket.emit("seen", socket.handshake.headers["x-test"], socket.handshake.query.room);
    });
    const { events } = await run(t, url, "--header", "x-test: 1", "--query", "room=a b&c", "--count", "1");
    assert.deepEqual(events[0].args, ["1", "a b&c"]);
  });

  test("an acknowledgement that does not come, and a server that disconnects or is not there", async (t) => {
    const { io, url } = await serve(t);
    io.on("connection", (socket) => socket.on("leave me", () => socket.disconnect()));
    const unanswered = await run(t, url, "--ack", "nothing", "--timeout", "300");
    assert.equal(unanswered.code, 5, unanswered.said);
    const disconnected = await run(t, url, "--emit", "leave me", "--listen");
    assert.equal(disconnected.code, 6, disconnected.said);
    assert.match(disconnected.said, /io server disconnect/);
    const unreachable = await run(t, "http://127.0.0.1:1");
    assert.equal(unreachable.code, 3, unreachable.said);
  });

  test("the trace says what happens", async (t) => {
    const { io, url } = await serve(t);
    io.on("connection", (socket) => socket.on("a", (answer) => answer()));
    const { said } = await run(t, url, "--trace", "--ack", "a");
    const steps = said.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) => type !== "ping");
    assert.deepEqual(steps.slice(0, 6).map(({ type }) => type), ["open", "sent", "received", "connect", "sent", "received"]);
    assert.deepEqual([1, 4, 5].map((at) => steps[at].detail), ["0", '20["a"]', "30[]"]);
    assert.match(steps[2].detail, /^0\{"sid":"/);
  });

  test("a signal ends it in order", async (t) => {
    const { io, url } = await serve(t);
    const joined = new Promise((resolve) => io.on("connection", resolve));
    const command = connect(t, url, "--listen");
    const socket = await joined;
    const left = new Promise((resolve) => socket.on("disconnect", resolve));
    command.child.kill("SIGINT");
    assert.equal((await command.ended).code, 0);
    await left;
  });
});

test("wrong arguments", async (t) => {
  assert.equal((await run(t, "http://127.0.0.1:1", "--emit", "[1]")).code, 2);
  assert.equal((await run(t, "http://127.0.0.1:1", "--auth", "no json")).code, 2);
  assert.equal((await run(t, "http://127.0.0.1:1", "--nonsense")).code, 2);
});
