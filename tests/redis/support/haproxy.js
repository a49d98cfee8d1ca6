// HAProxy in front of several servers: a client keeps its server by a cookie, and goes to another when that is gone.
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { within } = require("../../interop/support/wait");
const { freePort } = require("./redis");

const program = process.env.HAPROXY ?? "haproxy";

function hasProxy() {
  return spawnSync(program, ["-v"]).status === 0;
}

// The part of it that matters is in docs/deploy.md.
function configuration(port, ports) {
  const servers = ports.map((each, i) => `  server node${i} 127.0.0.1:${each} check cookie node${i}`);
  return `
global
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  retries 5
  option redispatch 1
  retry-on conn-failure empty-response 503
frontend web
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance roundrobin
  cookie node insert indirect nocache
  http-request disable-l7-retry if METH_POST
  option httpchk GET /healthz
  default-server inter 100ms fall 1 rise 1
${servers.join("\n")}
`;
}

/** Starts HAProxy; {url, stop()}. */
async function startProxy(ports) {
  const port = await freePort();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cosio-haproxy-"));
  const file = path.join(folder, "haproxy.cfg");
  fs.writeFileSync(file, configuration(port, ports));
  const child = spawn(program, ["-db", "-f", file], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  const open = (async () => {
    for (;;) {
      if (child.exitCode !== null) throw new Error("HAProxy ended: " + said);
      const is = await new Promise((resolve) => {
        const probe = net.connect(port, "127.0.0.1", () => probe.end(() => resolve(true)));
        probe.once("error", () => resolve(false));
      });
      if (is) return;
      await new Promise(setImmediate);
    }
  })();
  await within(open, "HAProxy");
  const stop = async () => {
    child.kill("SIGKILL");
    await within(ended, "the end of HAProxy");
    process.off("exit", orphan);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

module.exports = { hasProxy, startProxy };
