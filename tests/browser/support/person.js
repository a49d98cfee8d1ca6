// Somebody who uses the chat page as people do: by what is written on it.
"use strict";
const assert = require("node:assert/strict");
const { patience } = require("./browser");
const { expectText } = require("./expect");

class Person {
  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  /** Opens the page in a window of its own and comes in. */
  static async arrive(t, browser, url, name, { room = "", window = {} } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...window });
    context.setDefaultTimeout(patience);
    t.after(() => context.close());
    const page = await context.newPage();
    const person = new Person(page, name);
    person.problems = [];
    page.on("pageerror", (error) => person.problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && person.problems.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith(url.replace("http", "ws")))
        person.problems.push(`asks for ${request.url()}`);
    });
    await page.goto(url);
    await page.getByLabel("Your name").fill(name);
    if (room) await page.getByLabel("Room", { exact: true }).fill(room);
    await page.getByRole("button", { name: "Join the conversation" }).click();
    await page.getByLabel("Message", { exact: true }).and(page.locator(":enabled")).waitFor();
    return person;
  }

  box() {
    return this.page.getByLabel("Message", { exact: true });
  }

  async say(text) {
    await this.box().fill(text);
    await this.box().press("Enter");
  }

  /** Waits for a message with this text; `from` is a name, or "You". */
  async hears(from, text) {
    const message = this.page.locator(".message", { hasText: text }).first();
    await message.waitFor();
    const author = await message.evaluate((node) => (node.classList.contains("mine") ? "You" : node.dataset.name));
    assert.equal(author, from);
  }

  /** All texts in the conversation, without times. */
  messages() {
    return this.page.locator(".message .text").allTextContents();
  }

  notice(text) {
    return this.page.locator(".notice", { hasText: text }).first().waitFor();
  }

  people() {
    return this.page.locator("#people .name").allTextContents();
  }

  /** Waits until exactly these people are listed. */
  async sees(...names) {
    await expectText(async () => (await this.people()).sort().join(", "), [...names].sort().join(", "));
  }

  async transportIs(name) {
    await expectText(() => this.page.locator("#transport").textContent(), name);
    await expectText(() => this.page.locator("#state").textContent(), "connected");
  }

  async goTo(room) {
    await this.page.locator("#rooms").getByRole("button", { name: room }).click();
    await this.isIn(room);
  }

  async createRoom(room) {
    await this.page.getByLabel("Name of a new room").fill(room);
    await this.page.getByLabel("Name of a new room").press("Enter");
    await this.isIn(room);
  }

  async isIn(room) {
    await expectText(() => this.page.getByRole("heading", { level: 1 }).textContent(), room);
  }
}

module.exports = { Person };
