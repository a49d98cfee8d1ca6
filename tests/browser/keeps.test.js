// The chat keeps what people wrote: across restarts, lost connections and reloads, and says what became of it.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { launchBrowser, serve } = require("./support/browser");
const { expectText } = require("./support/expect");
const { Person } = require("./support/person");
const { launchProxy } = require("./support/proxy");

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

async function through(t, url) {
  const proxy = await launchProxy(url);
  t.after(() => proxy.close());
  return proxy;
}

function historyFile(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-chat-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return path.join(folder, "deep/lines.jsonl");
}

const arrive = (t, url, name, options = {}) => Person.arrive(t, browser, url, name, options);
const portOf = (chat) => Number(new URL(chat.url).port);

test("after kill -9 and a new start, everybody has the same lines, once and in order", async (t) => {
  const flags = ["--history", historyFile(t)];
  const first = await serve(t, { flags });
  const [ada, grace] = [await arrive(t, first.url, "Ada"), await arrive(t, first.url, "Grace")];
  await ada.say("one");
  await grace.hears("Ada", "one");
  await grace.say("two");
  await ada.hears("Grace", "two");
  await ada.box().fill("a draft");
  await first.stop("SIGKILL");
  await Promise.all([ada.state("reconnecting"), grace.state("reconnecting")]);
  await grace.say("three, while nobody serves");
  await grace.learns("three", "Waiting for the connection");
  const second = await serve(t, { flags, port: portOf(first) });
  await Promise.all([ada.state("connected"), grace.state("connected")]);
  await ada.hears("Grace", "three");
  await grace.sees("Ada", "Grace");
  await grace.say("four");
  await grace.learns("four", "Received by 1");
  const carol = await arrive(t, second.url, "Carol");
  await carol.hears("Grace", "four");
  for (const person of [ada, grace, carol]) {
    assert.deepEqual(await person.messages(), ["one", "two", "three, while nobody serves", "four"]);
    assert.equal(await person.page.locator(".divider").count(), 0);
  }
  assert.equal(await ada.box().inputValue(), "a draft");
});

test("a server that has forgotten everything takes nothing from the screen, which says so", async (t) => {
  const first = await serve(t);
  const ada = await arrive(t, first.url, "Ada");
  await ada.say("before");
  await ada.learns("before", "Sent, nobody else is here");
  await first.stop("SIGKILL");
  await ada.state("reconnecting");
  await serve(t, { port: portOf(first), flags: ["--no-history"] });
  await ada.state("connected");
  await ada.page.locator(".divider", { hasText: "The lines above are only on your screen" }).waitFor();
  await ada.say("after");
  await ada.learns("after", "Sent, nobody else is here");
  assert.deepEqual(await ada.messages(), ["before", "after"]);
});

test("a reload asks nothing again, and who is alone finds the room as it was", async (t) => {
  const chat = await serve(t);
  const ada = await arrive(t, chat.url, "Ada", { room: "garden" });
  await ada.say("roses");
  await ada.learns("roses", "Sent, nobody else is here");
  await ada.box().fill("half a thought");
  await ada.page.reload();
  await ada.isInside();
  await ada.isIn("garden");
  await ada.hears("You", "roses");
  assert.equal(await ada.box().inputValue(), "half a thought");
});

test("a line that the server does not answer is not sent, can be tried again, and is said once", async (t) => {
  const chat = await serve(t);
  const [ada, bob] = [await arrive(t, chat.url, "Ada"), await arrive(t, chat.url, "Bob")];
  chat.child.kill("SIGSTOP");
  await ada.say("hello?");
  await ada.learns("hello?", "Sending…");
  await ada.state("no answer");
  await ada.learns("hello?", "Not sent Try again");
  await ada.page.getByRole("button", { name: "Try again" }).click();
  await ada.learns("hello?", "Sending…");
  chat.child.kill("SIGCONT");
  await ada.learns("hello?", "Received by 1");
  await ada.state("connected");
  await ada.say("there you are");
  await bob.hears("Ada", "there you are");
  assert.deepEqual(await bob.messages(), ["hello?", "there you are"]);
});

test("received is what a page has acknowledged: one behind a dead connection does not count", async (t) => {
  const chat = await serve(t);
  const proxy = await through(t, chat.url);
  const [grace, bob] = [await arrive(t, chat.url, "Grace"), await arrive(t, chat.url, "Bob")];
  const ada = await arrive(t, proxy.url, "Ada");
  await grace.sees("Ada", "Bob", "Grace");
  await grace.say("Can you read this?");
  await grace.learns("Can you read this?", "Received by 2");
  proxy.stall();
  await grace.say("And this, Ada?");
  await bob.hears("Grace", "And this, Ada?");
  await grace.learns("And this, Ada?", "Received by 1 of 2");
  assert.deepEqual(await ada.messages(), ["Can you read this?"]);
});

