// An Engine.IO server in a world: connections in memory, time that moves when told, one thread. What happens here
// happens in the same order every time.

#pragma once
#include <cosio/engine.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/memory_stream.hpp"
#include "engine/engine.hpp"
#include "http/app_state.hpp"
#include "support/http_client.hpp"
#include "support/polling_client.hpp"
#include "support/websocket_client.hpp"
#include "support/world.hpp"

namespace cosio::test {

/// A WebSocket connection in memory.
class memory_websocket {
 public:
  memory_websocket(memory_client peer, std::string_view target, std::string_view glued = "") : peer_(std::move(peer)) {
    peer_.send(websocket_request(target) + std::string(glued));
    received_ = peer_.received();
    if (auto answer = take_answer(received_)) accepted_ = std::move(*answer);
  }

  const http_answer& accepted() const noexcept { return accepted_; }
  void send_text(std::string_view packet) { peer_.send(text_frame(packet)); }
  void send(std::string_view bytes) { peer_.send(bytes); }

  /// The next frame, if it is there.
  std::optional<server_frame> next() {
    received_ += peer_.received();
    return take_frame(received_);
  }
  /// The payload of the next frame, if it is there and text; else a description.
  std::string text() {
    const auto frame = next();
    if (!frame) return "(nothing)";
    return frame->is_text() ? frame->payload : "(frame of type " + std::to_string(frame->op) + ")";
  }
  bool ended() { return peer_.ended(); }
  memory_client& peer() noexcept { return peer_; }

 private:
  memory_client peer_;
  std::string received_;
  http_answer accepted_;
};

struct engine_world {
  explicit engine_world(engine_options settings = {})
      : state(std::make_shared<http::app::state>(w.take_runtime(), http::app_options())),
        app(state),
        engine(app, std::move(settings)) {
    engine.on_connection([this](engine_session s) {
      s.on_message([this](message m) -> task<> {
        messages.push_back(m.is_binary() ? "<" + std::string(m.bytes().view()) + ">" : m.text());
        co_return;
      });
      s.on_close([this](reason why) { closed.push_back(std::move(why)); });
      sessions.push_back(s);
    });
  }

  memory_client connect(std::size_t capacity = 64 * 1024) {
    async::memory_streams pair(capacity);
    state->serve(std::move(pair.near));
    w.settle();
    return memory_client(w, std::move(pair.far));
  }
  memory_websocket websocket(std::string_view target = "/engine.io/?EIO=4&transport=websocket",
                             std::string_view glued = "", std::size_t capacity = 64 * 1024) {
    return memory_websocket(connect(capacity), target, glued);
  }
  /// Opens a session by polling. @return the target of its requests.
  std::string open_polling(memory_client& peer, std::string_view query = "EIO=4") {
    const std::string target = "/engine.io/?" + std::string(query) + "&transport=polling";
    return target + "&sid=" + text_member(peer.ask(get(target)).body, "sid");
  }

  world w;
  std::vector<std::string> messages;  // of all sessions; binary in < >
  std::vector<reason> closed;
  std::shared_ptr<http::app::state> state;
  http::app app;
  engine_server engine;
  std::vector<engine_session> sessions;
};

}  // namespace cosio::test
