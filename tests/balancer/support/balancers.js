// Load balancers in plain round robin, and the servers behind them; all on free ports.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { calm, end, launch } = require("../../interop/support/conformance");
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

/** Resolves when somebody listens on the port; rejects when `ended` comes first. */
function listening(port, ended) {
  let over = false;
  const attempt = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(socket.destroy()));
      socket.once("error", () => (over ? reject(new Error("it ended")) : setImmediate(() => attempt().then(resolve, reject))));
    });
  ended.then(() => (over = true));
  return within(attempt(), `port ${port}`);
}

/** The configuration that docs/balancers.md shows below a heading, with these servers and this port. */
function shown(heading, port, ports) {
  const page = fs.readFileSync(path.join(__dirname, "../../../docs/balancers.md"), "utf8");
  const [, block] = new RegExp(`\\n### ${heading}\\n[^]*?\\n\`\`\`\\n([^]*?)\\n\`\`\`\\n`).exec(page);
  const server = /^ *server .*10\.0\.0\..*$/gm;
  const [first] = block.match(server);
  const name = (i) => ["one", "two", "three", "four"][i];
  const each = (i) => first.replace("10.0.0.1:3000", `127.0.0.1:${ports[i]}`).replace(" one ", ` ${name(i)} `);
  let done = false;
  return block
    .replace(server, () => (done ? "" : ((done = true), ports.map((_, i) => each(i)).join("\n"))))
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace("bind :80", `bind 127.0.0.1:${port}`);
}

const nginxConfig = (port, ports, folder) => `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${shown("nginx", port, ports)}
}
`;

const haproxyConfig = (port, ports) => `
global
  maxconn 4096
${shown("HAProxy", port, ports)}
`;

const programs = {
  nginx: {
    config: nginxConfig,
    command: (file, folder) => [process.env.NGINX_PROGRAM ?? "nginx", ["-p", folder, "-e", "stderr", "-c", file]],
  },
  haproxy: {
    config: haproxyConfig,
    command: (file) => [process.env.HAPROXY_PROGRAM ?? "haproxy", ["-db", "-f", file]],
  },
};

/** Starts `kind` before servers on these ports: {url, stop()}. */
async function startBalancer(kind, ports) {
  const folder = fs.mkdtempSync(path.join(process.env.BALANCER_DATA ?? os.tmpdir(), `${kind}-`));
  const port = await freePort();
  const file = path.join(folder, "config");
  fs.writeFileSync(file, programs[kind].config(port, ports, folder));
  const [program, flags] = programs[kind].command(file, folder);
  const child = spawn(program, flags, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const ended = new Promise((resolve) => {
    child.once("close", resolve);
    child.once("error", resolve);
  });
  const orphan = () => child.kill("SIGKILL");
  process.once("exit", orphan);
  await listening(port, ended).catch((error) => {
    throw new Error(`${kind} does not listen (${error.message}): ${said}`);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await within(ended, `the end of ${kind}`);
    process.off("exit", orphan);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/** Starts `count` servers that pass requests on to each other: {ports, runs, stop(killed)}. */
async function startServers(count) {
  const ports = [];
  for (let i = 0; i < count; ++i) ports.push(await freePort());
  const list = ports.map((port, i) => `${i + 1}=http://127.0.0.1:${port}`).join(",");
  const runs = ports.map((port, i) =>
    launch("--port", String(port), ...calm, "--node", String(i + 1), "--nodes", list, "--threads", "1"),
  );
  await Promise.all(runs.map((run) => run.listening));
  const stop = async (killed) => {
    for (const run of runs) {
      if (run === killed) continue;
      const { code } = await end(run);
      if (code !== 0) throw new Error(`a server ended badly: ${run.stderr}`);
    }
  };
  return { ports, runs, stop };
}

module.exports = { freePort, listening, startBalancer, startServers };
