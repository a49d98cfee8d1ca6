// The page can be read and used: by everybody, on a phone, with a keyboard, in light, dark and forced colours.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { after, before, test } = require("node:test");
const { launchBrowser, launchChat } = require("./support/browser");
const { expectText } = require("./support/expect");
const { Person } = require("./support/person");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: "en-GB" };
const schemes = [
  { colorScheme: "light", forcedColors: "none" },
  { colorScheme: "dark", forcedColors: "none" },
  { colorScheme: "light", forcedColors: "active" },
];

let chat;
let browser;
before(async () => {
  [chat, browser] = await Promise.all([launchChat(), launchBrowser()]);
});
after(async () => {
  await browser?.close();
  await chat?.stop();
});

let rooms = 0;
/** Each test has a room of its own. */
const newRoom = () => `room ${++rooms}`;
const arrive = (t, name, options) => Person.arrive(t, browser, chat.url, name, options);

async function hasNoViolation(page, where) {
  await page.evaluate(axe);
  for (const scheme of schemes) {
    await page.emulateMedia({ ...scheme, reducedMotion: "reduce" });
    const { violations } = await page.evaluate(() => window.axe.run());
    const found = violations.map(
      ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ html }) => html).join("; ")}`,
    );
    assert.deepEqual(found, [], `${where}, ${JSON.stringify(scheme)}`);
  }
}

async function endIsInView({ page }) {
  const gap = () => page.locator("#scroll").evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
  await expectText(async () => `${(await gap()) < 2}`, "true");
}

test("axe finds nothing: at the door, in a conversation, while lines wait, in the menu of a phone", async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(chat.url);
  await hasNoViolation(page, "door");

  const room = newRoom();
  const [ada, grace] = [await arrive(t, "Ada", { room }), await arrive(t, "Grace", { room })];
  for (const text of ["Hello", "`code` and https://example.org", "😀"]) {
    await ada.say(text);
    await grace.say(text);
  }
  await grace.page.getByText("😀").nth(1).waitFor();
  await ada.learns("😀", "Received by 1");
  await grace.box().pressSequentially("typing");
  await expectText(() => ada.page.locator("#typing").textContent(), "Grace is typing");
  await hasNoViolation(ada.page, "conversation");
  await ada.page.context().setOffline(true);
  await ada.say("later");
  await ada.page.locator("#away").waitFor();
  await hasNoViolation(ada.page, "offline");

  const bob = await arrive(t, "Bob", { room, window: phone });
  await hasNoViolation(bob.page, "phone");
  await bob.page.getByRole("button", { name: "Rooms and people" }).tap();
  await hasNoViolation(bob.page, "menu");
});

test("letters on every colour of a name, and names on the page, have the contrast 4.5", async (t) => {
  const ada = await arrive(t, "Ada", { room: newRoom() });
  const bob = await arrive(t, "Bob", { room: await ada.page.locator("#room-name").textContent() });
  await bob.say("hello");
  await ada.hears("Bob", "hello");
  for (const colorScheme of ["light", "dark"]) {
    await ada.page.emulateMedia({ colorScheme });
    const worst = await ada.page.evaluate(() => {
      const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const luminance = (color) => {
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => {
          const part = value / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => {
        const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
        return (high + 0.05) / (low + 0.05);
      };
      const line = document.querySelector(".message:not(.mine)");
      const page = getComputedStyle(document.documentElement).backgroundColor;
      const names = new Set();
      let least = Infinity;
      for (let hue = 0; hue < 360; hue++) {
        line.style.setProperty("--hue", hue);
        line.querySelector(".avatar").style.setProperty("--hue", hue);
        const style = getComputedStyle(line.querySelector(".avatar"));
        for (const [color] of style.backgroundImage.matchAll(/oklch\([^)]*\)/g))
          least = Math.min(least, contrast(color, style.color));
        const name = getComputedStyle(line.querySelector(".who")).color;
        names.add(name);
        least = Math.min(least, contrast(name, page));
      }
      const edge = contrast(getComputedStyle(document.getElementById("composer")).borderTopColor, page);
      return { least, edge, names: names.size };
    });
    assert.ok(worst.least >= 4.5 && worst.edge >= 3, `${colorScheme}: ${JSON.stringify(worst)}`);
    assert.equal(worst.names, 360);
  }
});

test("Escape does not close the door, and a low window shows its button", async (t) => {
  const context = await browser.newContext({ viewport: { width: 740, height: 420 } });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(chat.url);
  await page.getByLabel("Your name").click();
  for (let i = 0; i < 6; i++) await page.keyboard.press("Escape");
  assert.equal(await page.locator("#entrance").evaluate((door) => door.open), true);
  const button = await page.getByRole("button", { name: "Join the conversation" }).boundingBox();
  assert.ok(button.y + button.height <= 420);
  await page.getByLabel("Your name").fill("\u200b");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#name").evaluate((field) => field.validationMessage), "Nobody could see that");
});

test("the newest line stays in view: keyboard of a phone, a turned phone, a growing field, one's own line", async (t) => {
  const room = newRoom();
  const [ada, grace] = [await arrive(t, "Ada", { room, window: phone }), await arrive(t, "Grace", { room })];
  for (let i = 0; i < 24; i++) await grace.say(`line ${i}`);
  await ada.hears("Grace", "line 23");
  await endIsInView(ada);
  await ada.page.setViewportSize({ width: 390, height: 440 }); // interactive-widget=resizes-content
  await endIsInView(ada);
  await grace.say("while the keyboard is there");
  await ada.hears("Grace", "while the keyboard is there");
  await endIsInView(ada);
  await ada.say("mine");
  await endIsInView(ada);
  await ada.page.setViewportSize({ width: 844, height: 390 });
  await endIsInView(ada);
  await ada.page.setViewportSize({ width: 390, height: 844 });
  // A browser that lays the keyboard over the page tells it through the visual viewport only.
  const cover = (height) => {
    Object.defineProperty(visualViewport, "height", { value: height, configurable: true });
    visualViewport.dispatchEvent(new Event("resize"));
    document.getElementById("scroll").dispatchEvent(new Event("scroll")); // of before, which comes now
  };
  await ada.page.evaluate(cover, 440);
  await endIsInView(ada);
  const composer = await ada.page.locator("#composer").boundingBox();
  assert.ok(composer.y + composer.height <= 440, "the field is above the keyboard");
  await ada.page.evaluate(cover, 844);
  await endIsInView(ada);

  await grace.box().fill("1\n2\n3\n4\n5\n6\n7\n8");
  await endIsInView(grace);
  await ada.say("to a field that has grown");
  await grace.hears("Ada", "to a field that has grown");
  await endIsInView(grace);
  await grace.page.locator("#scroll").evaluate((node) => (node.scrollTop = 0));
  await grace.page.locator("#newest").waitFor();
  await grace.say("from far above");
  await endIsInView(grace);
});

test("the menu of a phone: keys stay in it, the back button closes it, the focus comes back", async (t) => {
  const ada = await arrive(t, "Ada", { room: "harbour", window: phone });
  const { page } = ada;
  const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
  const address = page.url();
  await page.locator("#open-menu").focus();
  await page.keyboard.press("Enter");
  await expectText(focus, "close-menu");
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.getElementById("room").contains(document.activeElement)), false);
  }
  await page.keyboard.press("Escape");
  await expectText(focus, "open-menu");
  await page.keyboard.press("Enter");
  await expectText(focus, "close-menu");
  await page.goBack();
  await expectText(focus, "open-menu");
  assert.equal(page.url(), address);
  await page.locator("#sidebar").waitFor({ state: "hidden" });
  await page.keyboard.press("Enter");
  await page.locator("#rooms").getByRole("button", { name: "lobby" }).focus();
  await page.keyboard.press("Enter");
  await ada.isIn("lobby");
  await expectText(focus, "open-menu");
  await page.goBack();
  await ada.isIn("harbour");
  assert.deepEqual(ada.problems, []);
});

test("fingers have 44 pixels", async (t) => {
  const ada = await arrive(t, "Ada", { room: newRoom(), window: phone });
  await ada.page.locator("#open-menu").tap();
  await expectText(async () => `${(await ada.page.locator("#sidebar").boundingBox()).x}`, "0");
  const small = await ada.page.evaluate(() =>
    [...document.querySelectorAll("button, input, textarea")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }))
      .map((one) => [one.id || one.className || one.textContent, one.getBoundingClientRect().height])
      .filter(([, height]) => height < 44),
  );
  assert.deepEqual(
    small.filter(([name]) => name !== "text"),
    [],
  ); // the field's frame has more
});

test("in forced colours, bubbles, the room and the state have borders", async (t) => {
  const room = newRoom();
  const [ada, bob] = [await arrive(t, "Ada", { room }), await arrive(t, "Bob", { room })];
  await bob.say("hello");
  await ada.hears("Bob", "hello");
  await ada.page.emulateMedia({ forcedColors: "active" });
  for (const one of [".bubble", "#rooms [aria-current=true]", ".dot"]) {
    const width = await ada.page
      .locator(one)
      .first()
      .evaluate((node) => parseFloat(getComputedStyle(node).borderTopWidth));
    assert.ok(width >= 1, one);
  }
});

test("a room can be shared and left, and an empty one shows no figure", async (t) => {
  const ada = await arrive(t, "Ada", {
    room: "room to leave",
    window: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  await ada.page.getByRole("button", { name: "Copy the address of this room" }).click();
  await ada.page.locator("#toast", { hasText: "copied" }).waitFor();
  assert.equal(await ada.page.evaluate(() => navigator.clipboard.readText()), `${chat.url}/#/room%20to%20leave`);
  await ada.say("here was somebody");
  await ada.learns("here was somebody", "Sent, nobody else is here");
  await ada.page.getByRole("button", { name: "Leave this room" }).click();
  await ada.isIn("lobby");
  const left = ada.page.locator("#rooms button", { hasText: "room to leave" }).locator(".count");
  assert.equal(await left.isVisible(), false);
  assert.equal(await ada.page.getByRole("button", { name: "Leave this room" }).count(), 0);
});

