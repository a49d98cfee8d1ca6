// A Redis of our own on a free port, and a server of Node that joins the cluster.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");
const { within } = require("../../interop/support/wait");

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

/** Starts Redis; {url, port, stop()}. `port`: to come back where it was. */
async function startRedis(port) {
  port ??= await freePort();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-redis-"));
  const child = spawn(
    process.env.REDIS_SERVER ?? "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = new Promise((resolve) => child.once("close", resolve));
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  await within(
    new Promise((resolve, reject) => {
      let said = "";
      child.once("error", reject);
      child.stdout.on("data", (text) => {
        said += text;
        if (said.includes("Ready to accept connections")) resolve();
      });
      ended.then(() => reject(new Error("Redis ended: " + said)));
    }),
    "Redis",
  );
  const stop = async () => {
    child.kill("SIGTERM");
    await within(ended, "the end of Redis");
    process.off("exit", orphan);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { url: `redis://127.0.0.1:${port}`, port, stop };
}

/** The reference server in this process, as one more of the cluster. */
async function startNode(redis) {
  const pub = createClient({ url: redis.url });
  const sub = pub.duplicate();
  for (const client of [pub, sub]) client.on("error", () => {});
  await Promise.all([pub.connect(), sub.connect()]);
  const server = http.createServer();
  const io = new Server(server, { adapter: createAdapter(pub, sub) });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async () => {
    const closed = new Promise((resolve) => io.close(resolve));
    server.closeAllConnections(); // those that clients keep for their next request
    await within(closed, "the end of the server of Node");
    await Promise.all([pub.quit(), sub.quit()]);
  };
  return { io, pub, url: `http://127.0.0.1:${server.address().port}`, close };
}

module.exports = { freePort, startRedis, startNode };
