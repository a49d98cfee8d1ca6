// People chat with each other over the real page, in a real browser.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { launchBrowser, launchChat } = require("./support/browser");
const { expectText } = require("./support/expect");
const { Person } = require("./support/person");
const { conversation } = require("./support/scene");

const screenshots = process.env.COSIO_SCREENSHOTS;
let chat;
let browser;

before(async () => {
  [chat, browser] = await Promise.all([launchChat(), launchBrowser()]);
});

after(async () => {
  await browser?.close();
  if (chat) {
    const { code, errors } = await chat.stop();
    assert.equal(code, 0, errors);
  }
});

const arrive = (t, name, options = {}) => Person.arrive(t, browser, chat.url, name, options);

async function photograph(page, name) {
  if (!screenshots) return;
  fs.mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `${name}.png`) });
}

test("the page is part of the program, with entity tags", async () => {
  const types = { html: "text/html", css: "text/css", js: "text/javascript", svg: "image/svg+xml" };
  const folder = path.join(__dirname, "../../apps/chat/public");
  for (const name of ["", ...fs.readdirSync(folder)]) {
    const type = types[(name || "index.html").split(".").pop()];
    const answer = await fetch(`${chat.url}/${name}`);
    assert.equal(answer.status, 200, name);
    assert.ok(answer.headers.get("content-type").startsWith(type), name);
    const file = path.join(folder, name || "index.html");
    assert.equal(await answer.text(), fs.readFileSync(file, "utf8"));
    const again = await fetch(`${chat.url}/${name}`, { headers: { "if-none-match": answer.headers.get("etag") } });
    assert.equal(again.status, 304, name);
  }
  assert.equal((await fetch(`${chat.url}/page.cpp`)).status, 404);
});

test("a wrong command line is answered with the usage and status 2", () => {
  for (const flags of [["--nope"], ["--port"], ["--port", "many"], ["--port", "70000"], ["stray"]]) {
    const { status, stderr } = spawnSync(process.env.CHAT_APP, flags, { encoding: "utf8" });
    assert.equal(status, 2, flags.join(" "));
    assert.match(stderr, /usage: chat/);
  }
});

test("two people talk to each other", async (t) => {
  const ada = await arrive(t, "Ada");
  await ada.sees("Ada");
  const bob = await arrive(t, "Bob");
  await Promise.all([ada.sees("Ada", "Bob"), bob.sees("Ada", "Bob"), ada.notice("Bob came in")]);

  await ada.say('Hello Bob! <b>é😀</b> & "quotes"');
  await Promise.all([bob.hears("Ada", 'Hello Bob! <b>é😀</b> & "quotes"'), ada.hears("You", "Hello Bob!")]);
  await bob.say("Hello Ada");
  await Promise.all([ada.hears("Bob", "Hello Ada"), bob.hears("You", "Hello Ada")]);
  await ada.learns("Hello Bob!", "Received by 1");

  await t.test("in the same order", async () => {
    for (let i = 0; i < 20; i++) await (i % 2 ? ada : bob).say(`number ${i}`);
    await Promise.all([ada.hears("You", "number 19"), bob.hears("Ada", "number 19")]);
    assert.deepEqual(await ada.messages(), await bob.messages());
  });
  await t.test("and a newcomer reads what was said before", async (t) => {
    const carol = await arrive(t, "Carol");
    await carol.hears("Bob", "Hello Ada");
    assert.deepEqual(await carol.messages(), await bob.messages());
    await ada.notice("Carol came in");
  });
  await ada.sees("Ada", "Bob");
  await ada.notice("Carol left");
  assert.deepEqual([...ada.problems, ...bob.problems], []);
});

