// A client whose token is renewed while it is connected, and is a fresh one whenever it connects again.
//
//   const socket = connectWithToken(io, "https://app.example", () => fetch("/token").then((got) => got.text()));

export function connectWithToken(io, url, fetchToken, options = {}) {
  const auth = (send) => fetchToken().then((token) => send({ token })); // asked for each connection
  const socket = io(url, { ...options, auth });

  socket.on("credentials_expiring", async () => {
    const answer = await socket.timeout(5000).emitWithAck("renew", await fetchToken());
    if (answer?.message) console.warn(`the token was not renewed: ${answer.message}`);
  });
  return socket;
}
