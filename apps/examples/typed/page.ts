// The page of the survey. contract.d.ts is made by the build of the server, from contract.hpp.
import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, Mood, Result, ServerToClientEvents } from "./contract";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
const moods: Mood[] = ["great", "fine", "tired"];
const remark = document.querySelector("input")!;

function show(now: Result): void {
  const parts = moods.map((mood) => `${now.votes[mood] ?? 0} ${mood}`);
  document.getElementById("result")!.textContent = `${now.voters} voted: ${parts.join(", ")}`;
  const items = now.remarks.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  document.querySelector("ul")!.replaceChildren(...items);
}

async function vote(feeling: Mood): Promise<void> {
  const voters: number = await socket.timeout(5000).emitWithAck("vote", { feeling, remark: remark.value || null });
  console.info(`${voters} have voted`);
  show(await socket.timeout(5000).emitWithAck("result"));
}

for (const mood of moods) {
  const button = document.getElementById("moods")!.appendChild(document.createElement("button"));
  button.textContent = mood;
  button.onclick = () => vote(mood);
}
socket.on("changed", show);
socket.on("connect", async () => show(await socket.timeout(5000).emitWithAck("result")));
