// The example rooms: who hears what.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { collect, next } = require("../interop/support/wait");
const { example } = require("./support/example");

const app = example("rooms");
const client = (t) => connected(prepare(t, app.url));

test("the others in a channel hear who joins, speaks and leaves", async (t) => {
  const [ada, bob, carol] = await Promise.all([client(t), client(t), client(t)]);
  const carolHears = collect(carol, "said");
  assert.equal(await ada.emitWithAck("join", "garden"), 1);
  const joined = next(ada, "joined");
  assert.equal(await bob.emitWithAck("join", "garden"), 2);
  assert.deepEqual(await joined, ["garden", bob.id]);

  const said = next(bob, "said");
  await ada.emitWithAck("say", "garden", "what a nice garden");
  assert.deepEqual(await said, ["garden", ada.id, "what a nice garden"]);

  const left = next(ada, "left");
  await bob.emitWithAck("leave", "garden");
  assert.deepEqual(await left, ["garden", bob.id]);
  assert.deepEqual(await bob.emitWithAck("say", "garden", "am I still here?"), { message: "join the channel first" });
  assert.deepEqual(carolHears.all, []);
});

test("one can be left out of a channel", async (t) => {
  const [ada, bob, carol] = await Promise.all([client(t), client(t), client(t)]);
  for (const one of [ada, bob, carol]) await one.emitWithAck("join", "party");
  const [adaHears, bobHears] = [collect(ada, "said"), collect(bob, "said")];
  const carolHears = next(carol, "said");
  await ada.emitWithAck("say behind the back of", "party", bob.id, "a cake for Bob");
  assert.deepEqual(await carolHears, ["party", ada.id, "a cake for Bob"]);
  await bob.emitWithAck("leave", "party"); // what was sent to it before is here
  assert.deepEqual([adaHears.all.length, bobHears.all.length], [1, 0]);
});

test("one client is written to by its id, which is no channel", async (t) => {
  const [ada, bob] = await Promise.all([client(t), client(t)]);
  const whispered = next(bob, "whispered");
  await ada.emitWithAck("whisper", bob.id, "psst");
  assert.deepEqual(await whispered, [ada.id, "psst"]);
  await bob.emitWithAck("join", bob.id); // the channel of that name is no room of a socket
  assert.deepEqual(await ada.emitWithAck("whisper", `channel:${bob.id}`, "psst"), { message: "this is no id" });
  assert.deepEqual(await ada.emitWithAck("whisper", "nobody", "psst"), { message: "nobody has this id" });
});

test("who shares several channels with somebody hears once that he has gone", async (t) => {
  const [ada, bob] = await Promise.all([client(t), client(t)]);
  for (const channel of ["one", "two"]) {
    await ada.emitWithAck("join", channel);
    await bob.emitWithAck("join", channel);
  }
  const gone = collect(ada, "gone");
  const { id } = bob;
  bob.disconnect();
  await gone.count(1);
  assert.equal(await ada.emitWithAck("join", "one"), 1); // a fence: what was sent before is here
  assert.deepEqual(gone.all, [[id]]);
});
