// The example presence: people with several tabs, and people who reload a page.
"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { connected, prepare } = require("../interop/support/clients");
const { collect, next } = require("../interop/support/wait");
const { end, launch } = require("./support/example");

async function house(t) {
  const run = launch("presence");
  t.after(() => end(run));
  const url = await run.url;
  const tab = async (name) => {
    const socket = prepare(t, url, { auth: { name } });
    const list = next(socket, "here");
    await connected(socket);
    socket.first = (await list)[0];
    return socket;
  };
  return { tab, url };
}

test("three tabs are one person, who goes with the last of them", async (t) => {
  const { tab } = await house(t);
  const bob = await tab("bob");
  const lists = collect(bob, "here");
  const tabs = [await tab("ada"), await tab("ada"), await tab("ada")];
  assert.deepEqual(tabs.map((each) => each.first), Array(3).fill(["ada", "bob"]));
  tabs[0].disconnect();
  tabs[1].disconnect();
  await tab("carol");
  tabs[2].disconnect();
  await lists.count(3);
  assert.deepEqual(lists.all.map(([names]) => names), [["ada", "bob"], ["ada", "bob", "carol"], ["bob", "carol"]]);
});

test("who reloads a page was not away; who closes it is, soon", async (t) => {
  const { tab } = await house(t);
  const bob = await tab("bob");
  const full = next(bob, "here", (names) => names.length === 3);
  const [ada, dave] = [await tab("ada"), await tab("dave")];
  await full;
  const lists = collect(bob, "here");
  ada.io.engine.close(); // as a page does that is reloaded or closed
  dave.io.engine.close();
  await tab("ada");
  await lists.count(1);
  assert.deepEqual(lists.all[0], [["ada", "bob"]]);
  await tab("eve");
  await lists.count(2);
  assert.deepEqual(lists.all[1], [["ada", "bob", "eve"]]);
});

test("the tabs of a person are told what one of them does, and get the letters for the person", async (t) => {
  const { tab } = await house(t);
  const [one, two, bob] = [await tab("ada"), await tab("ada"), await tab("bob")];
  const read = next(two, "read");
  one.emit("read", 42);
  assert.deepEqual(await read, [42]);
  const letters = [next(one, "letter"), next(two, "letter")];
  assert.equal(await bob.emitWithAck("write to", "ada", "hi"), 2);
  assert.deepEqual(await Promise.all(letters), Array(2).fill(["bob", "hi"]));
});

test("who says no name is refused", async (t) => {
  const { url } = await house(t);
  const nobody = connected(prepare(t, url));
  await assert.rejects(nobody, { message: "say a name of 1 to 40 characters" });
});
