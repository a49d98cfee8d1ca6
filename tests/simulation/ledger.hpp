// The model: what the server was told to do, and what each client must therefore hear.
//
//   the application   emits a note  -> expect() writes down, before it is sent, for whom it is
//   a client          hears a note  -> heard() looks whether it is the next one that is due
//
// Everything that one socket is sent is due in the order in which it was sent, exactly once; what may be missing is
// marked. The ledger believes nothing that the server says of rooms and members: it keeps its own.

#pragma once
#include <cosio/options.hpp>
#include <cosio/reason.hpp>
#include <cosio/report.hpp>
#include <cosio/socket.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulation/journal.hpp"
#include "simulation/life.hpp"
#include "simulation/recovery_model.hpp"

namespace cosio::simulation {

/// Time that may pass between two rounds of the server; see story::pass_time().
constexpr moment slack{200};

/// One socket, from its middleware to its end.
struct member {
  struct due {
    std::uint64_t number;
    bool may_be_missing;
    bool is_volatile = false;
  };

  life* whose = nullptr;  // null for a client whose handshake was damaged
  std::string id;
  std::string nsp;
  cosio::socket who;  // let go of at the end
  std::weak_ptr<socketio::socket_core> core;
  std::deque<due> to_come;
  std::shared_ptr<recovery_model> stream;  // of its namespace, where it may come back
  std::size_t began = 0;                   // the stream was so long when its first socket joined
  std::uint64_t mark = 0;                  // data of the application's
  std::set<std::uint64_t> sent_again;      // packets that it had missed when it came back
  bool kept = false;                       // it is away, and may come back
  bool came_back = false;
  std::optional<reason> why;  // it has left
  std::set<std::string> rooms;
  std::uint64_t handled = 0;         // number of the last command that the server has handled
  std::set<std::uint64_t> skipped;   // those before it that it has not
  std::set<std::uint64_t> refusals;  // those of which the client was told so
  std::size_t notices = 0;           // of the end of its credentials, that the client has heard
  std::size_t notices_due = 0;       // … when those end that it has set itself
  std::optional<moment> notices_of;  // their end
  bool admitted = false;
  bool left = false;
  bool sent_away = false;    // the application has disconnected it
  bool client_left = false;  // the client has left the namespace
  bool found = false;        // the client knows its id
  bool took_time = false;    // its last command, in a sequential namespace
  std::shared_ptr<std::size_t> running = std::make_shared<std::size_t>(0);  // commands
  std::shared_ptr<std::size_t> asking = std::make_shared<std::size_t>(0);   // handlers that wait for an answer
};

/// Whom a broadcast is for.
struct audience {
  std::string nsp;
  std::vector<std::string> rooms = {};  // none: everybody
  const member* except = nullptr;
};

/// Whether it is in one of the rooms that a broadcast is for.
bool is_in(const member& m, const audience& to);

class ledger {
 public:
  struct limits {
    std::chrono::milliseconds ping_interval{0};
    std::chrono::milliseconds ping_timeout{0};
    std::chrono::milliseconds ping_timeout_eio3{0};
    std::chrono::milliseconds connect_timeout{0};
    std::chrono::milliseconds first_request_timeout{0};
    std::chrono::milliseconds credentials_notice{0};
    bool recovers = false;  // clients of revision 4
    recovery_model::rules recovery;
    std::size_t max_queued_bytes = 0;
    std::size_t high_water_mark = 0;
    std::map<std::string, rate_limit, std::less<>> rates;  // of commands, by name; under "" of all together
    bool handled_at_once = true;                           // no event waits for a handler's turn
    std::function<std::uint64_t()> refused_events;         // as the server has counted them
    bool sequential = false;                               // all namespaces, …
    bool sequential_chat = false;                          // … or this one
    bool small_account = false;                            // max_client_bytes may be reached
    bool small_hold = false;                               // max_held_bytes
  };