test("a page whose connection breaks comes back as the same socket, with what was said meanwhile", async (t) => {
  const chat = await serve(t);
  const proxy = await through(t, chat.url);
  const bob = await arrive(t, chat.url, "Bob");
  const context = await browser.newContext();
  t.after(() => context.close());
  await context.addInitScript(() => localStorage.setItem("name", "Ada"));
  const ada = new Person(await context.newPage(), "Ada");
  const ids = new Set();
  const note = (text) => {
    for (const [, id] of String(text).matchAll(/(?:^|\x1e)40\{"sid":"([^"]+)"/g)) ids.add(id);
  };
  ada.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => note(payload)));
  ada.page.on("response", async (answer) => {
    if (answer.url().includes("transport=polling")) note(await answer.text().catch(() => ""));
  });
  await ada.page.goto(proxy.url);
  await ada.transportIs("websocket");
  await bob.say("first");
  await ada.hears("Bob", "first");
  proxy.cut();
  await Promise.all([ada.state("reconnecting"), bob.sees("Bob")]);
  await bob.say("second");
  await bob.say("third");
  await ada.say("mine, meanwhile");
  proxy.mend();
  await ada.page
    .getByRole("button", { name: "Try now" })
    .click({ timeout: 2_000 })
    .catch(() => {}); // unless it is back
  await Promise.all([bob.hears("Ada", "mine, meanwhile"), ada.transportIs("websocket")]);
  await ada.learns("mine, meanwhile", "Received by 1");
  await bob.sees("Ada", "Bob");
  assert.deepEqual(await ada.messages(), ["first", "second", "third", "mine, meanwhile"]);
  assert.equal(ids.size, 1, [...ids].join());
});

test("offline: the badge says so, rooms cannot be changed and say why, and what is written is sent later", async (t) => {
  const chat = await serve(t);
  const ada = await arrive(t, chat.url, "Ada");
  const bob = await arrive(t, chat.url, "Bob");
  await ada.page.context().setOffline(true);
  await ada.state("offline");
  await ada.page.getByText("This device is offline").waitFor();
  await ada.page.getByLabel("Name of a new room").fill("garden");
  await ada.page.getByLabel("Name of a new room").press("Enter");
  await ada.page.locator("#toast", { hasText: "Not connected" }).waitFor();
  assert.equal(await ada.page.getByLabel("Name of a new room").inputValue(), "garden");
  assert.equal(await ada.page.locator("#room-people").textContent(), "Nobody knows who is here now");
  await ada.say("written in a tunnel");
  await ada.learns("written in a tunnel", "Waiting for the connection");
  await ada.page.context().setOffline(false);
  await bob.hears("Ada", "written in a tunnel");
  await ada.transportIs("websocket");
  await bob.say("welcome back");
  await ada.hears("Bob", "welcome back");
  await ada.page.locator("#away").waitFor({ state: "hidden" });
  assert.equal(new URL(ada.page.url()).hash, "#/lobby");
});

test("two tabs are one person: one name, the same lines on the right side, no receipt from oneself", async (t) => {
  const chat = await serve(t);
  const ada = await arrive(t, chat.url, "Ada");
  const tab = await ada.secondTab(chat.url);
  const zed = await arrive(t, chat.url, "Zed");
  await Promise.all([ada.sees("Ada", "Zed"), tab.sees("Ada", "Zed"), zed.sees("Ada", "Zed")]);
  await ada.say("from the first");
  await Promise.all([tab.hears("You", "from the first"), zed.hears("Ada", "from the first")]);
  await Promise.all([ada.learns("from the first", "Received by 1"), tab.learns("from the first", "Received by 1")]);
  await ada.page.getByRole("button", { name: "Not you?" }).click();
  await ada.page.getByRole("textbox", { name: "Your name" }).fill("Ada L.");
  await ada.page.getByRole("button", { name: "Take this name" }).click();
  await Promise.all([tab.sees("Ada L.", "Zed"), zed.sees("Ada L.", "Zed")]);
  await tab.page.close();
  await ada.page.close();
  await zed.sees("Zed");
  const impostor = await arrive(t, chat.url, "Ada L.");
  await impostor.hears("Ada", "from the first"); // not "You": a name does not make a line one's own
});

