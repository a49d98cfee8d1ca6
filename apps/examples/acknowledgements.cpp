// Acknowledgements in both directions: the server answers events, asks one client, and asks all of them.

#include <cosio/cosio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

using namespace std::chrono_literals;

struct order {
  std::string dish;
  int count = 1;
  std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(order, (), (dish, count, remark))

struct bill {
  int number = 0;
  double total = 0;
};
BOOST_DESCRIBE_STRUCT(bill, (), (number, total))

namespace {

// The result of a handler is the answer: a value, a struct, or a tuple for a callback with several parameters.
void answer_events(const cosio::socket& user) {
  user.on("add", [](int a, int b) { return a + b; });
  user.on("divide", [](int a, int b) {
    if (b == 0) throw cosio::refusal("division by zero", 422);  // answers {"message": "division by zero", "data": 422}
    return std::make_tuple(a / b, a % b);
  });
  user.on("order", [](order what) {
    bill out;
    out.number = 1;
    out.total = 9.5 * what.count;
    return out;
  });
  // Answers at once, and goes on. A handler with cosio::ack answers when it calls it, and may keep it for later.
  user.on("cook", [user](std::string dish, cosio::ack accept) -> cosio::task<> {
    co_await accept("in a moment");
    co_await user.emit("ready", dish);
  });
}

// A client may be slow, may leave, and may answer nonsense. Without timeout() the question waits as long as it stays.
cosio::task<std::string> ask_age(cosio::socket user) {
  std::optional<int> age;
  std::string trouble;
  try {
    age = co_await user.timeout(2s).emit_with_ack<int>("your age?");
  } catch (const cosio::error& failed) {
    if (failed.code() == cosio::errc::disconnected) throw;  // nobody is there to be told
    trouble = failed.code() == cosio::errc::timed_out ? "no answer in time" : "this is no number";
  }
  if (!age) co_return trouble;
  co_return std::to_string(*age) + " years";
}

// A question to everybody needs a time. The answers that came in it count.
cosio::task<std::tuple<std::size_t, std::size_t>> vote(cosio::nsp where, std::string question) {
  const cosio::answers got = co_await where.timeout(2s).emit_with_ack("vote", question);
  std::size_t in_favour = 0;
  for (const bool yes : got.values<bool>()) in_favour += yes ? 1 : 0;
  co_return std::make_tuple(in_favour, got.responses().size());
}

void serve(cosio::socket user) {
  answer_events(user);
  user.on("ask me", [user] { return ask_age(user); });
  user.on("ask everybody", [user](std::string question) { return vote(user.nsp(), question); });
}

}  // namespace

int main(int argc, char** argv) {
  cosio::options opts;
  if (argc > 1) opts.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
  opts.answer_failed_events = true;  // errors are answers, too; servers for JavaScript never answer then
  cosio::server io(opts);
  io.on_connection(serve);
  io.run_until_signal();
}
