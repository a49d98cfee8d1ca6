// A Socket.IO server in a world: connections in memory, time that moves when told, one thread.

#pragma once
#include <cosio/cosio.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "http/app_state.hpp"
#include "support/http_client.hpp"
#include "support/visitor.hpp"
#include "support/world.hpp"

namespace cosio::test {

struct sio_world {
  explicit sio_world(cosio::options opts = {})
      : state(std::make_shared<http::app::state>(w.take_runtime(), http::app_options())),
        app(state),
        io(app, without_files(std::move(opts))) {
    io.on_connection([this](cosio::socket c) {
      c.on("say", [this](std::string text) { heard.push_back(std::move(text)); });
      c.on("bytes", [this](cosio::binary b) { heard.push_back("<" + std::string(b.view()) + ">"); });
      c.on_disconnect([this](cosio::reason why) -> task<> {
        left.push_back(std::string(why.text()));
        co_return;
      });
      sockets.push_back(c);
    });
  }

  static cosio::options without_files(cosio::options opts) {
    opts.serve_client = false;
    return opts;
  }

  memory_client connect() {
    async::memory_streams pair;
    state->serve(std::move(pair.near));
    w.settle();
    return memory_client(w, std::move(pair.far));
  }
  visitor knock(const way& how) {
    return visitor(how, w, [this] { return connect(); }, "/socket.io/");
  }
  /// A client that is in "/". Generation 2 joins it by itself.
  visitor join(const way& how) {
    visitor v = knock(how);
    v.enter();
    if (how.revision == 4) v.message("0");
    return v;
  }
  std::size_t clients() const { return io.engine().clients_count(); }
  bool has_heard(std::string_view text) const { return std::find(heard.begin(), heard.end(), text) != heard.end(); }

  world w;
  std::vector<std::string> heard;  // of all clients: the arguments of "say", and of "bytes" in < >
  std::vector<std::string> left;   // why sockets ended
  std::shared_ptr<http::app::state> state;
  http::app app;
  cosio::server io;
  std::vector<cosio::socket> sockets;
};

/// One quiet client of every kind: whatever happens to others must not reach them.
class sio_bystanders {
 public:
  explicit sio_bystanders(sio_world& in) : house_(in) {
    for (const way& how : every_way) all_.push_back(in.join(how));
  }

  std::size_t count() const noexcept { return all_.size(); }
  /// Whether each of them is still heard.
  bool fine() {
    return std::all_of(all_.begin(), all_.end(), [&](visitor& v) {
      const std::string word = "fine " + std::to_string(++words_);
      v.message("2[\"say\",\"" + word + "\"]");
      return house_.has_heard(word);
    });
  }

 private:
  sio_world& house_;
  std::vector<visitor> all_;
  int words_ = 0;
};

}  // namespace cosio::test
