// An overview of a server by the feed of its dashboard: numbers every two seconds, rooms from what happens to sockets.
const shownRooms = 20;
const minute = 60_000;
const servers = new Map(); // by serverId: the last server_stats and server_details
const sockets = new Map(); // by namespace and id: {nsp, rooms, sent}
let isDevelopment = false;

const at = (id) => document.getElementById(id);
const keyOf = (nsp, id) => `${nsp}\n${id}`;

function row(...cells) {
  const made = document.createElement("tr");
  for (const cell of cells) {
    const one = document.createElement("td");
    one.textContent = cell;
    made.append(one);
  }
  return made;
}

function fill(id, counts) {
  const rows = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  at(id).replaceChildren(...rows.map(([name, count]) => row(name, count.toLocaleString("en"))));
  if (!rows.length) at(id).append(row("none", "0"));
}

/** The sum over all servers, of a number or of counts by name. */
function sum(part, name) {
  let total = 0;
  for (const one of servers.values()) total += one[part]?.[name] ?? 0;
  return total;
}
function sums(name) {
  const total = {};
  for (const one of servers.values())
    for (const [key, count] of Object.entries(one.details?.[name] ?? {})) total[key] = (total[key] ?? 0) + count;
  return total;
}

function showNumbers() {
  const numbers = {
    Servers: servers.size,
    "TCP connections": sum("details", "connections"),
    Clients: sum("stats", "clientsCount"),
    "of them on polling": sum("stats", "pollingClientsCount"),
    Sockets: sum("details", "sockets"),
    "Slow consumers that were disconnected": sum("details", "slowConsumers"),
    "Deliveries that were refused": sum("details", "deliveriesRefused"),
    "Errors of handlers": sum("details", "handlerErrors"),
    "Events left out of this page": sum("details", "eventsLeftOut"),
  };
  const parts = Object.entries(numbers).flatMap(([name, value]) => {
    const term = document.createElement("dt");
    const number = document.createElement("dd");
    term.textContent = name;
    number.textContent = value.toLocaleString("en");
    return [term, number];
  });
  at("numbers").replaceChildren(...parts);
  fill("limits", sums("limits"));
  fill("refusals", sums("refused"));
  fill("ends", sums("closed"));
}

function showRooms() {
  const rooms = new Map();
  for (const [key, { nsp, rooms: list, sent }] of sockets) {
    for (const room of list) {
      if (keyOf(nsp, room) === key) continue; // the room of its own id
      const name = keyOf(nsp, room);
      const one = rooms.get(name) ?? { nsp, room, sockets: 0, sent: 0 };
      one.sockets += 1;
      one.sent += sent.length;
      rooms.set(name, one);
    }
  }
  const first = [...rooms.values()].sort((a, b) => b.sent - a.sent || b.sockets - a.sockets).slice(0, shownRooms);
  at("rooms").replaceChildren(...first.map((one) => row(one.nsp, one.room, one.sockets, one.sent)));
  at("rooms-note").textContent = isDevelopment
    ? `${rooms.size} in all. Events that were sent to its sockets in the last minute.`
    : "Rooms are shown in development mode.";
}

function forgetOld() {
  const since = Date.now() - minute;
  for (const one of sockets.values()) while (one.sent.length && one.sent[0] < since) one.sent.shift();
}

function add(socket) {
  const before = sockets.get(keyOf(socket.nsp, socket.id));
  sockets.set(keyOf(socket.nsp, socket.id), { nsp: socket.nsp, rooms: new Set(socket.rooms), sent: before?.sent ?? [] });
}

const page = window.io("/admin", { autoConnect: false, auth: {} });

page.on("connect", () => {
  at("login").hidden = true;
  at("main").hidden = false;
  at("state").textContent = "Connected";
});
page.on("disconnect", (reason) => {
  at("state").textContent = `Disconnected: ${reason}`;
  servers.clear();
});
page.on("connect_error", (error) => {
  at("state").textContent = `Not connected: ${error.message}`;
  if (error.message !== "invalid credentials" && error.message !== "too many attempts") return;
  at("refused").textContent = page.auth.password ? error.message : "";
  at("login").hidden = false;
  at("main").hidden = true;
});
page.on("session", (id) => {
  page.auth = { sessionId: id };
  sessionStorage.setItem("cosio overview", id);
});
page.on("config", ({ supportedFeatures }) => {
  isDevelopment = supportedFeatures.includes("ALL_EVENTS");
  showRooms();
});
page.on("all_sockets", (all) => {
  sockets.clear();
  all.forEach(add);
  showRooms();
});
page.on("socket_connected", add);
page.on("socket_disconnected", (nsp, id) => sockets.delete(keyOf(nsp, id)));
page.on("room_joined", (nsp, room, id) => sockets.get(keyOf(nsp, id))?.rooms.add(room));
page.on("room_left", (nsp, room, id) => sockets.get(keyOf(nsp, id))?.rooms.delete(room));
page.on("event_sent", (nsp, id) => sockets.get(keyOf(nsp, id))?.sent.push(Date.now()));
page.on("server_stats", (stats) => servers.set(stats.serverId, { ...servers.get(stats.serverId), stats }));
page.on("server_details", (details) => {
  servers.set(details.serverId, { ...servers.get(details.serverId), details });
  forgetOld();
  showNumbers();
  showRooms();
});

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  page.auth = Object.fromEntries(new FormData(event.target));
  page.connect();
});

const known = sessionStorage.getItem("cosio overview");
if (known) page.auth = { sessionId: known };
page.connect();
