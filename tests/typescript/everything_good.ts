// Compiles, with every event of the contract.
import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, Colour, Node, Picture, PictureInput, ServerToClientEvents } from "./everything";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();

// ---------------------------------------------------------------- received
socket.on("picture", (shown) => {
  const tint: Colour | undefined = shown.tint;
  const parts: ArrayBuffer[] = shown.parts;
  console.log(shown.name.length, tint, parts.length);
});
socket.on("bytes", (data) => console.log(data.byteLength));
socket.on("plain", (yes: boolean, int: number, double: number, text: string, none: null, level: number) => {
  console.log(yes, int + double + level, text, none);
});
socket.on("sizes", (a, b) => console.log(a.width * a.height, b.of[0] + b.of[1]));
socket.on("counts", (by_name) => {
  const one: number | null | undefined = by_name["one"];
  console.log(one);
});
socket.on("pair", ([text, number]) => console.log(text.length, number ?? 0));
socket.on("drawn", (what, when) => {
  for (const one of what) {
    if (one instanceof ArrayBuffer) console.log(one.byteLength);
    else if ("radius" in one) console.log(one.radius);
    else console.log(one.text.length, one.around?.radius);
  }
  console.log(new Date(when).getTime());
});
socket.on("stock", (by_id, by_colour) => {
  const left: number | undefined = by_colour.red;
  console.log(by_id[7].length, left);
});
socket.on("json", (value, object) => console.log(value.whatever, object["x"].y));
socket.on("which colour?", (of, answer) => answer(of[0] ?? null));
socket.on("ready?", (answer) => answer());

// ---------------------------------------------------------------- sent
const picture: PictureInput = { name: "x", parts: [new ArrayBuffer(1), new Uint8Array(2)] };
const tree: Node = { value: 1, children: [{ value: 2, children: [] }] };
socket.emit("upload", picture, (stored) => {
  socket.emit("upload", stored, () => {}); // what was received may be sent
});
socket.emit("upload", { ...picture, tint: null }, (stored: Picture) => console.log(stored.parts));
socket.emit("bytes", new Uint8Array(1), [new ArrayBuffer(1)]);
socket.emit("search", "text");
socket.emit("search", "text", 5);
socket.emit("search", "text", null);
socket.emit("save", () => {});
socket.emit("divide", 7, 2, (quotient, remainder) => console.log(quotient * 2 + remainder));
socket.emit("any", "kind", 1, "two", [3], (...answer: any[]) => console.log(answer.length));
socket.emit("draw", { radius: 1 }, 250);
socket.emit("draw", { text: "x", around: null }, 250);
socket.emit("draw", new Uint8Array(1), 0.5);
socket.emit("log", 1, "two", { three: 4 });
socket.emit("log");

export async function ask(): Promise<number> {
  const stored: Picture = await socket.timeout(1_000).emitWithAck("upload", picture);
  const grown: Node = await socket.emitWithAck("tree", tree);
  return stored.name.length + grown.value;
}
