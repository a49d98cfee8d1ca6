// The CPU time of a polling request at the server of its session, and at another one that passes it on.
// usage: CONFORMANCE_APP=build/release/apps/conformance/conformance node tests/balancer/cost.js [rounds]
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const { startServers } = require("./support/balancers");

const sessions = 8;
const pairs = 250; // of a POST and a GET, for each session in a round
const agent = new http.Agent({ keepAlive: true });

/** The CPU time of a process in microseconds: the times of its threads. */
function spent({ child }) {
  const threads = `/proc/${child.pid}/task`;
  const times = fs.readdirSync(threads).map((id) => Number(fs.readFileSync(`${threads}/${id}/schedstat`, "utf8").split(" ")[0]));
  return times.reduce((sum, time) => sum + time, 0) / 1_000;
}

function ask(port, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path, agent, method: body ? "POST" : "GET" }, (answer) => {
      let text = "";
      answer.on("data", (data) => (text += data));
      answer.on("end", () =>
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}: ${text}`)),
      );
    });
    request.on("error", reject);
    if (body) request.setHeader("Content-Length", Buffer.byteLength(body));
    request.end(body);
  });
}

/** Microseconds of both servers for a request that goes to this port. */
async function round({ runs }, port, paths) {
  const before = runs.map(spent);
  await Promise.all(
    paths.map(async (path) => {
      for (let i = 0; i < pairs; ++i) {
        await ask(port, path, "4hello");
        await ask(port, path);
      }
    }),
  );
  return runs.map((run, i) => (spent(run) - before[i]) / (2 * pairs * paths.length));
}

const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];

async function main(rounds) {
  const servers = await startServers(2);
  const [own, other] = servers.ports;
  const paths = [];
  for (let i = 0; i < sessions; ++i) {
    const opened = await ask(own, "/engine.io/?EIO=4&transport=polling");
    paths.push(`/engine.io/?EIO=4&transport=polling&sid=${JSON.parse(opened.slice(1)).sid}`);
  }
  const direct = [];
  const passed = [];
  for (let i = 0; i <= rounds; ++i) {
    const [here] = await round(servers, own, paths);
    const both = await round(servers, other, paths);
    if (i === 0) continue; // it warms up
    direct.push(here);
    passed.push(both);
  }
  const ratio = (of) => median(passed.map((both, i) => of(both) / direct[i])).toFixed(2);
  console.log(`direct: ${median(direct).toFixed(1)} µs`);
  console.log(`passed on: ${ratio(([a, b]) => a + b)} times as much`);
  console.log(`  of it the server that passes on ${ratio(([, b]) => b)}, the server of the session ${ratio(([a]) => a)}`);
  agent.destroy();
  await servers.stop();
}

main(Number(process.argv[2] ?? 15));
