// Tokens (JWT): they say who may connect, and for how long. A client renews its token without a new connection.
//
//   example_jwt [PORT [HS256 SECRET | RS256 FILE | ES256 FILE]]     FILE has the public key (PEM)
//
// jwt/token.cpp checks the tokens; jwt/client.mjs is the side of the client.

#include <chrono>
#include <cosio/cosio.hpp>
#include <cstdint>
#include <string>

#include "jwt/token.hpp"

using namespace std::chrono_literals;

namespace {

// A token whose time is over is refused here: the client gets the `connect_error` "credentials expired".
void let_in(const token_check& tokens, const cosio::socket& user) {
  const claims who = tokens.read(user.handshake().auth()["token"].as_or(std::string()));
  user.data(who);
  user.expires_at(who.end());  // shortly before, the client hears "credentials_expiring"
}

void serve(const token_check& tokens, cosio::socket user) {
  user.on("who am I?", [user] { return user.data<claims>().sub; });

  // A renewed token is for the same user. Who does not renew in time is disconnected: `io server disconnect`.
  user.on("renew", [&tokens, user](std::string token) {
    const claims fresh = tokens.read(token);
    if (fresh.sub != user.data<claims>().sub) throw cosio::refusal("this is the token of another user");
    user.data(fresh);
    user.expires_at(fresh.end());
    return fresh.exp;
  });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.credentials_notice = 3s;      // the time in which a client must renew its token; by default 30 s
  opts.answer_failed_events = true;  // a refusal is the answer to "renew"
  const bool chosen = argc > 3;
  const token_check tokens(chosen ? argv[2] : "HS256", chosen ? argv[3] : "a secret of 32 characters or more");

  cosio::server io(opts);
  io.use([&tokens](cosio::socket& user) { let_in(tokens, user); });
  io.on_connection([&tokens](cosio::socket user) { serve(tokens, user); });
  io.run_until_signal();
}
