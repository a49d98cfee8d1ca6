// Step 4: middleware decides who may come in, and gives each socket a name.
#include <cosio/cosio.hpp>

struct person {
  std::string name;
  bool may_ban = false;
};
BOOST_DESCRIBE_STRUCT(person, (), (name, may_ban))

// Asks a database, or checks a token, in a real program. It may wait for that with co_await.
cosio::task<person> find_person(std::string token) {
  if (token.empty() || token.size() > 40) throw cosio::refusal("say who you are", 401);
  person found;
  found.name = token;
  found.may_ban = token == "ada";
  co_return found;
}

cosio::task<> let_in(cosio::socket& user) {
  const std::string token = user.handshake().auth()["token"].as_or(std::string());
  const person who = co_await find_person(token);
  user.data(who);
}

cosio::task<> on_connection(cosio::socket user) {
  const auto me = user.data<person>();
  co_await user.join("lobby");

  user.on("say", [user, me](std::string text) -> cosio::task<> {
    co_await user.nsp().to("lobby").emit("said", me.name, text);
  });
  user.on("ban", [user, me](std::string id) -> cosio::task<> {
    if (!me.may_ban) throw cosio::refusal("you may not", 403);
    co_await user.nsp().in(id).disconnect_sockets();
  });
}

int main() {
  cosio::http::app web;
  web.files("/", "public");
  cosio::options opts;
  opts.answer_failed_events = true;
  cosio::server io(web, opts);
  io.use(let_in);
  io.on_connection(on_connection);
  web.run();
}
