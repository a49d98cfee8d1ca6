// The namespaces of a server, by name. Each one goes through these states, and never back:
//
//   place()      the name is taken. The application finds the namespace, clients do not yet
//   publish()    it is complete: all hooks have run. Clients find it; those that asked meanwhile go on
//   enter()      a client is on its way in. left() undoes it
//   removed      it was made for a client, and is empty. Its adapter closes. Another one of the name may be made
//
// The adapter of a namespace is open from the beginning, until the namespace is removed or the server closes. When a
// server that was closed listens again, or a client comes in again, it is opened again. All of this is decided here,
// with one lock; adapter_line does it without.

#pragma once
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/suspension.hpp"
#include "async/suspensions.hpp"
#include "base/guarded.hpp"
#include "base/text_map.hpp"
#include "socketio/adapter_line.hpp"

namespace cosio::inline v0_2::socketio {

class nsp_core;

/// Any thread; guarded by its own mutex. Adapters are opened and closed without it.
class nsp_table {
 public:
  using nsp_ptr = std::shared_ptr<nsp_core>;

  /// For whom a namespace is made.
  enum class maker { application, client };
  /// Takes the name for a namespace. One that is made for a client counts this client as on its way in.
  /// @return the namespace that has the name: another one, when that was first.
  nsp_ptr place(const nsp_ptr& made, maker whose);
  /// The namespace is complete.
  void publish(const nsp_ptr& made);
  /// The namespace will never be complete: its name is free again.
  void withdraw(const nsp_ptr& made);

  /// Takes one of the places for namespaces that are made for clients. When all are taken, an empty namespace goes: the
  /// one that has been empty longest.
  /// @param most  The number of places; 0: no limit. @return false when there is none.
  bool reserve(std::size_t most);
  /// A reserved place was not used.
  void unreserve();

  /// The namespace, complete or not; null when there is none.
  nsp_ptr find(std::string_view name) const;
  /// All of them, complete or not.
  std::vector<nsp_ptr> all() const;
  /// The names of those that the application has made and that are complete. Of many namespaces only some are looked
  /// at: so a line of the log that needs the names costs little.
  std::vector<std::string> some_names() const;
  static constexpr std::size_t most_names = 100;
  /// A client is on its way in. @return null when there is no complete namespace of that name.
  nsp_ptr enter(std::string_view name);
  /// Waits while the namespace is being made. Returns at once when it is not.
  static task<> until_published(std::shared_ptr<nsp_table> self, std::string name);
  /// A client has left, or did not get in.
  /// @param cleans_up  Whether empty namespaces that were made for clients go. Those that nobody has joined always do.
  void left(const nsp_ptr& nsp, bool cleans_up);

  /// The server closes: so do all adapters, and none opens before end_close(). @return the namespaces.
  std::vector<nsp_ptr> begin_close();
  void end_close();
  /// The server listens again.
  void open_all();

  /// The server is destroyed: the namespaces lose their handlers, which may hold namespaces.
  void let_go() noexcept;

 private:
  struct entry {
    nsp_ptr nsp;
    std::size_t inside = 0;     // clients that are in, or on their way
    std::uint64_t emptied = 0;  // the key in emptied_; 0: it is not there
    maker whose = maker::application;
    bool is_published = false;
    async::suspensions waiting;  // for is_published
  };
  // Work that is done when the lock is released again.
  class afterwards;

  entry* entry_of(const nsp_ptr& nsp) COSIO_REQUIRES(mutex_);
  void open(const nsp_ptr& nsp, afterwards& then) COSIO_REQUIRES(mutex_);
  void remove(entry& gone, afterwards& then) COSIO_REQUIRES(mutex_);
  void fill(entry& e) COSIO_REQUIRES(mutex_);
  bool is_being_made(std::string_view name) const;
  void add_wait(const std::string& name, std::shared_ptr<async::suspension> waiting);
  std::shared_ptr<adapter_line> line_for(const std::string& name) COSIO_REQUIRES(mutex_);

  mutable base::mutex mutex_;
  base::text_map<entry> entries_ COSIO_GUARDED_BY(mutex_);
  std::map<std::uint64_t, nsp_ptr> emptied_ COSIO_GUARDED_BY(mutex_);  // made for clients and empty, by their order
  std::uint64_t last_emptied_ COSIO_GUARDED_BY(mutex_) = 0;
  std::size_t for_clients_ COSIO_GUARDED_BY(mutex_) = 0;  // places that are taken
  int closing_ COSIO_GUARDED_BY(mutex_) = 0;              // calls of begin_close() without end_close()
  // Lines of namespaces that were removed. Those that have ended are swept out now and then.
  base::text_map<std::weak_ptr<adapter_line>> lines_ COSIO_GUARDED_BY(mutex_);
  std::size_t sweep_at_ COSIO_GUARDED_BY(mutex_) = 64;
};

}  // namespace cosio::inline v0_2::socketio
