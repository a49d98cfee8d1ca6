// One command of /control: an event whose acknowledgement has the result.

#pragma once
#include "services.hpp"

#include <cosio/cosio.hpp>

#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace conformance {

/// The client's answer for a failure: `{"message": …}`.
boost::json::object failure(const std::exception& wrong);

/// The answers of many: `{error, responses}`, the first argument of each, with the binary that they carry.
cosio::arguments outcome(const cosio::answers& got);

/// The values, with their binary, as the arguments of one event.
cosio::arguments list_of(const std::optional<std::vector<cosio::argument>>& values);

// A body that does not wait returns its result as it is.
template <class Result>
cosio::task<Result> as_task(cosio::task<Result> waiting) {
  return waiting;
}
template <class Result>
cosio::task<Result> as_task(Result ready) {
  co_return ready;
}

/// Registers a command. The result of `body(arguments)`, a value or a task of one, is acknowledged as `(null, result)`,
/// and an exception as `({"message": …})`. Wrong arguments throw where the body reads them.
template <class Body>
void command(const cosio::socket& user, std::string_view name, Body body) {
  user.on(name, [body = std::move(body)](cosio::arguments args, cosio::ack answer) -> cosio::task<> {
    boost::json::object problem;
    try {
      auto work = as_task(body(args));
      const auto result = co_await std::move(work);
      co_await answer(nullptr, result);
    } catch (const std::exception& wrong) {
      problem = failure(wrong);
    }
    if (!problem.empty()) co_await answer(problem);
  });
}

// The commands, by topic. Each is registered on one socket of /control and runs on that client's strand.
void add_emitting(const cosio::socket& user, services& all);
void add_rooms(const cosio::socket& user, services& all);
void add_listeners(const cosio::socket& user);
void add_introspection(const cosio::socket& user, services& all);
void add_servers(const cosio::socket& user, services& all);
void add_endings(const cosio::socket& user, services& all);

}  // namespace conformance
