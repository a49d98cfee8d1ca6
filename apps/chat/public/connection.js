// The badge that tells the state of the connection, and the words below the header while there is none.

import { at, button } from "./element.js";

const words = {
  connecting: "Connecting…",
  reconnecting: "Not connected. What you write is sent when the connection is back.",
  offline: "This device is offline. What you write is sent when it is back.",
};
let later;

/** connecting, connected, reconnecting, offline, or silent: connected, but nothing comes back. */
export function showState(state, detail = "") {
  at("status").dataset.state = state;
  document.body.classList.toggle("stale", state !== "connected" && state !== "silent");
  const label = state === "silent" ? "no answer" : state;
  if (at("state").textContent !== label) at("state").textContent = label;
  at("transport").textContent = detail;
  at("transport").hidden = detail === "";
  at("delay").hidden = true;
  clearTimeout(later);
  if (!words[state]) at("away").hidden = true;
  else later = setTimeout(showAway, at("away").hidden ? 1_000 : 0, words[state]); // a blink needs no words
}

function showAway(text) {
  at("away-text").textContent = text;
  at("away").hidden = false;
}

export function showTransport(transport) {
  at("transport").textContent = transport;
  at("transport").hidden = false;
}

export function showDelay(milliseconds) {
  at("delay").textContent = `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  at("delay").hidden = false;
}

/** In the place of everything: without the client, nothing on this page works. */
export function showMissingClient() {
  showState("offline");
  at("missing-client").hidden = false;
}

export function onTryNow(again) {
  at("away").append(button("", "Try now", again));
}
