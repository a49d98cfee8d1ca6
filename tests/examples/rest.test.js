// The example rest: JSON over HTTP, and pages that hear of it.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { next } = require("../interop/support/wait");
const { example } = require("./support/example");

const app = example("rest");

async function ask(method, path, body) {
  const answer = await fetch(app.url + path, { method, body: body && (typeof body === "string" ? body : JSON.stringify(body)) });
  const text = await answer.text();
  return { status: answer.status, json: text && JSON.parse(text) };
}

test("a note that is written over HTTP is heard at once, and one that is removed, too", async (t) => {
  const socket = await connected(prepare(t, app.url));
  const heard = next(socket, "note");
  const note = { author: "Ada", text: "hello", id: 1 };
  assert.deepEqual(await ask("POST", "/api/notes", { author: "Ada", text: "hello" }), { status: 201, json: note });
  assert.deepEqual(await heard, [note]);
  assert.deepEqual(await ask("GET", "/api/notes"), { status: 200, json: [note] });
  assert.deepEqual(await socket.emitWithAck("notes"), [note]);

  const removed = next(socket, "note removed");
  assert.deepEqual(await ask("DELETE", "/api/notes/1"), { status: 204, json: "" });
  assert.deepEqual(await removed, [1]);
  assert.deepEqual(await ask("GET", "/api/notes"), { status: 200, json: [] });
});

test("nonsense is answered with 4xx and JSON", async () => {
  const wrong = { status: 400, json: { error: "a note has an author and a text" } };
  for (const body of ["", "{", "[]", "null", { author: "Ada" }, { author: "Ada", text: 7 }, { author: "Ada", text: "" }]) {
    assert.deepEqual(await ask("POST", "/api/notes", body), wrong, JSON.stringify(body));
  }
  for (const id of ["1000", "x", "-1", "0"]) {
    assert.deepEqual(await ask("DELETE", `/api/notes/${id}`), { status: 404, json: { error: "there is no such note" } });
  }
  assert.equal((await fetch(`${app.url}/api/notes`, { method: "POST", body: "x".repeat(1_000_001) })).status, 413);
});
