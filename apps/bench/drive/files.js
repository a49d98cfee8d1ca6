// Static files: this server beside nginx, interleaved. usage: see ../files.sh
"use strict";
const { execFileSync } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { median, readable, spread } = require("./numbers");
const { program, startServer, load, hasCommand, scratchFolder } = require("./programs");

const works = {
  small: { title: "1 KB", file: "small.txt", clients: 50 },
  unchanged: { title: "1 KB, not changed: 304", file: "small.txt", clients: 50, known: true },
  large: { title: "10 MB", file: "large.bin", clients: 8 },
  "small-tls": { title: "1 KB over TLS", file: "small.txt", clients: 50, tls: true },
  "large-tls": { title: "10 MB over TLS", file: "large.bin", clients: 8, tls: true },
};

function writeFiles(folder) {
  const files = path.join(folder, "files");
  fs.mkdirSync(files);
  fs.chmodSync(folder, 0o755); // for nginx's worker, which has another user
  fs.writeFileSync(path.join(files, "small.txt"), "0123456789abcde\n".repeat(64));
  fs.writeFileSync(path.join(files, "large.bin"), crypto.randomBytes(10 * 1_048_576));
  return files;
}

// Debian's nginx as it is configured there, but for the log of requests, one worker, and connections that are kept.
function nginx(folder, tls) {
  const at = path.join(folder, tls ? "nginx-tls" : "nginx");
  fs.mkdirSync(at, { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${at}/${name};`).join(" ");
  let secure = "";
  if (tls) {
    const ask = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
    execFileSync("openssl", [...ask, "-keyout", `${at}/key.pem`, "-out", `${at}/cert.pem`], { stdio: "ignore" });
    secure = `ssl_certificate ${at}/cert.pem; ssl_certificate_key ${at}/key.pem; ssl_protocols TLSv1.3;`;
  }
  const listen = tls ? "127.0.0.1:PORT ssl" : "127.0.0.1:PORT";
  fs.writeFileSync(
    `${at}/nginx.conf.in`,
    `daemon off; worker_processes 1; pid ${at}/pid; error_log ${at}/error.log;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000000; keepalive_timeout 65; ${temporary}
  types { text/plain txt; } default_type application/octet-stream;
  server { listen ${listen}; ${secure} location /files/ { root ${folder}; } }
}
`,
  );
  const script = `sed s/PORT/{port}/ ${at}/nginx.conf.in > ${at}/nginx.conf; echo ready $$; exec nginx -e ${at}/error.log -c ${at}/nginx.conf`;
  return ["sh", "-c", script];
}

const ours = (files, tls) => [program("bench_server"), "{port}", "--files", files, ...(tls ? ["--tls"] : [])];

function head(port, file, tls) {
  const { get } = tls ? https : http;
  return new Promise((resolve, reject) => {
    const asked = get({ port, host: "127.0.0.1", path: `/files/${file}`, method: "HEAD", agent: false, rejectUnauthorized: false }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve(answer.headers);
      else reject(new Error(`HTTP ${answer.statusCode} in place of ${file}`));
    });
    asked.on("error", reject);
  });
}

/** Resolves to the entity tag, as soon as the server answers. */
async function etagOf(port, file, tls) {
  for (let tries = 0; ; ++tries) {
    try {
      return (await head(port, file, tls)).etag;
    } catch (failure) {
      if (tries === 100) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The words of the load client for one of the works. */
function words(work, etag) {
  const known = work.known ? ["--header", `If-None-Match: ${etag}`] : [];
  return ["file", "--path", `/files/${work.file}`, "--clients", String(work.clients), ...known, ...(work.tls ? ["--tls"] : [])];
}

async function measure(names, { reps, seconds }) {
  const folder = scratchFolder();
  const files = writeFiles(folder);
  const servers = new Map();
  const start = async (name, command, tls) => {
    const running = await startServer(command, { pinned: true });
    await etagOf(running.port, "small.txt", tls);
    servers.set(name, running);
  };
  for (const tls of [false, true]) {
    if (!names.some((name) => Boolean(works[name].tls) === tls)) continue;
    await start(`cosio${tls ? "-tls" : ""}`, ours(files, tls), tls);
    await start(`nginx${tls ? "-tls" : ""}`, nginx(folder, tls), tls);
  }
  const rows = [];
  try {
    for (let rep = 0; rep < reps; ++rep) {
      for (const name of names) {
        for (const server of rep % 2 ? ["nginx", "cosio"] : ["cosio", "nginx"]) {
          const work = works[name];
          const running = servers.get(server + (work.tls ? "-tls" : ""));
          const etag = await etagOf(running.port, work.file, work.tls);
          const found = await load(running, [...words(work, etag), "--seconds", String(seconds), "--warmup", "0.5"], { pinned: true });
          const wanted = work.known ? 304 : 200;
          if (found.status !== wanted) throw new Error(`${server}: HTTP ${found.status} in place of ${wanted}`);
          rows.push({ rep, name, server, ...found });
          console.error(`round ${rep + 1}, ${work.title}, ${server}: ${readable(found.server_cpu_us_per_unit)} µs`);
        }
      }
    }
  } finally {
    for (const running of servers.values()) await running.stop();
  }
  return rows;
}

function table(rows, names, reps) {
  const of = (name, server, figure) => rows.filter((row) => row.name === name && row.server === server).map((row) => row[figure]);
  const cells = names.map((name) => {
    const [we, they] = ["cosio", "nginx"].map((server) => of(name, server, "server_cpu_us_per_unit"));
    const rates = ["cosio", "nginx"].map((server) => readable(median(of(name, server, "units_per_second"))));
    const quotients = Array.from({ length: reps }, (_, rep) => we[rep] / they[rep]);
    return [works[name].title, spread(we), spread(they), readable(median(quotients)), rates.join(" / ")];
  });
  const title = ["file", "this server, µs", "nginx, µs", "quotient", "answers a second"];
  return [title, title.map((_, at) => (at === 0 ? "---" : "--:")), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

async function main(given) {
  const { values } = parseArgs({
    args: given,
    options: { reps: { type: "string", default: "5" }, seconds: { type: "string", default: "3" }, only: { type: "string" } },
  });
  const names = values.only ? values.only.split(",") : Object.keys(works);
  const unknown = names.find((name) => !works[name]);
  if (unknown !== undefined) throw new Error(`--only: '${unknown}' is none of ${Object.keys(works).join(", ")}`);
  if (!hasCommand("nginx") && !fs.existsSync("/usr/sbin/nginx")) throw new Error("nginx is missing: apt install nginx-light");
  process.env.PATH += ":/usr/sbin";
  const reps = Number(values.reps);
  const rows = await measure(names, { reps, seconds: Number(values.seconds) });
  console.log(`${os.cpus()[0].model}, Linux ${os.release()}; server CPU time for one answer, medians of ${reps} rounds\n`);
  console.log(table(rows, names, reps));
}

main(process.argv.slice(2)).catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
