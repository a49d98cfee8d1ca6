// emit, emit-ack, self-ack, flood: everything that sends to clients.

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe/class.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/command.hpp"
#include "control/room_list.hpp"

namespace conformance {
namespace {

namespace json = boost::json;
using cosio::arguments;
using cosio::socket;
using cosio::task;
using std::chrono::milliseconds;

// ---------------------------------------------------------------- what is asked for

struct emission {
  std::string from;
  std::optional<std::string> nsp;
  std::optional<room_list> to, in, except;
  std::optional<bool> broadcast, volatile_, local, compress;
  std::optional<std::uint32_t> timeout;
  std::string event;
  std::optional<std::vector<cosio::argument>> args;
};
BOOST_DESCRIBE_STRUCT(emission, (),
                      (from, nsp, to, in, except, broadcast, volatile_, local, compress, timeout, event, args))

struct question {
  std::optional<std::uint32_t> timeout;
  std::string event;
  std::optional<std::vector<cosio::argument>> args;
};
BOOST_DESCRIBE_STRUCT(question, (), (timeout, event, args))

struct flood {
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
  std::optional<bool> volatile_;
};
BOOST_DESCRIBE_STRUCT(flood, (), (count, bytes, volatile_))

constexpr std::uint32_t max_flood_bytes = 100'000'000;  // of one event

cosio::nsp nsp_of(const services& all, const emission& what) {
  return all.namespaces.find(what.nsp.value_or("/control"));
}

emission emission_of(const services& all, const arguments& args) {
  auto what = args.get<emission>(0);
  if (what.from != "socket" && what.from != "namespace") {
    throw cosio::error(cosio::errc::bad_argument, R"(from must be "socket" or "namespace")");
  }
  nsp_of(all, what);  // throws for an unknown one, also where it is not used
  return what;
}

// A list of one value, which may contain binary.
arguments one_argument(json::value value, const std::vector<cosio::binary>& attachments) {
  json::array list;
  list.push_back(std::move(value));
  return arguments(std::move(list), attachments);
}

// ---------------------------------------------------------------- to whom

bool goes_to_others(const emission& what) {
  return what.from == "namespace" || what.to || what.in || what.except || what.broadcast == true || what.local == true;
}

cosio::broadcast_operator others(const services& all, const socket& user, const emission& what) {
  auto chain = what.from == "namespace" ? nsp_of(all, what).except() : user.broadcast();
  if (what.to) chain = chain.to(what.to->names());
  if (what.in) chain = chain.in(what.in->names());
  if (what.except) chain = chain.except(what.except->names());
  if (what.volatile_ == true) chain = chain.volatile_();
  if (what.local == true) chain = chain.local();
  if (what.compress) chain = chain.compress(*what.compress);
  if (what.timeout) chain = chain.timeout(milliseconds(*what.timeout));
  return chain;
}

cosio::socket_operator itself(const socket& user, const emission& what) {
  auto chain = user.compress(what.compress.value_or(true));
  if (what.volatile_ == true) chain = chain.volatile_();
  if (what.timeout) chain = chain.timeout(milliseconds(*what.timeout));
  return chain;
}

// ---------------------------------------------------------------- answers

task<arguments> collect(task<cosio::answers> asking) {
  const cosio::answers got = co_await std::move(asking);
  co_return outcome(got);
}

// One receiver's answer, in the form in which a broadcast collects many.
task<arguments> collect_one(task<arguments> asking) {
  std::vector<arguments> responses;
  try {
    const arguments answer = co_await std::move(asking);
    responses.push_back(answer);
  } catch (const cosio::error& failed) {
    if (failed.code() != cosio::errc::timed_out) throw;
  }
  const bool complete = !responses.empty();
  co_return outcome(cosio::answers(std::move(responses), complete));
}

// All arguments of one answer, as one array.
task<arguments> whole_answer(task<arguments> asking) {
  const arguments answer = co_await std::move(asking);
  co_return one_argument(answer.values(), answer.attachments());
}

task<bool> done(task<cosio::report> sending) {
  co_await std::move(sending);
  co_return true;
}

// ---------------------------------------------------------------- the commands

task<bool> emit(const services& all, const socket& user, const arguments& args) {
  const emission what = emission_of(all, args);
  const arguments values = list_of(what.args);
  if (goes_to_others(what)) return done(others(all, user, what).emit(what.event, values));
  return done(itself(user, what).emit(what.event, values));
}

task<arguments> emit_with_ack(const services& all, const socket& user, const arguments& args) {
  const emission what = emission_of(all, args);
  const arguments values = list_of(what.args);
  if (goes_to_others(what)) return collect(others(all, user, what).emit_with_ack(what.event, values));
  return collect_one(itself(user, what).emit_with_ack(what.event, values));
}

task<arguments> ask_itself(const socket& user, const arguments& args) {
  const auto what = args.get<question>(0);
  const arguments values = list_of(what.args);
  auto receiver = user.compress();
  if (what.timeout) receiver = receiver.timeout(milliseconds(*what.timeout));
  return whole_answer(receiver.emit_with_ack(what.event, values));
}

// An emit that need not wait does not suspend: a long flood would keep its thread to itself.
constexpr std::uint32_t turn = 1'000;

task<> let_others_run() {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

task<json::object> flood_itself(socket user, arguments args) {
  const auto what = args.get<flood>(0);
  if (what.bytes > max_flood_bytes) throw cosio::error(cosio::errc::bad_argument, "bytes is too large");
  const std::string text(what.bytes, 'x');
  const auto receiver = what.volatile_ == true ? user.volatile_() : user.compress();

  cosio::report total;
  for (std::uint32_t i = 0; i < what.count && user.connected(); ++i) {
    const cosio::report one = co_await receiver.emit("flood", i, text);
    total += one;
    if (i % turn == turn - 1) co_await let_others_run();
  }
  json::object sums;
  sums["sent"] = total.queued;
  sums["dropped"] = total.dropped;
  co_return sums;
}

}  // namespace

void add_emitting(const socket& user, services& all) {
  command(user, "emit", [user, &all](const arguments& args) { return emit(all, user, args); });
  command(user, "emit-ack", [user, &all](const arguments& args) { return emit_with_ack(all, user, args); });
  command(user, "self-ack", [user](const arguments& args) { return ask_itself(user, args); });
  command(user, "flood", [user](const arguments& args) { return flood_itself(user, args); });
}

}  // namespace conformance
