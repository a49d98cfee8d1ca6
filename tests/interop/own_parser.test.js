// A parser that is neither of the library's: the example of docs/parsers.md and its counterpart in JavaScript.
"use strict";
const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const hexParser = require("./support/hex_parser");
const { connected, prepare, settled, ways } = require("./support/clients");
const { start } = require("./support/conformance");
const { webSocket } = require("./support/raw");
const { next, within } = require("./support/wait");

const app = {};
before(async () => {
  app.run = start(process.env.OWN_PARSER_APP, ["0"]);
  app.url = await app.run.listening;
});
after(async () => {
  app.run.child.kill("SIGTERM"); // it has no goodbye of its own
  assert.deepEqual(await app.run.exited, { code: null, signal: "SIGTERM" });
});

const bytes = Buffer.from([0, 1, 127, 128, 255]);

async function open(t, nsp, way, options = {}) {
  const socket = prepare(t, app.url + nsp, { parser: hexParser, ...way.options, ...options });
  return settled(await connected(socket), way);
}

for (const way of ways) {
  test(`a parser of one's own over ${way.name}`, async (t) => {
    const socket = await open(t, "/", way);
    for (const args of [[], [1, "two", null, { three: [true] }], ["é😀\u001e"], [bytes], [{ deep: [bytes, [{ b: bytes }]] }]]) {
      await t.test(`${args.length} arguments come back`, async () => {
        const answer = next(socket, "message-back");
        socket.emit("message", ...args);
        assert.deepEqual(await answer, args);
      });
      await t.test(`${args.length} arguments acknowledge`, async () => {
        const answer = new Promise((resolve) => socket.emit("message-with-ack", ...args, (...all) => resolve(all)));
        assert.deepEqual(await within(answer, "the acknowledgement"), args);
      });
    }
    await t.test("the server asks too", async () => {
      socket.once("question", (a, answer) => answer(a, bytes));
      const answer = next(socket, "message-back");
      socket.emit("ask-me", bytes);
      assert.deepEqual(await answer, [bytes, bytes]);
    });
    await t.test("broadcasts reach everybody", async (t) => {
      const other = await open(t, "/", way);
      const heard = [next(socket, "message-back"), next(other, "message-back")];
      other.emit("everybody", { all: bytes });
      assert.deepEqual(await Promise.all(heard), [[{ all: bytes }], [{ all: bytes }]]);
    });
    await t.test("auth decides", async (t) => {
      const error = await connected(prepare(t, `${app.url}/friends`, { parser: hexParser, ...way.options })).catch((why) => why);
      assert.equal(error.message, "not a friend");
      assert.equal(error.data, 403);
      const friend = await open(t, "/friends", way, { auth: { friend: true } });
      assert.equal(friend.connected, true);
    });
    await t.test("what it cannot read ends the connection", async (t) => {
      for (const wrong of ["4no json", "4{}", '4{"type":9,"nsp":"/"}', '4{"type":2,"nsp":"/","data":[{}]}', Buffer.from([1])]) {
        const raw = webSocket(t, app.url);
        await raw.next();
        raw.send('4{"type":0,"nsp":"/"}');
        assert.match(await raw.next(), /^4{"type":0,"nsp":"\/","data":{"sid":/);
        raw.send(wrong);
        await raw.closed();
      }
    });
  });
}
