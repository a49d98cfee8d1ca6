// The counterpart of apps/own_parser/hex_parser.cpp: what the option `parser` of socket.io-client takes.
"use strict";
const Emitter = require("@socket.io/component-emitter").Emitter;

function toMessage(value) {
  if (Buffer.isBuffer(value)) return { $hex: value.toString("hex") };
  if (Array.isArray(value)) return value.map(toMessage);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toMessage(item)]));
}

class Encoder {
  encode({ type, nsp, id, data }) {
    return [JSON.stringify({ type, nsp, id, data: toMessage(data) })];
  }
}

class Decoder extends Emitter {
  add(text) {
    const fromMessage = (_, value) => (typeof value?.$hex === "string" ? Buffer.from(value.$hex, "hex") : value);
    this.emit("decoded", JSON.parse(text, fromMessage));
  }
  destroy() {}
}

module.exports = { Encoder, Decoder };
