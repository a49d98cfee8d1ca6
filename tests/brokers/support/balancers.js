// nginx and HAProxy in front of several servers, on free ports: {url, stop()}.
//
// A polling client must reach the same server every time. nginx chooses by a header here, as it would by an address;
// HAProxy by a cookie that it sets.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { within } = require("../../interop/support/wait");
const { folder, freePort, program, remove, run } = require("./programs");

const addresses = (servers) => servers.map(({ url }) => new URL(url).host);

async function start(name, debian, words, text) {
  const file = program(name, debian);
  const port = await freePort();
  const data = folder(name);
  const config = path.join(data, "config");
  fs.writeFileSync(config, text(port, data));
  const running = await run(file, words(config, data));
  await within(answers(port), `${name} to listen`);
  return { ...running, port, url: `http://127.0.0.1:${port}`, stop: async () => (await running.stop(), remove(data)) };
}

async function answers(port) {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function startNginx(servers) {
  const text = (port, data) => `
    daemon off; pid ${data}/pid; error_log stderr; worker_processes 1;
    events { worker_connections 512; }
    http {
      access_log off; client_body_temp_path ${data}/body; proxy_temp_path ${data}/proxy; fastcgi_temp_path ${data}/fastcgi;
      uwsgi_temp_path ${data}/uwsgi; scgi_temp_path ${data}/scgi;
      map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
      upstream nodes {
        hash $http_x_visitor consistent;
        ${addresses(servers).map((address) => `server ${address} max_fails=1 fail_timeout=2s;`).join(" ")}
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://nodes; proxy_http_version 1.1; proxy_buffering off;
          proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
          proxy_next_upstream error timeout;
        }
      }
    }`;
  return start("nginx", "nginx", (config, data) => ["-p", data, "-c", config, "-e", "stderr"], text);
}

function startHaproxy(servers) {
  const text = (port) => `
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
  option redispatch
frontend all
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance roundrobin
  cookie node insert nocache
  option httpchk GET /healthz
${addresses(servers).map((address, i) => `  server n${i} ${address} check inter 200ms fall 1 rise 1 cookie n${i}`).join("\n")}
`;
  return start("haproxy", "haproxy", (config) => ["-db", "-f", config], text);
}

module.exports = { startHaproxy, startNginx };
