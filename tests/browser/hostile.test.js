// Clients that are not the page do what they like: what others see, keep and pay stays the same.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { launchBrowser, patience, serve } = require("./support/browser");
const { expectText } = require("./support/expect");
const { Person } = require("./support/person");

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

/** An empty page with Socket.IO's client in it, and nothing of the chat. */
async function openClients(t, url) {
  const context = await browser.newContext();
  context.setDefaultTimeout(patience);
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${url}/text.js`);
  await page.addScriptTag({ url: "/socket.io/socket.io.js" });
  await page.evaluate(() => {
    window.join = async (secret, name, room) => {
      const socket = window.io({ forceNew: true, transports: ["websocket"], reconnectionDelay: 10 });
      socket.bytes = 0;
      socket.io.engine.on("data", (data) => (socket.bytes += data.length));
      await new Promise((resolve) => socket.once("connect", resolve));
      if (secret !== undefined) socket.welcome = await socket.emitWithAck("enter", { secret, name, room });
      return socket;
    };
    window.joinMany = async (count, name) => {
      const all = await Promise.all(Array.from({ length: count }, () => window.join()));
      const enter = async (one, i) =>
        (one.welcome = await one.emitWithAck("enter", { secret: `${name} ${i}`, name, room: "crowd" }));
      await Promise.all(all.map(enter)); // all at once
      return all;
    };
    window.once = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
  });
  return page;
}

function historyFile(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-chat-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return path.join(folder, "lines.jsonl");
}

test("one that comes into a crowd of one name costs each of the others some bytes, not the list", async (t) => {
  const page = await openClients(t, (await serve(t)).url);
  const { names, most } = await page.evaluate(async () => {
    const crowd = await joinMany(30, "Ada");
    const settle = () => Promise.all(crowd.map((one) => one.emitWithAck("req")));
    const end = new Promise((resolve) =>
      crowd[0].onAny((event, now) => JSON.stringify(now).includes("End of the crowd") && resolve()),
    );
    await join("end", "End of the crowd", "crowd");
    await end; // so all of the crowd are told
    await settle();
    for (const one of crowd) one.bytes = 0;
    const told = Promise.all(crowd.map((one) => Promise.race([once(one, "moves"), once(one, "attendance")])));
    await join("one more", "Ada", "crowd");
    await told;
    await settle();
    return {
      names: crowd.map(({ welcome }) => welcome.you.name),
      most: Math.max(...crowd.map(({ bytes }) => bytes)),
    };
  });
  assert.equal(new Set(names).size, 30);
  assert.ok(most < 1_000, `${most} bytes`);
});

test("many who come at once are told in few messages, and whoever listens has the whole list", async (t) => {
  const page = await openClients(t, (await serve(t)).url);
  const { messages, people } = await page.evaluate(async () => {
    const watcher = await join("watcher", "Watcher", "lobby");
    const here = new Set();
    let messages = 0;
    const complete = new Promise((resolve) => {
      const add = (all) => {
        ++messages;
        for (const { id } of all) here.add(id);
        if (here.size === 25) resolve();
      };
      for (const { id } of watcher.welcome.everybody?.people ?? []) here.add(id);
      watcher.on("moves", ({ came }) => add(came));
      watcher.on("attendance", ({ people }) => add(people));
    });
    await joinMany(24, "Ada");
    await complete;
    return { messages, people: (await join("late", "Late", "lobby")).welcome.everybody.people.length };
  });
  assert.ok(people >= 25, `${people} people`);
  assert.ok(messages < 12, `${messages} messages`);
});

test("a client that says, edits or walks too much is refused; the page tries again, and loses nothing", async (t) => {
  const { url } = await serve(t);
  const page = await openClients(t, url);
  const refused = await page.evaluate(async () => {
    const eve = await join("eve", "Eve", "elsewhere");
    const { number } = await eve.emitWithAck("say", { key: "first", text: "x" });
    const all = { enter: [], say: [], edit: [] };
    for (let i = 0; i < 100; i++) {
      all.enter.push(eve.emitWithAck("enter", { secret: "eve", name: `Eve ${i}`, room: "elsewhere" }));
      all.say.push(eve.emitWithAck("say", { key: `${i}`, text: "x" }));
      all.edit.push(eve.emitWithAck("edit", number, "y"));
    }
    const count = async (answers) => (await Promise.all(answers)).filter(({ message }) => message).length;
    return { enter: await count(all.enter), say: await count(all.say), edit: await count(all.edit) };
  });
  for (const event of ["enter", "say", "edit"]) assert.ok(refused[event] >= 50, `${event}: ${refused[event]}`);

  const ada = await Person.arrive(t, browser, url, "Ada");
  await ada.page.evaluate(() => {
    for (let i = 0; i < 45; i++) {
      document.getElementById("text").value = `line ${i}`;
      document.getElementById("composer").requestSubmit();
    }
  });
  const sent = ada.page.locator(".message .state", { hasText: /^Sent, nobody else is here$/ });
  await expectText(async () => `${await sent.count()}`, "45");
});

test("who makes a hundred rooms loses them, and nobody else's", async (t) => {
  const page = await openClients(t, (await serve(t)).url);
  const { lobby, garden, rooms } = await page.evaluate(async () => {
    const ada = await join("ada", "Ada", "garden");
    await ada.emitWithAck("say", { key: "rose", text: "a rose" });
    await ada.emitWithAck("enter", { secret: "ada", name: "Ada", room: "lobby" });
    for (let i = 0; i < 10; i++) await ada.emitWithAck("say", { key: `${i}`, text: `line ${i}` });
    const make = async (eve, i) => {
      await eve.emitWithAck("enter", { secret: "eve", name: "Eve", room: `room ${i}` });
      await eve.emitWithAck("say", { key: "x", text: "x" });
    };
    for (let i = 0; i < 110;) {
      const eve = await join("eve", "Eve", `room ${i}`);
      for (const end = i + 15; i < end; i++) await make(eve, i);
    }
    const bob = await join("bob", "Bob", "lobby");
    const { history } = await bob.emitWithAck("enter", { secret: "bob", name: "Bob", room: "garden" });
    return { lobby: bob.welcome.history.length, garden: history.length, rooms: bob.welcome.rooms.length };
  });
  assert.deepEqual({ lobby, garden, rooms }, { lobby: 10, garden: 1, rooms: 100 });
});

test("a line that is edited until the file is full twice costs no other line", async (t) => {
  const file = historyFile(t);
  const flags = ["--history", file];
  const first = await serve(t, { flags });
  const page = await openClients(t, first.url);
  const edited = await page.evaluate(async () => {
    window.ada = await join("ada", "Ada", "lobby");
    for (let i = 0; i < 10; i++) await ada.emitWithAck("say", { key: `${i}`, text: `line ${i}` });
    window.eve = await join("eve", "Eve", "lobby");
    return eve.emitWithAck("say", { key: "x", text: "x" });
  });
  const change = `\n${JSON.stringify({ ...edited, text: "x".repeat(2_000), edited: true })}`;
  for (let i = 0; i < 2; i++) {
    fs.appendFileSync(file, change.repeat(2_000)); // what would take an hour
    const { text } = await page.evaluate(
      ([number, i]) => eve.emitWithAck("edit", number, `now ${i}`),
      [edited.number, i],
    );
    assert.equal(text, `now ${i}`);
    assert.ok(fs.statSync(`${file}.old`).size > 4_000_000);
  }
  await first.stop("SIGKILL");
  const again = await openClients(t, (await serve(t, { flags })).url);
  const { history } = await again.evaluate(async () => (await join("bob", "Bob", "lobby")).welcome);
  assert.deepEqual(
    history.map(({ text }) => text),
    [...Array.from({ length: 10 }, (_, i) => `line ${i}`), "now 1"],
  );
});

test("who comes back before it was somebody can still become somebody, and stands in no list", async (t) => {
  const page = await openClients(t, (await serve(t)).url);
  const { recovered, everybody, you, number } = await page.evaluate(async () => {
    const bob = await join("bob", "Bob", "lobby");
    const ada = await join();
    const heard = once(ada, "news");
    await bob.emitWithAck("say", { key: "1", text: "for an offset" });
    await heard;
    const back = once(ada, "connect");
    ada.io.engine.close();
    await back;
    const { everybody } = (await join("carol", "Carol", "lobby")).welcome;
    const { you } = await ada.emitWithAck("enter", { secret: "ada", name: "Ada", room: "lobby" });
    const { number } = await ada.emitWithAck("say", { key: "2", text: "hello" });
    return { recovered: ada.recovered, everybody, you, number };
  });
  assert.equal(recovered, true);
  assert.notEqual(you.id, "");
  assert.ok(number > 0);
  assert.ok(everybody.people.every(({ id }) => id !== ""));
});

test("a person without a secret is not made of what all know", async (t) => {
  const page = await openClients(t, (await serve(t)).url);
  const { ada, eve, edited } = await page.evaluate(async () => {
    const ada = await join("", "Ada", "lobby");
    const { number } = await ada.emitWithAck("say", { key: "1", text: "I agree" });
    const eve = await join(ada.id, "Ada", "lobby");
    const edited = await eve.emitWithAck("edit", number, "I do not agree");
    return { ada: ada.welcome.you.id, eve: eve.welcome.you.id, edited };
  });
  assert.notEqual(ada, eve);
  assert.equal(edited.number, 0);
});

test("nobody receives a line for another person", async (t) => {
  const page = await openClients(t, (await serve(t)).url);
  const receipts = await page.evaluate(async () => {
    const dan = await join("dan", "Dan", "lobby");
    const eve = await join("eve", "Eve", "lobby");
    const fay = await join("fay", "Fay", "lobby");
    const say = async (key, eveSays, faySays) => {
      eve.once("heard", (number, answer) => answer(eveSays));
      fay.once("heard", (number, answer) => answer(faySays));
      const receipt = once(dan, "receipt");
      await dan.emitWithAck("say", { key, text: "do you hear?" });
      const { received, others } = await receipt;
      return `${received} of ${others}`;
    };
    return [
      await say("1", fay.welcome.you.id, ""),
      await say("2", eve.welcome.pass, ""),
      await say("3", eve.welcome.pass, eve.welcome.pass),
      await say("4", eve.welcome.pass, fay.welcome.pass),
    ];
  });
  assert.deepEqual(receipts, ["0 of 2", "1 of 2", "1 of 2", "2 of 2"]);
});
