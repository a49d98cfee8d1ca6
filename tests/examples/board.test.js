// The example board: the packets of a board with a plain WebSocket, and a page that watches it.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { WebSocket } = require("ws");
const { connected, prepare } = require("../interop/support/clients");
const { collect, next, within } = require("../interop/support/wait");
const { example } = require("./support/example");

const app = example("board");

/** A board, as the WebSocket libraries for them connect. Revision 3 is that of older ones. */
function board(t, { key = "k-attic-7153", origin = "file://", revision = 4 } = {}) {
  const url = `${app.url.replace("http", "ws")}/socket.io/?EIO=${revision}&transport=websocket&key=${key}`;
  const socket = new WebSocket(url, { origin });
  socket.on("error", () => {}); // a board that is refused, or ended in the middle
  t.after(() => socket.terminate());
  const texts = collect(socket, "message");
  const hears = async (pattern) => {
    for (let i = 1; ; ++i) {
      const got = String((await texts.count(i)).at(-1)[0]);
      if (pattern.test(got)) return got;
    }
  };
  return { socket, hears };
}

for (const revision of [3, 4]) {
  test(`a board of revision ${revision} tells its readings, and switches its relay`, async (t) => {
    const page = prepare(t, `${app.url}/pages`);
    const online = next(page, "board");
    await connected(page);
    const { socket, hears } = board(t, { revision });
    await hears(/^0\{/);
    if (revision === 4) socket.send("40");
    await hears(/^40/);
    assert.deepEqual(await online, ["attic", true]);

    const reading = next(page, "reading");
    socket.send('42["reading",{"celsius":21.5,"battery":80}]');
    assert.deepEqual(await reading, ["attic", { celsius: 21.5, battery: 80 }]);

    const done = within(page.emitWithAck("switch", "attic", true), "the relay");
    const [, id] = /^42(\d+)\["switch",true\]/.exec(await hears(/"switch"/));
    socket.send(`43${id}[true]`);
    assert.equal(await done, true);

    const offline = next(page, "board");
    socket.terminate(); // it has lost its power
    assert.deepEqual(await offline, ["attic", false]);
    assert.equal(await page.emitWithAck("switch", "attic", false), false);
  });
}

test("pages of strangers are refused, and boards without a key", async (t) => {
  const refused = async (origin) => {
    const { socket } = board(t, { origin });
    const [, answer] = await next(socket, "unexpected-response");
    return answer.statusCode;
  };
  assert.equal(await refused("https://evil.example"), 403);
  assert.equal(await refused("null"), 403);
  const { socket, hears } = board(t, { key: "guessed" });
  await hears(/^0\{/);
  socket.send("40");
  assert.equal(await hears(/^4[04]/), '44{"message":"unknown board"}');
});
