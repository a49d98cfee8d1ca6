// Clients of every kind against a server in memory: polling, JSONP and WebSocket, each in both revisions of Engine.IO.
// What holds for one must hold for all of them.
//
//   for (const way& how : every_way) {
//     CAPTURE(how.name);
//     visitor v(how, house.w, [&] { return house.connect(); });
//     CHECK(v.enter().status == how.welcome());
//     v.message("hello");
//     CHECK(v.hear().find("hello back") != std::string::npos);
//   }

#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "support/http_client.hpp"
#include "support/websocket_client.hpp"

namespace cosio::test {

struct way {
  enum class kind { polling, jsonp, websocket };

  const char* name;
  kind over;
  unsigned revision;

  bool is_websocket() const noexcept { return over == kind::websocket; }
  /// The status of a handshake that is accepted.
  unsigned welcome() const noexcept { return is_websocket() ? 101 : 200; }
  std::string query() const {
    return "EIO=" + std::to_string(revision) + (is_websocket() ? "&transport=websocket" : "&transport=polling") +
           (over == kind::jsonp ? "&j=0&b64=1" : "");
  }
};

inline constexpr way every_way[] = {
    {"polling, revision 4", way::kind::polling, 4},     {"polling, revision 3", way::kind::polling, 3},
    {"JSONP, revision 4", way::kind::jsonp, 4},         {"JSONP, revision 3", way::kind::jsonp, 3},
    {"WebSocket, revision 4", way::kind::websocket, 4}, {"WebSocket, revision 3", way::kind::websocket, 3}};

class visitor {
 public:
  /// @param in       Where the server runs; its time moves by a hundredth of a second when a WebSocket of revision 3
  ///                 opens, which is not read before.
  /// @param connect  Opens one more connection to the server.
  visitor(const way& how, world& in, std::function<memory_client()> connect, std::string path = "/engine.io/")
      : how_(how), world_(&in), connect_(std::move(connect)), path_(std::move(path)) {}

  /// The request that opens a session. @param more_query  "&token=x". @param more_headers  Whole lines.
  std::string handshake(std::string_view more_query = "", std::string_view more_headers = "") const;
  /// Sends it, or something in its place. A session is open afterwards when the answer has the status of welcome().
  http_answer enter(std::string_view more_query = "", std::string_view more_headers = "") {
    return enter_with(handshake(more_query, more_headers));
  }
  http_answer enter_with(std::string_view request);

  const way& how() const noexcept { return how_; }
  const std::string& sid() const noexcept { return sid_; }
  /// Of this session's requests.
  std::string target(std::string_view transport = "polling") const;

  /// A text packet of Engine.IO, as the transport carries it.
  void packet(std::string_view text);
  void message(std::string_view text) { packet("4" + std::string(text)); }
  /// A binary message.
  void bytes(std::string_view data);
  /// A POST with a body as it stands. @return its answer; nothing while there is none.
  std::optional<http_answer> post(std::string_view body, std::string_view more_headers = "");
  /// A body with one packet, as the revision and JSONP have it.
  std::string body_of(std::string_view packet) const;

  /// Everything that has come since, in any form. Polling: a GET is held from now on.
  std::string hear();
  /// Whether the server has ended the session: a close frame or packet, the end of the connection, or no such session.
  bool let_go();

  /// The WebSocket, or the connection of the GETs.
  memory_client& line() { return *line_; }

 private:
  void send_payload(std::string_view packet);
  void read_frames();

  way how_;
  world* world_;
  std::function<memory_client()> connect_;
  std::string path_;
  std::string sid_;
  std::optional<memory_client> line_;
  std::optional<memory_client> posts_;
  std::string frames_;  // of the server, not taken apart yet
  std::string heard_;
  bool polling_ = false;  // a GET is held
  bool closed_ = false;
};

}  // namespace cosio::test