  ledger(journal& told, const moment& now, limits settings) : journal_(told), now_(now), limits_(settings) {}

  // ---------------------------------------------------------------- lives
  life& begin_life(std::size_t person, unsigned revision);
  /// The life that a handshake's query names; null when it was damaged.
  life* life_of(std::string_view who);
  static std::string who(const life& of);
  /// Whether the server may have ended it, as far as the client can know.
  bool may_be_over(const life& of) const;
  bool asked_too_late(const life& of) const;
  moment now() const noexcept { return now_; }
  std::chrono::milliseconds notice() const noexcept { return limits_.credentials_notice; }
  bool is_account_small() const noexcept { return limits_.small_account; }
  /// Something that not every run meets has happened.
  void met(feature what) noexcept { journal_.met(what); }
  /// Whether a socket has ever been in that namespace.
  bool ever_joined(const std::string& nsp) const { return joined_.contains(nsp); }
  void admitted(member& m) {
    m.admitted = true;
    joined_.insert(m.nsp);
  }
  /// Whether a socket of it is in middleware, is sent what it has missed, or is in but was not told so.
  bool is_entering(const life& of) const;
  bool is_replayed(const life& of) const;
  bool is_untold(const life& of, std::string_view nsp) const;
  bool is_sequential(std::string_view nsp) const {
    return limits_.sequential || (limits_.sequential_chat && nsp == "/chat");
  }
  /// Whether all that a client has said must have begun to be handled, though nobody answers it.
  bool must_begin(const life& of, std::string_view nsp) const {
    return !is_sequential(nsp) && !limits_.small_hold && limits_.rates.empty() && !may_be_over(of);
  }

  // ---------------------------------------------------------------- sockets, as the server's application sees them
  member& entering(const cosio::socket& s);
  /// Null for one that was never in.
  member* find_member(const cosio::socket& s) const;
  void never_in(member& m);
  void left(member& m, std::optional<reason> why);
  /// The application disconnects it. What its client says meanwhile is for no namespace that it is in: then the whole
  /// session is closed, as the protocol says.
  void dismiss(member& m);
  /// A command of a client: must be the next, but for those above a rate.
  void command(member& m, std::uint64_t number, std::string_view event);
  /// The client was told that its command was refused, with that message.
  void refused(member& m, std::uint64_t number, std::string_view event, std::string_view message);
  /// The client was told that it was handled.
  void was_handled(const member& m, std::uint64_t number);
  /// Whether a rate may have kept some of what it said out.
  bool may_be_refused(const life& of) const;
  /// The text that came with one: must be that note's.
  void read(const member& m, std::uint64_t note, const std::string& text);
  /// Members that have not left, those on their way in among them.
  const std::vector<member*>& present() const noexcept { return present_; }
  std::vector<member*> matching(const audience& to) const;

  // ---------------------------------------------------------------- notes
  std::uint64_t next_note(std::size_t size, bool binary);
  /// Before a note is emitted. @return for whom it is due.
  std::vector<member*> expect(const std::vector<member*>& to, std::uint64_t note, bool is_volatile);
  /// At once after that.
  void emitted(const std::vector<member*>& to, const std::vector<member*>& due, std::uint64_t note, bool is_volatile,
               const report& what);
  /// @return whether the note is volatile.
  bool heard(member& m, std::uint64_t note);
  /// Something else is about to be sent to it.
  void about_to_send(const member& m, std::size_t bytes);

  // ---------------------------------------------------------------- questions of the server
  void asked(std::uint64_t note, std::optional<std::chrono::milliseconds> within, std::vector<member*> whom);
  /// The client gives its answer.
  void answers(std::uint64_t note);
  enum class outcome { answered, timed_out, gone };
  void ended(std::uint64_t note, outcome how, bool right);
  void ended(std::uint64_t note, std::size_t answers, bool complete);
  /// Questions that should have ended by now. @return the first, in words; empty when there is none.
  std::string overdue() const;
  std::size_t questions() const noexcept { return questions_.size(); }

