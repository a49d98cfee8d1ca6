// The figures of a running server: resident memory, heap in use, sessions, refusals.
"use strict";
const fs = require("node:fs");
const { installed } = require("./people");
const { io } = installed("socket.io-client");

/** {sample(), empty(), close()} of a bench_server with --metrics-path /metrics. The watcher is one session and one socket itself. */
async function watch(server) {
  const url = `http://127.0.0.1:${server.port}`;
  const socket = io(`${url}/heap`, { transports: ["websocket"] });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));

  async function sample(trim = false) {
    const heap = await socket.timeout(60_000).emitWithAck(trim ? "trim" : "heap");
    const text = await (await fetch(`${url}/metrics`)).text();
    const resident = /^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${server.pid}/status`, "utf8"));
    const ticks = fs.readFileSync(`/proc/${server.pid}/stat`, "utf8").replace(/^.*\)/, "").trim().split(" ");
    const all = Object.fromEntries([...text.matchAll(/^(cosio_\S+(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
    const sum = (prefix) => Object.entries(all).reduce((total, [name, value]) => (name.startsWith(prefix) ? total + value : total), 0);
    return {
      rss: Number(resident[1]) * 1024,
      heap: heap.in_use,
      kept: heap.kept,
      cpu: (Number(ticks[11]) + Number(ticks[12])) / 100,
      sessions: sum("cosio_sessions{") - 1,
      sockets: all.cosio_sockets - 1,
      handlers: all.cosio_handlers_in_flight,
      handshakes: all.cosio_handshakes_accepted_total - 1,
      events: all.cosio_events_total,
      errors: all.cosio_handler_errors_total + all.cosio_argument_errors_total,
      refused: sum("cosio_requests_refused_total{"),
      limits: sum("cosio_limits_hit_total{"),
      closed: Object.fromEntries(
        Object.entries(all)
          .filter(([name, value]) => name.startsWith("cosio_sessions_closed_total{") && value > 0)
          .map(([name, value]) => [/"(.*)"/.exec(name)[1], value]),
      ),
    };
  }

  /** Waits until everybody else has gone. */
  async function empty(seconds = 90) {
    for (let left = seconds; ; --left) {
      const found = await sample(true);
      if (found.sessions === 0 && found.sockets === 0) return found;
      if (left === 0) throw new Error(`${found.sessions} sessions and ${found.sockets} sockets are still there after ${seconds} s`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  return { sample, empty, close: () => socket.disconnect() };
}

module.exports = { watch };