test("the page begins with polling and shows when it has moved to websocket", async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await page.goto(chat.url);
  // The lines that the page shows, in order.
  await page.evaluate(() => {
    window.shown = [];
    const label = document.getElementById("transport");
    new MutationObserver(() => window.shown.push(label.textContent)).observe(label, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join the conversation" }).click();
  await expectText(() => page.locator("#transport").textContent(), "websocket");
  const shown = (await page.evaluate(() => window.shown)).filter((text) => text !== "");
  assert.ok(["polling,websocket", "websocket"].includes([...new Set(shown)].join()), shown.join());
  assert.ok(
    requests.some((url) => url.includes("transport=polling")),
    "the first request polls",
  );
  assert.equal(sockets.filter((url) => url.includes("transport=websocket")).length, 1);
});

test("rooms keep their messages to themselves", async (t) => {
  const [ada, bob, carol] = [
    await arrive(t, "Ada"),
    await arrive(t, "Bob"),
    await arrive(t, "Carol", { room: "garden" }),
  ];
  await carol.isIn("garden");
  await Promise.all([ada.sees("Ada", "Bob"), ada.notice("Bob came in")]); // who goes on at once is not told of
  await carol.sees("Carol");

  await bob.goTo("garden");
  await Promise.all([
    ada.notice("Bob went to #garden"),
    carol.notice(/Bob.* came in/),
    ada.sees("Ada"),
    carol.sees("Bob", "Carol"),
  ]);
  await bob.say("what a nice garden");
  await carol.hears("Bob", "what a nice garden");
  await ada.say("alone in the lobby");
  await ada.hears("You", "alone in the lobby");

  await bob.createRoom("attic");
  await bob.sees("Bob");
  await bob.say("dusty");
  await bob.hears("You", "dusty");
  await ada.goTo("attic");
  await ada.hears("Bob", "dusty");
  await ada.say("Bob, are you here?");
  await bob.hears("Ada", "Bob, are you here?");

  assert.deepEqual(await ada.messages(), ["dusty", "Bob, are you here?"]);
  assert.deepEqual(await bob.messages(), ["dusty", "Bob, are you here?"]);
  assert.deepEqual(await carol.messages(), ["what a nice garden"]);
  assert.equal(new URL(ada.page.url()).hash, "#/attic");
  assert.deepEqual([...ada.problems, ...bob.problems, ...carol.problems], []);
});

test("others see who is typing, until it is said or wiped out", async (t) => {
  const [ada, bob] = [await arrive(t, "Ada"), await arrive(t, "Bob")];
  const [adaSees, bobSees] = [ada, bob].map(
    ({ page }) =>
      () =>
        page.locator("#typing").textContent(),
  );
  await ada.box().pressSequentially("I am thi");
  await expectText(bobSees, "Ada is typing");
  assert.equal(await adaSees(), "");
  await ada.box().fill("");
  await expectText(bobSees, "");
  await bob.box().pressSequentially("so am I");
  await expectText(adaSees, "Bob is typing");
  await bob.box().press("Enter");
  await ada.hears("Bob", "so am I");
  await expectText(adaSees, "");
});

test("two people of one name are told apart, and the list forgets who leaves", async (t) => {
  const first = await arrive(t, "Ada");
  const second = await arrive(t, "Ada");
  await Promise.all([first.sees("Ada", "Ada 2"), second.sees("Ada", "Ada 2")]);
  await first.notice("Ada 2 came in");
  await second.page.close();
  await first.sees("Ada");
  await first.notice("Ada 2 left");
});

test("the events of the example of old work from any page", async (t) => {
  const ada = await arrive(t, "Ada");
  const bob = await arrive(t, "Bob");
  const answer = await bob.page.evaluate(
    () =>
      new Promise((resolve) => {
        const socket = io({ forceNew: true });
        socket.emit("req", "anything", (text) => resolve({ text, id: socket.id }));
      }),
  );
  assert.equal(answer.text, "hello world");
  const shout = () =>
    new Promise((resolve) => {
      const socket = io({ forceNew: true });
      socket.on("chat", resolve);
      socket.emit("chat", "is anybody there?");
    });
  assert.match(await bob.page.evaluate(shout), /^client_\S+ says: is anybody there\?$/);
  await ada.say("/all is a word like others");
  await bob.hears("Ada", "/all is a word like others");
  const greeted = ada.page.evaluate(
    () =>
      new Promise((resolve) => {
        const socket = io({ forceNew: true });
        socket.on("hi", resolve);
        socket.on("connect", () => io({ forceNew: true }));
      }),
  );
  assert.match(await greeted, /^I'm coming, my name: client_\S+$/);
  assert.equal(await ada.page.locator("#toast").isVisible(), false); // a connection is no visitor, and not worth a word
});

const colorSchemes = ["light", "dark"];

test("the page fits a desktop", async (t) => {
  const { page, problems } = await conversation(t, browser, chat.url, {
    window: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2, locale: "en-GB" },
  });
  for (const colorScheme of colorSchemes) {
    await page.emulateMedia({ colorScheme });
    await fits(page);
    const [sidebar, room] = await boxes(page, "#sidebar", "main");
    assert.deepEqual([sidebar.x, sidebar.y, sidebar.height], [0, 0, 800]);
    assert.deepEqual([room.x, room.width, room.height], [sidebar.width, 1280 - sidebar.width, 800]);
    await photograph(page, `desktop-${colorScheme}`);
  }
  assert.deepEqual(problems, []);
});

test("the page fits a phone", async (t) => {
  const phone = {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    locale: "en-GB",
  };
  const own = await launchChat(); // without the lines that the others have left in the lobby
  t.after(() => own.stop());
  const ada = await conversation(t, browser, own.url, { window: phone });
  const { page } = ada;
  for (const colorScheme of colorSchemes) {
    await page.emulateMedia({ colorScheme });
    await fits(page);
    const [room] = await boxes(page, "main");
    assert.deepEqual([room.x, room.y, room.width, room.height], [0, 0, 390, 844]);
    assert.equal(await page.locator("#sidebar").isVisible(), false);
    await photograph(page, `phone-${colorScheme}`);

    await page.getByRole("button", { name: "Rooms and people" }).tap();
    await page.locator("#people .name", { hasText: "Alan Turing" }).waitFor();
    await expectText(async () => `${(await boxes(page, "#sidebar"))[0].x}`, "0");
    await photograph(page, `phone-menu-${colorScheme}`);
    await page.getByRole("button", { name: "Close the menu" }).tap();
    await page.locator("#sidebar").waitFor({ state: "hidden" });
  }
  await page.getByRole("button", { name: "Rooms and people" }).tap();
  await page.locator("#rooms").getByRole("button", { name: "apollo" }).tap();
  await ada.isIn("apollo");
  await ada.sees("Ada Lovelace", "Margaret");
  assert.deepEqual(ada.problems, []);
});

function boxes(page, ...selectors) {
  return Promise.all(selectors.map((selector) => page.locator(selector).boundingBox()));
}

/** Nothing sticks out of the window, the composer is in it, and the last message can be read. */
async function fits(page) {
  const { scrollWidth, innerWidth, innerHeight } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    innerWidth: window.innerWidth,
    innerHeight: window.innerHeight,
  }));
  assert.ok(scrollWidth <= innerWidth, `${scrollWidth} of ${innerWidth} px wide`);
  const [composer, view, last] = await boxes(page, "#composer", "#scroll", "#messages > :last-child");
  assert.ok(composer.y + composer.height <= innerHeight, "the composer is in the window");
  assert.ok(last.y >= view.y && last.y + last.height <= view.y + view.height, "the last message is in view");
  assert.ok(view.y + view.height <= composer.y, "the composer covers no message");
}