  // ---------------------------------------------------------------- clients that come back; see recovery_model.hpp
  std::shared_ptr<recovery_model> begin_stream(const std::string& nsp);
  /// The stream of the namespace that clients find by that name.
  void use_stream(const std::string& nsp, const std::shared_ptr<recovery_model>& current) { streams_[nsp] = current; }
  /// An event that can be missed is about to be emitted.
  void noted(const audience& to, std::uint64_t note);
  void heard_offset(const member& m, std::uint64_t note, const std::string& offset);
  bool recovers(const life& of) const noexcept { return limits_.recovers && of.revision == 4; }
  void joins(const std::shared_ptr<socketio::socket_core>& who, recovery_model& in);
  void goes_away(const std::string& pid, const std::string& id, const std::string& nsp, recovery_model& from);
  void comes_back(const std::shared_ptr<socketio::socket_core>& who, recovery_model& in);
  void is_back(const std::shared_ptr<socketio::socket_core>& who, bool in);
  /// The socket of a client that is back, but has not been told yet. Null: there is none.
  member* back_again(const life& of, std::string_view nsp);

  // ---------------------------------------------------------------- credentials
  /// From now on they are good for so long; without a time, for ever. A socket of the client has said so.
  void credentials(member& m, std::optional<std::chrono::milliseconds> time);
  /// The client hears that so many milliseconds are left.
  void told_of_expiry(member& m, std::int64_t left);
  std::vector<life::credentials> all_credentials(const life& of) const;
  bool has_expired(const life& of) const;
  bool owes_notice(const member& m) const;
  /// A socket that is there although its client's have expired, in words; empty when there is none.
  std::string overstayed() const;

  // ---------------------------------------------------------------- as clients see it
  /// A client was told that it has joined. @return null, and complains, when it has not.
  member* find(const life& of, std::string_view nsp, std::string_view id);
  void complain(const member& m, const std::string& what) { journal_.complain(name(m) + " " + what); }
  /// In words.
  static std::string name(const member& m);
  /// The packets that are due and not marked as missing. @return as text; empty when there are none.
  std::string missing(const member& m) const;

  /// Nothing is asked of the server any more: it closes.
  void closing(bool on = true) noexcept { closing_ = on; }
  bool is_closing() const noexcept { return closing_; }

  struct figures {
    std::size_t lives = 0, sockets = 0, notes = 0, deliveries = 0, dropped = 0, commands = 0, questions = 0;
    std::map<std::string, std::size_t> ends;  // by reason
  };
  const figures& counted() const noexcept { return figures_; }
  const std::deque<member>& members() const noexcept { return members_; }

 private:
  struct question {
    moment begun;
    std::optional<std::chrono::milliseconds> within;
    std::vector<member*> whom;
    std::size_t answered = 0;  // by clients
  };
  void judge(const member& m, const reason& why);
  void check_kept(const member& m, const reason& why);
  void check_rates(const member& m, std::string_view event);
  std::chrono::milliseconds allowed_silence(const life& of) const;

  journal& journal_;
  const moment& now_;
  const limits limits_;
  bool closing_ = false;
  std::deque<life> lives_;
  std::deque<member> members_;
  std::vector<member*> present_;
  std::unordered_map<const socketio::socket_core*, member*> by_core_;
  std::unordered_map<std::string, std::vector<member*>> by_id_;     // nsp and id: protocol 4 uses ids again
  std::map<std::string, std::shared_ptr<recovery_model>> streams_;  // by namespace
  std::map<std::uint64_t, question> questions_;
  std::set<std::string> joined_;  // namespaces
  std::uint64_t notes_ = 0;
  std::uint64_t skipped_ = 0;  // commands that were never handled, though a later one was
  figures figures_;
};

}  // namespace cosio::simulation
