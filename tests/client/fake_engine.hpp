// A manager of a client above connections that a test holds in its hands, with a clock that moves when told.
//
//   client_world w;
//   auto s = w.server.socket("/");
//   auto joined = w.start(s.connect());     // CONNECT is answered by itself: see answers_connect
//   w.settle();
//   w.connection().deliver("2[\"hi\"]");
//   CHECK(w.connection().texts == …);

#pragma once
#include <boost/asio/post.hpp>

#include <cosio/io_client.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/engine_client.hpp"
#include "client/manager_core.hpp"
#include "support/catch.hpp"
#include "support/mailbox.hpp"
#include "support/world.hpp"

namespace cosio::test {

class fake_source;

/// One connection. What was sent stands in `texts` (binary as "<bytes>") and in `sent`.
class fake_connection final : public clients::engine_client, public std::enable_shared_from_this<fake_connection> {
 public:
  fake_connection(fake_source& of, async::strand on, std::weak_ptr<clients::engine_listener> whom)
      : of_(of), on_(std::move(on)), whom_(std::move(whom)) {}

  void open() override;
  void send(message what, bool compress) override;
  bool is_overdue() const noexcept override { return overdue; }
  std::size_t waiting_bytes() const noexcept override { return waiting; }
  std::string_view transport() const noexcept override { return dropped || closed ? "" : "websocket"; }
  void close() override {
    closed = true;
    tell([](clients::engine_listener& whom) { whom.on_close({reason::kind::forced_close}); });
  }
  void drop() noexcept override { dropped = true; }

  /// A message of the server.
  void deliver(std::string text) {
    tell([text = std::move(text)](clients::engine_listener& whom) { whom.on_message(message(text)); });
  }
  void deliver(binary bytes) {
    tell([bytes = std::move(bytes)](clients::engine_listener& whom) { whom.on_message(message(bytes)); });
  }
  void lose(reason::kind why) {
    tell([why](clients::engine_listener& whom) { whom.on_close({why}); });
  }
  void ping() {
    tell([](clients::engine_listener& whom) { whom.on_ping(); });
  }
  void drain() {
    waiting = 0;
    tell([](clients::engine_listener& whom) { whom.on_drain(); });
  }

  std::vector<std::string> texts;
  std::vector<message> sent;
  std::vector<bool> compressed;
  std::size_t waiting = 0;
  bool overdue = false;
  bool closed = false;
  bool dropped = false;

 private:
  void tell(std::function<void(clients::engine_listener&)> what) {
    boost::asio::post(on_, [self = shared_from_this(), what = std::move(what)] {
      if (self->dropped) return;
      if (const auto whom = self->whom_.lock()) what(*whom);
    });
  }

  fake_source& of_;
  async::strand on_;
  std::weak_ptr<clients::engine_listener> whom_;
};

class fake_source final : public clients::engine_source {
 public:
  std::shared_ptr<clients::engine_client> make(async::strand on,
                                               std::weak_ptr<clients::engine_listener> whom) override {
    made.push_back(std::make_shared<fake_connection>(*this, std::move(on), std::move(whom)));
    return made.back();
  }

  /// Whether connections are made; else they end with `transport error`.
  bool reachable = true;
  /// Whether CONNECT is answered, with the ids "id1", "id2", …
  bool answers_connect = true;
  /// A member of the answer, such as `,"pid":"p"`.
  std::string more;
  std::vector<std::shared_ptr<fake_connection>> made;
  std::size_t joined = 0;
};

inline void fake_connection::open() {
  if (of_.reachable) {
    tell([](clients::engine_listener& whom) {
      clients::engine_handshake shake;
      shake.sid = "session";
      whom.on_open(shake);
    });
  } else {
    tell([](clients::engine_listener& whom) {
      whom.on_close({reason(reason::kind::transport_error, "nobody listens there")});
    });
  }
}

inline void fake_connection::send(message what, bool compress) {
  compressed.push_back(compress);
  texts.push_back(what.is_binary() ? "<bytes>" : what.text());
  sent.push_back(what);
  if (!of_.answers_connect || what.is_binary() || what.text().empty() || what.text().front() != '0') return;
  const std::size_t end = what.text().find(',');
  const bool is_root = what.text().size() == 1 || what.text()[1] != '/';
  const std::string nsp = is_root ? "" : what.text().substr(1, end - 1) + ",";
  deliver("0" + nsp + "{\"sid\":\"id" + std::to_string(++of_.joined) + "\"" + of_.more + "}");
}

/// Delays without chance.
inline manager_options steady(manager_options options = {}) {
  options.randomization_factor = 0;
  return options;
}

class client_world {
 public:
  explicit client_world(manager_options options = steady()) : server(core_for(std::move(options))) {}
  ~client_world() {
    server = manager(std::shared_ptr<clients::manager_core>());
    if (!skip_last_steps) w.settle();
  }

  void settle() { w.settle(); }
  void advance(std::chrono::milliseconds time) { w.advance(time); }
  template <class T>
  std::future<T> start(task<T> work) {
    auto out = test::start(w.context().get_executor(), std::move(work));
    w.settle();
    return out;
  }
  template <class T>
  T run(task<T> work) {
    return w.run(std::move(work));
  }
  fake_connection& connection() { return *source->made.back(); }

  world w;
  std::shared_ptr<async::runtime> runtime{w.take_runtime()};
  std::shared_ptr<fake_source> source = std::make_shared<fake_source>();
  std::vector<connection_target> targets;  // for which a source was made
  manager server;
  bool skip_last_steps = false;  // the io_context ends with all that it still had to do

 private:
  std::shared_ptr<clients::manager_core> core_for(manager_options options) {
    auto make = [this](const connection_target& to) {
      targets.push_back(to);
      return source;
    };
    return clients::manager_core::make(runtime, "http://server", std::move(options), std::move(make));
  }
};

template <class T>
bool is_ready(const std::future<T>& what) {
  return what.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// The code of the error that a future holds; success without one.
template <class T>
boost::system::error_code code_of(std::future<T>& what) {
  if (!is_ready(what)) throw std::logic_error("the coroutine has not ended");
  try {
    what.get();
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

using texts = std::vector<std::string>;

}  // namespace cosio::test
