// Acknowledgements in both directions, of one receiver and of many, in time, late and never.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { conformance } = require("./support/conformance");
const { open, ways, websocket } = require("./support/clients");
const { control, refused } = require("./support/control");
const { next, within } = require("./support/wait");

const app = conformance();
const binary = Buffer.from([0, 1, 2, 250, 251]);

const ask = (socket, ...args) =>
  within(new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer))), `the answer to ${args[0]}`);

for (const way of ways) {
  test(`a client's question over ${way.name}`, async (t) => {
    const socket = await open(t, app, "/", way);
    for (const args of [
      [],
      [null],
      [1, "two", { three: [true] }],
      [binary],
      ["deep", { a: [binary, { b: binary }] }],
    ]) {
      await t.test(`is answered with the same ${args.length} arguments`, async () =>
        assert.deepEqual(await ask(socket, "message-with-ack", ...args), args),
      );
    }
    await t.test("finds its own answer among 500 others", async () => {
      const numbers = Array.from({ length: 500 }, (_, i) => i);
      assert.deepEqual(
        await Promise.all(numbers.map((i) => ask(socket, "ack", i))),
        numbers.map((i) => [i]),
      );
    });
    await t.test("may carry 900 KB", async () => {
      const [answer] = await ask(socket, "ack", "y".repeat(900_000));
      assert.equal(answer.length, 900_000);
    });
    await t.test("that nobody handles ends with the client's own timeout", async () => {
      await assert.rejects(socket.timeout(50).emitWithAck("nobody handles this"), /timed out/);
      assert.deepEqual(await ask(socket, "ack", "still here"), ["still here"]);
    });
  });

  test(`a server's question over ${way.name}`, async (t) => {
    const socket = await open(t, app, "/control", way);
    socket.on("same", (...args) => args.pop()(...args));
    socket.on("nothing", (answer) => answer());
    socket.on("twice", (answer) => (answer("first"), answer("second")));
    socket.on("silence", () => {});

    const question = (event, args = [], timeout = undefined) => control(socket, "self-ack", { event, args, timeout });
    for (const args of [[], [1, "two", null], [{ a: [binary] }, binary]]) {
      await t.test(`is answered with the same ${args.length} arguments`, async () =>
        assert.deepEqual(await question("same", args), args),
      );
    }
    await t.test("may be answered with nothing", async () => assert.deepEqual(await question("nothing"), []));
    // edge 227
    await t.test("takes the first answer", async () => assert.deepEqual(await question("twice"), ["first"]));
    // edge 228
    await t.test("ends when the time is over", () => assert.rejects(question("silence", [], 20), /timed out/));
    // edge 229
    await t.test("is answered in time when there is a timeout", async () =>
      assert.deepEqual(await question("same", ["in time"], 30_000), ["in time"]),
    );
    await t.test("goes on while other questions wait", async () => {
      const answers = {};
      socket.on("later", (name, answer) => {
        answers[name] = answer;
        if (name === "second") answer("two");
      });
      const first = question("later", ["first"]);
      assert.deepEqual(await question("later", ["second"]), ["two"]);
      answers.first("one");
      assert.deepEqual(await first, ["one"]);
    });
  });
}

test("a broadcast with acknowledgements", async (t) => {
  const sockets = [];
  for (const way of ways) sockets.push(await open(t, app, "/control", way));
  const [first, second, third] = sockets;
  const ids = sockets.map((socket) => socket.id);
  sockets.forEach((socket, i) => {
    socket.on("who", (...args) => args.pop()(`I am ${i}`, "not this"));
    socket.on("bytes", (data, answer) => answer(Buffer.concat([data, Buffer.from([i])])));
    socket.on("not me", (...args) => i !== 1 && args.pop()(i));
  });
  const everybody = ["I am 0", "I am 1", "I am 2"];
  const askAll = (what) =>
    control(first, "emit-ack", { from: "namespace", timeout: 30_000, event: "who", args: [], ...what });

  await t.test("collects the first argument of everybody's answer", async () => {
    const { error, responses } = await askAll({});
    assert.equal(error, null);
    assert.deepEqual(responses.sort(), everybody);
  });
  await t.test("from a socket asks everybody else", async () => {
    const { error, responses } = await askAll({ from: "socket", broadcast: true });
    assert.equal(error, null);
    assert.deepEqual(responses.sort(), ["I am 1", "I am 2"]);
  });
  await t.test("to rooms asks the members of the rooms, each once", async () => {
    const { error, responses } = await askAll({ to: [ids[0], ids[2], ids[2]] });
    assert.equal(error, null);
    assert.deepEqual(responses.sort(), ["I am 0", "I am 2"]);
  });
  await t.test("with exceptions leaves them out", async () => {
    assert.deepEqual(await askAll({ except: [ids[0], ids[1]] }), { error: null, responses: ["I am 2"] });
  });
  await t.test("carries binary both ways", async () => {
    const { responses } = await askAll({ event: "bytes", args: [binary] });
    assert.deepEqual(
      responses.sort(Buffer.compare),
      [0, 1, 2].map((i) => Buffer.concat([binary, Buffer.from([i])])),
    );
  });
  // edge 231
  await t.test("to nobody is answered at once", async () => {
    assert.deepEqual(await askAll({ to: "an empty room" }), { error: null, responses: [] });
  });
  // edge 230
  await t.test("tells who answered in time when somebody did not", async () => {
    const { error, responses } = await askAll({ event: "not me", timeout: 2_000 });
    assert.equal(error, "operation has timed out");
    assert.deepEqual(responses.sort(), [0, 2]);
  });
  await t.test("without a timeout is refused", () =>
    refused(first, "emit-ack", { from: "namespace", event: "who", args: [] }),
  );
  assert.ok(second.connected && third.connected);
});

for (const way of ways) {
  test(`a client that leaves over ${way.name} while questions wait for it disturbs nobody`, async (t) => {
    const watcher = await open(t, app, "/control", websocket);
    const leaver = await open(t, app, "/control", way);
    const asked = next(leaver, "never answered");
    const alone = next(leaver, "alone");
    leaver.emit("self-ack", { event: "alone", args: [] }, () => {});
    await alone;
    const all = control(watcher, "emit-ack", {
      from: "socket",
      to: leaver.id,
      timeout: 1_000,
      event: "never answered",
      args: [],
    });
    await asked;
    leaver.disconnect();
    const { responses } = await all;
    assert.deepEqual(responses, []);
    assert.ok((await control(watcher, "clients", {})).includes(watcher.id));
  });
}

test("a client's questions end when the server disconnects it", async (t) => {
  const socket = await open(t, app, "/control", websocket);
  const pending = socket.timeout(30_000).emitWithAck("nobody handles this");
  socket.emit("disconnect-self", true);
  await assert.rejects(pending, /disconnected/);
});