test("a draft stays in its room", async (t) => {
  const chat = await serve(t);
  const ada = await arrive(t, chat.url, "Ada", { room: "garden" });
  await ada.box().fill("secret for the garden");
  await ada.goTo("lobby");
  assert.equal(await ada.box().inputValue(), "");
  await ada.createRoom("garden");
  assert.equal(await ada.box().inputValue(), "secret for the garden");
});

test("what has not been read is counted: in other rooms, in a hidden tab, and above the end", async (t) => {
  const chat = await serve(t);
  const [ada, bob] = [await arrive(t, chat.url, "Ada"), await arrive(t, chat.url, "Bob", { room: "garden" })];
  await ada.say("anybody?");
  await expectText(
    () => bob.page.locator("#rooms button", { hasText: "lobby" }).locator(".unread").textContent(),
    "1 unread",
  );
  await expectText(() => bob.page.title(), "(1) #garden · cosio chat");
  await bob.goTo("lobby");
  await expectText(() => bob.page.title(), "#lobby · cosio chat");

  const hide = (hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  };
  await bob.page.evaluate(hide, true);
  await ada.say("still there?");
  await expectText(() => bob.page.title(), "(1) #lobby · cosio chat");
  await bob.page.locator(".divider.new").waitFor();
  await bob.page.evaluate(hide, false);
  await expectText(() => bob.page.title(), "#lobby · cosio chat");

  for (let i = 0; i < 30; i++) await ada.say(`line ${i}`);
  await bob.hears("Ada", "line 29");
  await bob.page.locator("#scroll").evaluate((node) => (node.scrollTop = 0));
  await bob.page.getByRole("button", { name: "Newest lines" }).waitFor();
  await ada.say("news");
  await ada.say("more news");
  await bob.page.getByRole("button", { name: "2 new lines" }).waitFor();
  assert.equal(await bob.page.locator("#scroll").evaluate((node) => node.scrollTop), 0);
  await bob.say("mine is always seen");
  await bob.page.locator("#newest").waitFor({ state: "hidden" });
  await assertInView(bob, "mine is always seen");
});

test("the history is bounded, private, and a broken line in it harms nobody", async (t) => {
  const file = historyFile(t);
  fs.mkdirSync(path.dirname(file));
  const line = (number, text) =>
    JSON.stringify({ number, key: "", author: "x", name: "Old", room: "lobby", text, at: number, edited: false });
  const many = Array.from({ length: 150 }, (_, i) => line(i + 1, `old ${i}`));
  fs.writeFileSync(file, [...many, "no JSON", '{"number":1}', line(151, "cut off").slice(0, -9)].join("\n"), {
    mode: 0o600,
  });
  const chat = await serve(t, { flags: ["--history", file] });
  const ada = await arrive(t, chat.url, "Ada");
  await ada.hears("Old", "old 149");
  assert.equal((await ada.messages()).length, 100);
  await ada.say("new");
  await ada.learns("new", "Sent, nobody else is here");
  assert.equal(await ada.page.locator(".divider.day").count(), 2); // one for the lines of 1970, one for today
  assert.match(fs.readFileSync(file, "utf8").split("\n").at(-1), /"text":"new"/);
  assert.equal(fs.statSync(file).mode & 0o077, 0);
});

test("a history that is too large becomes the old one, and both are read", async (t) => {
  const file = historyFile(t);
  fs.mkdirSync(path.dirname(file));
  const line = (number) =>
    JSON.stringify({
      number,
      key: "",
      author: "x",
      name: "Old",
      room: "attic",
      text: "x".repeat(2_000),
      at: number,
      edited: false,
    });
  fs.writeFileSync(file, Array.from({ length: 2_000 }, (_, i) => line(i + 1)).join("\n"));
  const flags = ["--history", file];
  const first = await serve(t, { flags });
  const ada = await arrive(t, first.url, "Ada");
  await ada.say("the last of the old");
  await ada.say("the first of the new");
  await ada.learns("the first of the new", "Sent, nobody else is here");
  assert.ok(fs.statSync(`${file}.old`).size > 4_000_000);
  assert.ok(fs.statSync(file).size < 300_000); // it begins with the last lines of the room
  await first.stop("SIGKILL");
  const second = await serve(t, { flags });
  const bob = await arrive(t, second.url, "Bob");
  await bob.hears("Ada", "the first of the new");
  assert.deepEqual(await bob.messages(), ["the last of the old", "the first of the new"]);
});

async function assertInView(person, text) {
  const [view, line] = await Promise.all([
    person.page.locator("#scroll").boundingBox(),
    person.line(text).boundingBox(),
  ]);
  assert.ok(line.y >= view.y && line.y + line.height <= view.y + view.height + 1, `"${text}" is in view`);
}
