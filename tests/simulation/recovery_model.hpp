// The model of connection state recovery: of every namespace the stream of events that can be missed, and who is away.
//
//   the application  emits a note         -> noted()
//   a client         hears one            -> offset_of_note()
//   the adapter      keeps a session      -> kept()
//                    is asked for one     -> restored()
//                    puts the socket in   -> ledger::comes_back()
//
// A client that comes back must hear every note behind the last one that it has heard (or that was emitted since its
// socket first joined) which concerns one of the rooms that it was in, in order, once; or it begins anew, and is told.

#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/journal.hpp"
#include "simulation/life.hpp"

namespace cosio::simulation {

struct member;

/// The events of one namespace, as long as it lives.
class recovery_model {
 public:
  /// One that is away.
  struct absence {
    const member* was = nullptr;
    std::string id;
    std::set<std::string> rooms;
    std::size_t begin = 0;  // its first socket joined when the stream was so long
    moment since{0};
  };
  /// One that comes back.
  struct way_back {
    absence from;
    std::size_t heard = 0;  // so much of the stream
    std::string doubt;      // not to be restored, if its client keeps to the protocol
  };
  /// A note that concerns somebody.
  struct concern {
    std::uint64_t note;
    moment at;
  };
  struct rules {
    moment longest{0};
    moment silence{0};     // for which a connection may be dead before that is noticed
    bool generous = true;  // no other bound is ever reached
  };

  recovery_model(journal& told, const moment& now, rules settings) : journal_(told), now_(now), rules_(settings) {}

  /// @param rooms  None: everybody. @param except  The id of a socket, or empty.
  void noted(std::uint64_t note, std::vector<std::string> rooms, std::string except);
  std::size_t length() const noexcept { return stream_.size(); }
  const rules& bounds() const noexcept { return rules_; }
  /// Of the notes behind `from`, those that concern a socket that is in these rooms.
  std::vector<concern> concerns(const std::set<std::string>& rooms, std::size_t from) const;
  /// A client has heard a note with that offset.
  void offset_of_note(std::uint64_t note, const std::string& offset);

  void kept(const std::string& pid, absence who);
  /// One that was restored, and whose client was lost before it was in, is away again, as if nothing had happened.
  /// @return false when it was not restored.
  bool kept_again(const std::string& pid);
  /// One that was restored is in.
  void admitted(const std::string& pid) { restored_.erase(pid); }
  void restored(const std::string& pid, const std::string& offset, bool found);
  /// Whether the socket with that id is on its way back: then its rooms are those.
  const way_back* coming_back(const std::string& id) const;
  std::optional<way_back> take(const std::string& id);

 private:
  struct event {
    std::uint64_t note;
    moment at;
    std::vector<std::string> rooms;
    std::string except;
    std::string offset;  // as far as a client has heard it
  };

  journal& journal_;
  const moment& now_;
  const rules rules_;
  std::vector<event> stream_;
  std::map<std::uint64_t, std::size_t> places_;              // of notes
  std::map<std::string, std::size_t, std::less<>> offsets_;  // offsets that clients have received: the place behind
  std::map<std::string, absence> away_;                      // by pid
  std::set<std::string> gone_;                               // pids that were asked for once
  std::map<std::string, way_back> on_the_way_;               // by id
  std::map<std::string, absence> restored_;                  // by secret, until they are in
};

}  // namespace cosio::simulation
