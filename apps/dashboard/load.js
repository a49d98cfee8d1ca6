// The CPU time of a server with many idle clients: without a page of the dashboard, and with one in either mode.
"use strict";
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { io } = require("socket.io-client");

const [build, clients, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const settling = 10_000; // milliseconds from the last client to the first look at the clock

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Seconds of CPU time that a process has used. */
function used(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

function lineOf(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      const found = pattern.exec(text);
      if (found) resolve(found[1]);
    });
    child.once("close", () => reject(new Error(`it ended: ${text}`)));
  });
}

async function measure(mode) {
  const env = { ...process.env, PORT: "0", ADMIN_MODE: mode === "development" ? "development" : "production" };
  delete env.ADMIN_PASSWORD_HASH;
  const server = spawn(path.join(build, "apps/dashboard/dashboard"), [], { env, stdio: ["ignore", "pipe", "inherit"] });
  const url = await lineOf(server, /listening on (\S+)\n/);
  const hold = String(seconds + 3 * (settling / 1000) + clients / 500);
  const crowd = spawn(
    path.join(build, "apps/bench/load/bench"),
    ["load", url, "--scenario", "idle", "--clients", String(clients), "--hold", hold, "--connect-rate", "1000"],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  let page;
  let bytes = 0;
  const first = io(`${url}/admin`, { transports: ["websocket"] });
  await new Promise((resolve) =>
    first.on("server_stats", (stats) => {
      if (stats.clientsCount > clients) resolve();
    }),
  );
  if (mode === "nobody") first.close();
  else page = first;
  page?.io.engine.on("data", (data) => (bytes += data.length));
  await wait(settling);
  const began = used(server.pid);
  bytes = 0;
  await wait(seconds * 1000);
  const cpu = (100 * (used(server.pid) - began)) / seconds;
  console.log(`${mode.padEnd(12)} ${cpu.toFixed(2)} % of a core, ${Math.round(bytes / seconds)} bytes in a second`);
  page?.close();
  crowd.kill("SIGKILL");
  server.kill("SIGKILL");
  return cpu;
}

(async () => {
  for (const mode of ["nobody", "production", "development"]) await measure(mode);
  process.exit(0);
})();
