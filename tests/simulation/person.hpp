// A person with a Socket.IO client of either generation: connects, joins, talks, asks, lags, leaves and comes back.
// Knows the protocol on its own; what it must hear is in the ledger.

#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/kit.hpp"
#include "simulation/ledger.hpp"

namespace cosio::simulation {

/// How people behave in one run: how often of a thousand times, when it is their turn.
struct habits {
  unsigned talk = 300;
  unsigned join_namespace = 60;
  unsigned leave_namespace = 10;
  unsigned upgrade = 60;
  unsigned give_up_upgrade = 20;
  unsigned lag = 10;
  unsigned end = 5;  // one of the ends: goodbye, hang up, reset, half-close
  unsigned corrupt = 0;
  unsigned misbehave = 0;
  unsigned dismissal = 5;    // of what is said: asks to be disconnected
  unsigned old = 400;        // is a client of generation 2 (Engine.IO 3)
  unsigned websocket = 400;  // begins with WebSocket
  unsigned compress = 700;   // offers to
  bool msgpack = false;      // the parser
  unsigned jsonp = 100;      // polls by JSONP
  unsigned patience = 300;   // of questions that the server shall ask: without a time limit
  unsigned crowd = 0;        // of what is said: hundreds of questions at once
  unsigned twice = 0;        // of CONNECTs: sends them again at once; on WebSocket
  unsigned again = 0;        // while it waits to join: the same
  bool keys = false;         // asks handlers to wait for an event of its own
  std::size_t attachments = 1;
  std::size_t sizes = 4;  // of notes that are asked for
};

class person final : private engine_listener {
 public:
  person(std::size_t number, network& in, ledger& book, journal& told, const habits& how, engine_client::rules rules)
      : number_(number), net_(in), book_(book), journal_(told), habits_(how), rules_(rules) {}

  /// Does one thing, then moves bytes.
  void act(moment now);
  /// Moves bytes. @param all  Without chopping and lagging.
  void step(moment now, bool all);
  /// Ends what there is, in some way; or just never does anything again.
  void leave();
  /// Answers what it has not answered yet.
  void answer_all();
  /// Of these, the questions that others were asked as well: for their answers a handler waits, and is busy.
  void answer_polls();
  /// Connects, if it is not connected.
  void connect(moment now);
  /// The packets that the server still owes to it, as text; empty when there are none.
  std::string owed() const;
  /// A command that must have begun although this client answers nothing, as text.
  std::string not_begun() const;
  /// The same, of its credentials only.
  std::string owed_notice() const;
  bool connected() const noexcept { return engine_ != nullptr; }

 private:
  enum class state { absent, asking, in };
  struct question {
    std::uint64_t command = 0;
    std::string event;
    member* by = nullptr;
  };
  struct presence {
    state now = state::absent;
    member* as = nullptr;                          // also for a while after the end: what is under way still comes
    std::size_t again = 0;                         // CONNECTs that it has sent twice
    std::vector<sio_packet> early;                 // events that came before CONNECT, to one that comes back
    std::uint64_t said = 0;                        // commands
    std::map<std::uint64_t, question> unanswered;  // by acknowledgement
    std::map<std::uint64_t, question> earlier;     // the same, of the times before it left
  };
  // The data of a namespace that it keeps, as socket.io-client does, for the case that the connection is lost.
  struct ticket {
    std::string pid;
    std::string offset;  // the last text at the end of an event
    std::string used;    // an earlier pid
    std::string sent;    // the one that it has asked with
  };
  struct late_answer {
    std::string nsp;
    const member* as;
    std::uint64_t id;
    std::uint64_t note;
    bool of_all;  // others are asked, too
  };

  // engine_listener
  void on_open() override;
  void on_message(std::string_view data, bool binary) override;
  void on_over(const std::string& why) override;

  void on_packet(const sio_packet& p);
  void on_connected(presence& in, const sio_packet& p);
  void on_event(presence& in, const sio_packet& p);
  void on_answer(presence& in, const sio_packet& p);
  void on_expiring(presence& in, const std::string& nsp, const boost::json::array& data);
  void check_note(const sio_packet& p, std::uint64_t note, bool with_offset) const;
  void ask_to_join(const std::string& nsp);
  void note_offset(const member& as, const std::string& nsp, const boost::json::array& event);
  void dismissed(presence& in);

  void choose();
  void talk();
  void command(const std::string& nsp, presence& in, std::string_view event, const std::string& arguments,
               bool may_answer);
  void say(const std::string& nsp, presence& in, sio_packet& p, std::string_view event, bool may_answer);
  void blob(const std::string& nsp, presence& in);
  void blobs(const std::string& nsp, presence& in);
  void pin(const std::string& nsp, presence& in);
  void ask_again();
  void note_leaving();
  void word(const std::string& nsp, presence& in);
  void join_namespace();
  void leave_namespace();
  void answer(const late_answer& to);
  void end();
  void send(const sio_packet& p);
  std::vector<std::string> present_in() const;
  std::string name() const;
  std::uint64_t some_time();
  bool roll(unsigned in_thousand) { return net_.roll.chance(in_thousand); }

  const std::size_t number_;
  network& net_;
  ledger& book_;
  journal& journal_;
  const habits& habits_;
  const engine_client::rules rules_;
  moment now_{0};
  life* life_ = nullptr;
  std::unique_ptr<engine_client> engine_;
  std::unique_ptr<engine_client> last_engine_;  // lets its connections stay as they are: nobody hangs up
  std::map<std::string, presence> presences_;
  std::map<std::string, ticket> tickets_;  // by namespace
  std::optional<sio_reader> reader_;
  std::vector<late_answer> late_;     // questions that it answers some time
  std::vector<late_answer> ignored_;  // and those that it answers at the end of the run only
  std::uint64_t next_ack_ = 0;
};

}  // namespace cosio::simulation