test("a list that changes leaves the focus where it is", async (t) => {
  const room = newRoom();
  const [ada, bob] = [await arrive(t, "Ada", { room }), await arrive(t, "Bob", { room })];
  await ada.page.locator("#rooms button", { hasText: "lobby" }).focus();
  await bob.createRoom("elsewhere");
  await ada.page.locator("#rooms button", { hasText: "elsewhere" }).waitFor();
  await bob.goTo("lobby");
  await ada.page.locator("#rooms button", { hasText: "elsewhere" }).waitFor({ state: "detached" });
  assert.match(await ada.page.evaluate(() => document.activeElement.textContent), /lobby/);
});

test("what is written is shown as it is meant", async (t) => {
  const room = newRoom();
  const [ada, bob] = [await arrive(t, "Ada", { room }), await arrive(t, "Bob", { room })];
  for (const text of ["42", "#1", "*", "5 0"]) {
    await ada.say(text);
    await bob.hears("Ada", text);
  }
  assert.equal(await bob.page.locator(".message.emoji").count(), 0);
  for (const text of ["😀", "🇫🇷", "👨‍👩‍👧"]) await ada.say(text);
  await expectText(async () => `${await bob.page.locator(".message.emoji").count()}`, "3");

  await ada.say("see https://example.org/a?b=c, and `let x`");
  const link = bob.page.getByRole("link");
  assert.equal(await link.getAttribute("href"), "https://example.org/a?b=c");
  assert.match(await link.getAttribute("rel"), /noopener/);

  await ada.say("\u200b\u2060"); // nothing to see, so nothing is said
  const long = Array.from({ length: 400 }, (_, i) => `${i}`).join("\n");
  await ada.say(long);
  await bob.hears("Ada", "399");
  const line = bob.line("399");
  assert.ok((await line.boundingBox()).height < 400);
  await line.getByRole("button", { name: "Show all 400 lines" }).click();
  assert.ok((await line.boundingBox()).height > 4_000);
  assert.equal((await bob.messages()).length, 9);

  // A screen reader hears a name with every line.
  assert.deepEqual(await ada.page.locator(".message .who").allTextContents(), Array(9).fill("You"));
  assert.deepEqual(await bob.page.locator(".message .who").allTextContents(), Array(9).fill("Ada"));
});

