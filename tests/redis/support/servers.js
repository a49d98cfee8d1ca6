// Redis servers of all kinds on free ports: with a password, TLS, a Unix socket, Sentinels, a cluster.
"use strict";
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { createClient } = require("redis");
const { within } = require("../../interop/support/wait");

const program = process.env.REDIS_SERVER ?? "redis-server";

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A folder that goes with the test. */
function folderFor(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-redis-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs redis-server until the test ends; {child, port, folder, ended, stop(signal)}. */
async function run(t, { flags = [], port, folder, ready = "Ready to accept connections", config = [] } = {}) {
  port ??= await freePort();
  folder ??= folderFor(t);
  const child = spawn(program, [...config, "--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  await within(
    new Promise((resolve, reject) => {
      let said = "";
      child.once("error", reject);
      child.stdout.on("data", (text) => {
        said += text;
        if (said.includes(ready)) resolve();
      });
      ended.then(() => reject(new Error("Redis ended: " + said)));
    }),
    "Redis",
  );
  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await within(ended, "the end of Redis");
    process.off("exit", orphan);
  };
  t.after(() => stop("SIGKILL"));
  return { child, port, folder, ended, stop };
}

/** A client that asks Redis itself; it goes with the test. */
async function admin(t, port, options = {}) {
  const client = createClient({ socket: { host: "127.0.0.1", port }, ...options });
  client.on("error", () => {});
  await client.connect();
  t.after(() => client.disconnect().catch(() => {}));
  return client;
}

/** The number of servers that listen to a namespace; null when Redis does not say. */
async function listeners(client, nsp = "/control") {
  const reply = await client.sendCommand(["PUBSUB", "NUMSUB", `socket.io-request#${nsp}#`]).catch(() => null);
  return reply && Number(reply[1]);
}

/** Asks Redis until that number is `count`. */
async function heard(client, count, nsp) {
  let searching = true;
  const search = (async () => {
    while (searching && (await listeners(client, nsp)) !== count);
  })();
  await within(search, `${count} servers`).finally(() => (searching = false));
}

/** Waits until an app has said something on stderr. */
async function said(run, text) {
  const found = new Promise((resolve) => {
    const look = () => {
      if (!run.stderr.includes(text)) return;
      run.child.stderr.off("data", look);
      resolve();
    };
    run.child.stderr.on("data", look);
    look();
  });
  await within(found, `"${text}" in the log, which says: ${run.stderr}`);
}

/** How often it has said it. */
function times(run, text) {
  return run.stderr.split(text).length - 1;
}

/** An authority, and a certificate for `localhost` that it has signed. */
function certificates(folder) {
  const at = (name) => path.join(folder, name);
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority", "-keyout", at("ca.key"), "-out", at("ca.pem"));
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", at("redis.key"), "-out", at("redis.csr"));
  fs.writeFileSync(at("names"), "subjectAltName=DNS:localhost\n");
  openssl("x509", "-req", "-in", at("redis.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", at("names"), "-out", at("redis.pem"));
  return { authority: at("ca.pem"), certificate: at("redis.pem"), key: at("redis.key") };
}

module.exports = { admin, certificates, folderFor, freePort, heard, listeners, run, said, times };
