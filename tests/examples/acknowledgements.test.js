// The example acknowledgements: the server answers, asks one, and asks all.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { next, within } = require("../interop/support/wait");
const { example } = require("./support/example");

const app = example("acknowledgements");
const client = (t) => connected(prepare(t, app.url));
const answers = (socket, ...args) =>
  within(new Promise((resolve) => socket.emit(...args, (...all) => resolve(all))), `the answer to ${args[0]}`);

test("events are answered with a value, a struct, several values, or an error", async (t) => {
  const ada = await client(t);
  assert.deepEqual(await answers(ada, "add", 1, 2), [3]);
  assert.deepEqual(await answers(ada, "divide", 17, 5), [3, 2]);
  assert.deepEqual(await answers(ada, "divide", 1, 0), [{ message: "division by zero", data: 422 }]);
  assert.deepEqual(await answers(ada, "order", { dish: "soup", count: 2 }), [{ number: 1, total: 19 }]);
  assert.deepEqual(await answers(ada, "order", { dish: "soup" }), [{ message: "the arguments do not fit" }]);
});

test("an event is answered before its work is done", async (t) => {
  const ada = await client(t);
  const order = [];
  const ready = next(ada, "ready").then(() => order.push("ready"));
  ada.emit("cook", "soup", (text) => order.push(text));
  await ready;
  assert.deepEqual(order, ["in a moment", "ready"]);
});

test("a client that is asked answers, or nonsense, or not", async (t) => {
  const ada = await client(t);
  assert.equal(await ada.emitWithAck("ask me"), "no answer in time");
  ada.once("your age?", (answer) => answer(36));
  assert.equal(await ada.emitWithAck("ask me"), "36 years");
  ada.once("your age?", (answer) => answer("old enough"));
  assert.equal(await ada.emitWithAck("ask me"), "this is no number");
});

test("a question to everybody is answered by those who do it in time", async (t) => {
  const [ada, bob, carol] = await Promise.all([client(t), client(t), client(t)]);
  ada.on("vote", (question, answer) => answer(question === "tea?"));
  bob.on("vote", (question, answer) => answer(false));
  assert.deepEqual(await answers(carol, "ask everybody", "tea?"), [1, 2]);
});
