// The parts of a web page that JSONP needs: scripts that are put into it are fetched and run, forms that are submitted
// are posted.
"use strict";
const vm = require("node:vm");

class Element {
  constructor(tag, page) {
    Object.assign(this, { tag, page, children: [], style: {}, parentNode: null });
  }
  setAttribute(name, value) {
    this[name] = value;
  }
  appendChild(child) {
    return this.insertBefore(child, null);
  }
  insertBefore(child, before) {
    const place = before === null ? this.children.length : this.children.indexOf(before);
    this.children.splice(place, 0, child);
    child.parentNode = this;
    if (child.tag === "script") this.page.load(child);
    return child;
  }
  removeChild(child) {
    if (!this.children.includes(child)) throw new Error("no child of this element");
    this.children = this.children.filter((other) => other !== child);
    child.parentNode = null;
    return child;
  }
  /** Of a form: posts its fields, and tells the frame of its target when the answer is there. */
  submit() {
    const fields = this.children.filter(({ tag }) => tag === "textarea").map(({ name, value }) => [name, value]);
    const frame = this.children.find(({ tag, name }) => tag === "iframe" && name === this.target);
    this.page.post(this.action, fields).finally(() => frame.onload());
  }
}

/** `requests` keeps what went over the wire: [method, URL, status, type, text]. */
class Page {
  constructor() {
    this.requests = [];
    this.body = new Element("body", this);
    this.head = new Element("head", this);
  }
  createElement(tag) {
    if (!/^[a-z]+$/.test(tag)) throw new Error("no name of an element"); // as browsers do
    return new Element(tag, this);
  }
  getElementsByTagName(tag) {
    return [...this.head.children, ...this.body.children].filter((element) => element.tag === tag);
  }
  async load(script) {
    const answer = await fetch(script.src).catch(() => null);
    const text = answer ? await answer.text() : "";
    this.requests.push(["GET", script.src, answer?.status, answer?.headers.get("content-type"), text]);
    if (answer?.status === 200) vm.runInThisContext(text);
    else script.onerror(new Error("the script did not load"));
  }
  async post(url, fields) {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) }).catch(() => null);
    this.requests.push(["POST", url, answer?.status, answer?.headers.get("content-type"), await answer?.text()]);
  }
}

module.exports = { Page };
