// The side of the client: uploads a Blob (or a File) with its progress, and downloads a file.

const partSize = 256 * 1024;

/** Returns the id of the file. `progress(done, all)` is called behind each part that the server has written. */
export async function upload(socket, name, blob, progress = () => {}) {
  const id = await ask(socket, "upload", { name, size: blob.size });
  for (let at = 0; at < blob.size; progress(at, blob.size)) {
    const part = await blob.slice(at, at + partSize).arrayBuffer();
    at = await ask(socket, "write", id, at, part); // the bytes that are there, also behind a lost connection
  }
  return id;
}

/** Returns a Blob. `progress(done)` is called behind each part. */
export async function download(socket, id, progress = () => {}) {
  const parts = [];
  const take = (at, bytes) => {
    parts.push(bytes);
    progress(at + bytes.byteLength);
  };
  socket.on("part", take);
  try {
    await ask(socket, "download", id); // the answer comes behind the last part
  } finally {
    socket.off("part", take);
  }
  return new Blob(parts);
}

async function ask(socket, event, ...args) {
  const answer = await socket.emitWithAck(event, ...args);
  if (answer?.message) throw new Error(answer.message);
  return answer;
}