test("text is never cut without a word: the limit is in characters, and is told", async (t) => {
  const room = newRoom();
  const [ada, bob] = [await arrive(t, "Владимир Константинович", { room }), await arrive(t, "Bob", { room })];
  await bob.sees("Bob", "Владимир Константинович");
  await ada.say("界".repeat(2_000));
  await bob.hears("Владимир Константинович", "界".repeat(2_000));
  await ada.box().fill("界".repeat(2_001));
  await expectText(() => ada.page.locator("#count").textContent(), "2,001 of 2,000 characters");
  await ada.box().press("Enter");
  assert.equal((await ada.box().inputValue()).length, 2_001);
  assert.equal(await ada.page.locator("#send").isDisabled(), true);
});

test("names can be told apart and seen", async (t) => {
  const room = newRoom();
  const first = await arrive(t, "Zed", { room });
  await arrive(t, "zed", { room });
  await arrive(t, "Z\u200bed", { room });
  await arrive(t, "\u202eadmin", { room });
  await first.sees("Zed", "admin", "zed 2", "Zed 3");
  const marks = await first.page.locator(".notice bdi, .people bdi").count();
  assert.ok(marks >= 4);
});

test("a line can be changed and taken back, also with the keyboard alone", async (t) => {
  const room = newRoom();
  const [ada, bob] = [await arrive(t, "Ada", { room }), await arrive(t, "Bob", { room })];
  await ada.notice("Bob came in"); // so that nothing moves below the mouse
  await ada.say("a speling");
  await bob.hears("Ada", "a speling");
  await ada.box().press("ArrowUp");
  assert.equal(await ada.box().inputValue(), "a speling");
  await ada.say("a spelling");
  await bob.hears("Ada", "a spelling");
  assert.match(await bob.line("a spelling").locator("time").textContent(), /edited/);
  await ada.line("a spelling").hover();
  await ada.line("a spelling").getByRole("button", { name: "Take back" }).click();
  await bob.hears("Ada", "taken back");
  await ada.page.getByRole("button", { name: "Undo" }).click();
  await bob.hears("Ada", "a spelling");
  assert.equal((await bob.messages()).length, 1);
});

