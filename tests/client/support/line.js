// The program engine_line: a connection of this library's client. Its events are kept, and can be waited for.
"use strict";
const { spawn } = require("node:child_process");
const readline = require("node:readline");
const { within } = require("../../interop/support/wait");

class Line {
  constructor(settings, environment = {}) {
    this.events = [];
    this.waiting = [];
    const { http_proxy, https_proxy, all_proxy, no_proxy, ...clean } = process.env;
    this.child = spawn(process.env.ENGINE_LINE, [JSON.stringify(settings)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...clean, ...environment },
    });
    readline.createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.events.push(JSON.parse(line));
      for (const look of [...this.waiting]) look();
    });
    this.ended = new Promise((resolve) => this.child.once("close", (code, signal) => resolve({ code, signal })));
  }
  write(command) {
    this.child.stdin.write(`${command}\n`);
  }
  // The first event that fits, also one that has come already.
  find(fits, what) {
    const found = new Promise((resolve) => {
      const look = () => {
        const one = this.events.find(fits);
        if (!one) return;
        this.waiting.splice(this.waiting.indexOf(look), 1);
        resolve(one);
      };
      this.waiting.push(look);
      look();
    });
    return within(found, what);
  }
  event(name) {
    return this.find((e) => e.event === name || (name !== "close" && e.event === "close"), `the event ${name}`);
  }
  text(text) {
    return this.find((e) => e.text === text, `the text ${text}`);
  }
  hex(hex) {
    return this.find((e) => e.hex === hex, `the bytes ${hex}`);
  }
}

// Ends with the test.
function line(t, settings, environment) {
  const made = new Line(settings, environment);
  t.after(async () => {
    made.child.kill("SIGKILL");
    await made.ended;
  });
  return made;
}

module.exports = { line };
