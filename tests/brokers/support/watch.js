// A fault as clients see it: one server sends numbers, without a pause, and each client notes those that come.
//
// A client may miss numbers only where that is allowed, and never gets one twice or behind a later one.
"use strict";
const assert = require("node:assert/strict");
const { control } = require("../../interop/support/control");
const { within } = require("../../interop/support/wait");

/** Begins to send numbers from `sender` to `room`: {at(), stop()}. */
function count(sender, room, pause = 5) {
  let sent = 0;
  let going = true;
  const work = (async () => {
    while (going) {
      const values = sent % 10 === 3 ? [sent, Buffer.from([sent % 256])] : [sent]; // binary takes another way on some wires
      ++sent;
      await control(sender, "emit", { from: "namespace", to: room, event: "number", args: values });
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  })();
  work.catch(() => {});
  return {
    at: () => sent,
    async stop() {
      going = false;
      await work;
      return sent;
    },
  };
}

/** What a client in the room has got: {got, reached(number), judge(what)}. */
function watch(client) {
  const got = [];
  const waiting = new Set();
  client.on("number", (number) => {
    got.push(number);
    waiting.forEach((check) => check());
  });
  const reached = (number, what) =>
    within(
      new Promise((resolve) => {
        const check = () => got.some((one) => one >= number) && (waiting.delete(check), resolve());
        waiting.add(check);
        check();
      }),
      `number ${number} at ${what}; the last is ${got.at(-1)}`,
    );
  return { got, reached };
}

/**
 * Numbers that a client has missed among those that it got; fails when one came twice, or behind a later one.
 *
 * @param ordered  false: they may come behind each other
 */
function missing({ got }, who, { ordered = true } = {}) {
  const sorted = ordered ? got : [...got].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; ++i) assert.ok(sorted[i] > sorted[i - 1], `${who}: ${sorted[i]} came behind ${sorted[i - 1]}`);
  const all = new Set(sorted);
  const lost = [];
  for (let number = sorted[0]; number <= sorted.at(-1); ++number) if (!all.has(number)) lost.push(number);
  return lost;
}

// Lines of the log that tell of a loss, or of a time in which there may be one.
const told = /cannot be (reached|used|read)|get nothing|not reach|not heard|are lost|is there again/;

module.exports = { count, missing, told, watch };
