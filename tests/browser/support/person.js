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
    const person = await Person.open(context, url, name);
    const { page } = person;
    await page.getByLabel("Your name").fill(name);
    if (room) await page.getByLabel("Room", { exact: true }).fill(room);
    await page.getByRole("button", { name: "Join the conversation" }).click();
    await person.isInside();
    return person;
  }

  /** Opens the page in a tab of a window, and notes all that goes wrong in it. */
  static async open(context, url, name) {
    const page = await context.newPage();
    const person = new Person(page, name);
    person.problems = [];
    page.on("pageerror", (error) => person.problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && person.problems.push(message.text()));
    page.on("request", (request) => {
      if (
        !request.url().startsWith(new URL(url).origin) &&
        !request.url().startsWith(new URL(url).origin.replace("http", "ws"))
      )
        person.problems.push(`asks for ${request.url()}`);
    });
    await page.goto(url);
    return person;
  }

  /** The same person in a second tab. */
  async secondTab(url) {
    const tab = await Person.open(this.page.context(), url, this.name);
    await tab.isInside();
    return tab;
  }

  isInside() {
    return this.page.locator("#text:enabled").waitFor();
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
    const message = this.line(text);
    await message.waitFor();
    const author = await message.evaluate((node) => (node.classList.contains("mine") ? "You" : node.dataset.name));
    assert.equal(author, from);
  }

  /** The line with this text. */
  line(text) {
    return this.page.locator(".message", { hasText: text }).first();
  }

  /** Waits for what the page says about a line of one's own. */
  async learns(text, state) {
    await expectText(() => this.line(text).locator(".state").textContent(), state);
  }

  async state(wanted) {
    await expectText(() => this.page.locator("#state").textContent(), wanted);
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