test("many who come are one notice, and nothing jumps", async (t) => {
  const room = newRoom();
  const ada = await arrive(t, "Ada", { room });
  const sizes = () =>
    ada.page.evaluate(() => ["header.bar", "#typing"].map((one) => document.querySelector(one).offsetHeight).join());
  const before = await sizes();
  const crowd = (count) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => {
        const socket = io({ forceNew: true });
        const entered = new Promise((resolve) =>
          socket.on("connect", () =>
            socket.emit(
              "enter",
              {
                secret: `s${i}`,
                name: `A guest with quite a long name ${i}`,
                room: document.getElementById("room-name").textContent,
              },
              resolve,
            ),
          ),
        );
        const isTyping = () => setInterval(() => socket.emit("typing", true), 200); // one may be lost: they are volatile
        return entered.then(() => count === 2 && isTyping());
      }),
    ).then(() => {});
  await ada.page.evaluate(crowd, 2);
  await expectText(async () => `${(await ada.page.locator("#typing").textContent()).endsWith("are typing")}`, "true");
  assert.equal(await sizes(), before);
  await ada.page.evaluate(crowd, 40);
  await ada.notice("40 people came in");
  assert.equal(await ada.page.locator(".notice").count(), 1);
  assert.equal(await ada.page.locator(".empty").count(), 1); // a notice says nothing in a room where nobody has spoken
});
