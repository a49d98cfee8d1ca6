// The chat app and a browser on it. Without a Chromium the tests fail and say what is missing.
"use strict";
const fs = require("node:fs");
const { spawn } = require("node:child_process");
const { chromium } = require("playwright-core");

const patience = 60_000; // sanitizer builds on a busy machine take their time; a healthy run never waits for this

function chromiumPath() {
  const path = process.env.COSIO_CHROMIUM || "/usr/bin/chromium";
  if (!fs.existsSync(path)) {
    throw new Error(
      `no browser at ${path}: install Chromium (on Debian: apt-get install chromium), or set COSIO_CHROMIUM to its path`,
    );
  }
  return path;
}

async function launchBrowser() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    timeout: patience,
  });
}

/** Starts the chat app: {url, stop(), child}. `stop()` sends SIGTERM, or another signal, and gives the exit status. */
async function launchChat({ port = 0, flags = [] } = {}) {
  const program = process.env.CHAT_APP;
  if (!program) throw new Error("CHAT_APP must be the path of the chat app");
  const child = spawn(program, ["--port", String(port), ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const ended = new Promise((resolve) =>
    child.once("close", (code, signal) => {
      process.off("exit", kill);
      resolve({ code, signal, errors });
    }),
  );
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.once("error", reject);
    child.stdout.on("data", (data) => {
      text += data;
      const found = /listening on (http:\S+:\d+)\n/.exec(text);
      if (found) resolve(found[1]);
    });
    ended.then(() => reject(new Error(`the chat app ended before it listened: ${errors}`)));
  });
  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    return ended;
  };
  return { url, stop, child };
}

/** The chat app for one test. */
async function serve(t, options) {
  const chat = await launchChat(options);
  t.after(() => chat.stop("SIGKILL"));
  return chat;
}

module.exports = { launchBrowser, launchChat, patience, serve };
