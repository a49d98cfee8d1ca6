// An Engine.IO client, revisions 3 and 4, over polling and WebSocket, with the upgrade between them: bytes in, bytes
// out. It keeps to the protocol and takes nothing else from the server.

#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/broken.hpp"
#include "test/client_deflate.hpp"
#include "test/engine_life.hpp"
#include "test/network.hpp"

namespace cosio::test::inline v0_2::kit {

/// A message of Engine.IO.
struct engine_message {
  std::string data;
  bool binary = false;
};

/// The receiver of the messages of an engine client.
class engine_listener {
 public:
  virtual ~engine_listener() = default;
  virtual void on_open() = 0;
  virtual void on_message(std::string_view data, bool binary) = 0;
  /// Nothing more comes.
  virtual void on_over(const std::string& why) = 0;
};

class engine_client {
 public:
  enum class stage { opening, polling, websocket, over };

  /// The server's options, as clients get them.
  struct rules {
    std::chrono::milliseconds ping_interval{25'000};
    std::chrono::milliseconds upgrade_timeout{10'000};
    std::size_t max_payload = 1'000'000;
    bool deflates = false;  // with clients that offer it
  };
  /// How one client does it.
  struct manner {
    bool websocket = false;     // begins with it
    std::string jsonp;          // the index of its function; empty: polls without
    std::string deflate_offer;  // in its requests for a WebSocket; empty: none
    std::string path = "/socket.io/";
    std::string headers;     // of every request, whole lines
    std::string address;     // the client's, as the server sees it; empty: that of this machine
    bool heartbeats = true;  // answers pings, or sends them
  };

  /// @param query  What the requests say besides: "&who=3".
  engine_client(network& in, engine_watcher& told, engine_life& whose, rules settings, std::string query, manner how);

  /// Queues a message and its attachments, to go out together.
  void send(std::vector<engine_message> together);
  /// Moves bytes, takes what has come, writes what is due. @param all  Without chopping: for the end of a run.
  /// @return how many bytes it moved.
  std::size_t step(moment now, engine_listener& listener, bool all);

  /// Asks for the WebSocket; nothing when it is not polling.
  void upgrade(moment now);
  /// Lets go of an upgrade that is not decided yet.
  void abandon_upgrade();
  void lag(bool on) noexcept { lagging_ = on; }
  bool lagging() const noexcept { return lagging_; }

  // The ends.
  void say_goodbye();  // the close packet, or a close frame
  void hang_up();      // every connection
  void reset();
  /// Each of its connections, so many times of a thousand.
  void half_close(unsigned in_thousand);
  void corrupt();
  /// Something that no client may send.
  void misbehave();

  stage current() const noexcept { return stage_; }
  bool upgrading() const noexcept { return step_ != upgrade_step::none; }
  const std::string& sid() const noexcept { return sid_; }
  /// A description for people.
  std::string describe() const;
  bool all_sent() const noexcept { return out_.empty() && in_post_ == 0 && !unsent(); }

 private:
  // How far an upgrade has come.
  enum class upgrade_step { none, asked, probed, pausing };

  struct packet {
    std::string data;
    bool binary = false;
    bool beat = false;
    bool more = false;  // the next one belongs to it
  };

  bool unsent() const noexcept;
  std::string target(std::string_view transport) const;
  void open_websocket_line(bool upgrade);
  std::size_t pull(moment now, engine_listener& listener, bool all);
  void hear_polling(moment now, engine_listener& listener);
  void hear_websocket(moment now, engine_listener& listener);
  void on_websocket_frame(const std::string& data, bool binary, engine_listener& listener);
  void on_payload(const std::string& body, bool octets, engine_listener& listener);
  void on_packet(std::string_view text, engine_listener& listener);
  void go_on_with_upgrade(moment now);
  void beat(moment now);
  void write();
  void write_frames();
  void write_post();
  std::string frame(std::string_view data, bool binary);
  void agree_on_deflate(std::string_view answer);
  std::string inflated(std::string_view payload);
  void end(const std::string& why, engine_listener& listener);
  void drop_lines();
  std::string name() const;

  network& net_;
  engine_watcher& watcher_;
  engine_life& life_;
  const rules rules_;
  const std::string query_;
  const manner how_;
  const bool base64_;  // revision 3, polling: attachments as text
  stage stage_ = stage::opening;
  upgrade_step step_ = upgrade_step::none;
  std::string sid_;
  std::deque<packet> out_;
  std::unique_ptr<line> get_;
  std::unique_ptr<line> post_;
  std::unique_ptr<line> websocket_;
  bool poll_held_ = false;
  bool last_poll_ = false;                   // its connection ends behind the answer
  std::unique_ptr<client_deflate> deflate_;  // agreed for the WebSocket
  std::size_t inflated_ = 0;                 // messages
  std::size_t deflated_ = 0;
  bool accepted_ = false;  // the WebSocket: 101 has come
  bool lagging_ = false;
  std::size_t in_post_ = 0;  // packets that the POST under way carries
  moment upgrade_begun_{0};
  bool unheard_ = false;  // moved to the WebSocket, where nothing has come yet
  moment next_beat_{0};
  moment beat_said_{0};  // queued then, and not known to have arrived
  bool beat_under_way_ = false;
};

}  // namespace cosio::test::inline v0_2::kit
