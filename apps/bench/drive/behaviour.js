// A server that is compared does all that ../server/events.hpp says. The load client checks most of it, but not the
// JSON that comes back.
"use strict";
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { startServer } = require("./programs");

const patience = 5_000; // ms
const rows = [{ id: 1, name: "somebody", tags: ["one", "two"], score: 1.5, ok: true, none: null, text: "gr\u00fc\u00df" }];

function within(promise, says) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), patience).unref());
  return Promise.race([promise, late]).catch((failure) => Promise.reject(new Error(`${says}: ${failure.message.split("\n")[0]}`)));
}

async function connected(port, nsp) {
  const { io } = require("../node/node_modules/socket.io-client");
  const user = io(`http://127.0.0.1:${port}${nsp}`, { transports: ["websocket"], forceNew: true, reconnection: false });
  await within(once(user, "connect"), `connecting to ${nsp}`);
  return user;
}

async function check(users) {
  const [one, two, other] = users;
  const acknowledges = async (user, event, sent, expected) =>
    within(user.emitWithAck(event, sent).then((answer) => assert.deepEqual(answer, expected)), event);
  const brings = async (user, event, sent, expected) => {
    const heard = once(user, event);
    one.emit(event, ...sent);
    await within(heard.then(([what]) => assert.deepEqual(what, expected)), event);
  };
  await acknowledges(one, "ack", "text", "text");
  await acknowledges(one, "take", rows, 1);
  await acknowledges(other, "back", rows, rows);
  await brings(one, "echo", ["text"], "text");
  await brings(one, "bin", [Buffer.from([0, 1, 255])], Buffer.from([0, 1, 255]));
  await brings(two, "bcast", ["text"], "text");
  await brings(two, "spread", [rows], rows);
  two.emit("join", "a room");
  await acknowledges(two, "ack", "joined", "joined");
  await brings(two, "room", ["a room", "text"], "text");
}

/** Resolves to what this server does not do, or to undefined. */
async function misbehaviour(server) {
  const users = [];
  let running;
  try {
    running = await startServer(server.command, { env: server.env });
    for (const nsp of ["/", "/", "/json"]) users.push(await connected(running.port, nsp));
    await check(users);
  } catch (failure) {
    return failure.message;
  } finally {
    for (const user of users) user.disconnect();
    await running?.stop();
  }
}

module.exports = { misbehaviour };
