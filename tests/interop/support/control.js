// The remote control of the conformance app: one event per call of the server's API.
"use strict";
const assert = require("node:assert/strict");
const { within } = require("./wait");

/** Runs `command` in the server; its result, or an Error with the server's message. */
function control(socket, command, ...args) {
  const answered = new Promise((resolve, reject) => {
    socket.emit(command, ...args, (error, result) => {
      if (error) reject(new Error(error.message ?? "an error without a message"));
      else resolve(result);
    });
  });
  return within(answered, `the answer to ${command}`);
}

/** The server must answer with an error and a message. */
async function refused(socket, command, ...args) {
  await assert.rejects(control(socket, command, ...args), (error) => {
    assert.doesNotMatch(error.message, /^waited/);
    assert.notEqual(error.message, "");
    return true;
  });
}

/** Log entries of one socket, without its id: [kind, reason, rooms]. */
async function logOf(socket, id) {
  const all = await control(socket, "log");
  return all.filter((entry) => entry[0] === id).map((entry) => entry.slice(1));
}

/** Asks for the log again and again until `id` has an entry of `kind`; every question waits for its answer. */
async function logged(socket, id, kind) {
  let searching = true;
  const search = (async () => {
    while (searching) {
      const found = (await logOf(socket, id)).find((entry) => entry[0] === kind);
      if (found) return found;
    }
  })();
  return within(search, `log entry "${kind}"`).finally(() => (searching = false));
}

module.exports = { control, refused, logOf, logged };
