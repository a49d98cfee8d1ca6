// The dashboard: what the server does, for the page of the package @socket.io/admin-ui, or for a page of your own.
//
//   cosio::admin_options opts;
//   opts.login = cosio::admin_login("ann", "$2b$10$heqvAkYMez.Va6Et2uXInOnkCT6/uQj1brkrbyG3LpopDklcq7ZOS");
//   const cosio::admin_feed feed(io, opts);  // on the namespace /admin
//
// The hash is that of `htpasswd -nbBC 10 "" 'the password'`. Ask for this header by name; docs/dashboard.md has more.

#pragma once
#include <cosio/fwd.hpp>
#include <cosio/options.hpp>
#include <cosio/task.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cosio::inline v0_2 {

namespace admin {
class feed;
}

/// The name and the password of the people who may use the dashboard.
/// @par Threads  A value.
class admin_login {
 public:
  /// @param name  Of any characters; not empty.
  /// @param hash  The password's bcrypt hash: "$2a$", "$2b$" or "$2y$", a cost from 4 to 16, and 53 characters.
  admin_login(std::string name, std::string hash) : username(std::move(name)), password_hash(std::move(hash)) {}

  std::string username;
  std::string password_hash;
};

/// Options of the dashboard: who may use it, what it shows, and what it may cost.
struct admin_options {
  /// The namespace of the dashboard, which the feed makes.
  std::string nsp = "/admin";

  // ---------------------------------------------------------------- who may use it: one of these three

  /// A name and a password. It needs the crypt_r(3) of libxcrypt or of musl, with bcrypt.
  std::optional<admin_login> login = {};
  /// Asks the application whether a name and a password are right. An exception refuses, and is logged.
  /// @par Strand  That of the client which logs in.
  std::function<task<bool>(std::string username, std::string password)> verify = {};
  /// Whether everybody who reaches the server may use it.
  bool open_to_everybody = false;

  // ---------------------------------------------------------------- what it shows

  /// Whether every connection, room and event is shown. False ("production mode"): numbers only, which cost nothing.
  ///
  /// Events are shown with their arguments, connections with socket::data() and the headers of their request. Values of
  /// the headers Authorization, Cookie and Proxy-Authorization are hidden. Clients of protocol 4 are counted and not
  /// shown, since the id of such a socket is a credential of its client.
  bool development = false;
  /// Whether people may only look: the commands (emit, join, leave, disconnect) are not there.
  bool readonly = false;
  /// The name of this server, which must differ from those of the other servers of a cluster. Empty: the name of the
  /// host, '#' and the id of the process.
  std::string server_id = {};

  // ---------------------------------------------------------------- what it may cost

  /// The bytes in a second that each page is sent in development. What has changed meanwhile is told as one change, and
  /// events above it are left out, and counted. Numbers are not counted here: they are few.
  std::size_t max_bytes_per_second = 250'000;
  /// The bytes of events that wait to be shown. Above: further events are left out.
  std::size_t max_waiting_bytes = 262'144;
  /// The bytes of arguments of one event that are shown. Above: their size is shown in their place. The same holds for
  /// the data of a socket.
  std::size_t max_shown_bytes = 4'096;
  /// The bytes of the first list of connections that a page gets. The others follow, within max_bytes_per_second.
  std::size_t max_first_list = 1'000'000;
  /// Pages that are open at once, on this server. Above: `too many dashboards are open`.
  std::size_t max_pages = 16;
  /// Commands of one page. Above: they are put aside, and the log says so.
  rate_limit commands{20, 100};
  /// Passwords that one client address may try; one at a time. Above: `too many attempts`.
  rate_limit logins{0.2, 5};

  // ---------------------------------------------------------------- sessions

  /// Where pages that have logged in are remembered, for 24 hours: several servers may share it. Not set: in this
  /// process, the last 1,000.
  /// @par Strand  That of the client which logs in.
  std::function<task<>(std::string session_id)> keep_session = {};
  /// Whether keep_session has been called with this id. Set both or none.
  std::function<task<bool>(std::string session_id)> has_session = {};
};

/// The cost of the dashboard so far.
/// @par Threads  A value.
struct admin_counts {
  /// Packets, and the bytes of their JSON, that were sent to pages, each counted once for all pages.
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  /// Events that were left out.
  std::uint64_t left_out = 0;
};

/// The dashboard of a server.
///
/// A handle: copies name the same feed, which lives as long as the server. It makes a namespace, on which pages get
/// what @socket.io/admin-ui 0.5 expects. The page of that package connects with credentials from another origin, so
/// the server must allow it: `opts.origins = "https://admin.socket.io"`.
///
/// Make it behind attach(), bind() and adapter(): it runs where the server runs then.
/// @par Threads  Any.
/// @par Source   @socket.io/admin-ui 0.5.1.
class admin_feed {
 public:
  /// The feed is on.
  /// @throws error errc::bad_argument when none of the three says who may use it, or two do; for a hash that is no
  ///               bcrypt hash, and limits that cannot be meant; errc::not_supported for a login when this library was
  ///               built without bcrypt; errc::already_running when the server has a feed.
  explicit admin_feed(const server& of, admin_options opts);

  /// Goes on after off().
  void on() const;
  /// Disconnects all pages, and refuses new ones: `the dashboard is off`. The server collects nothing for them.
  void off() const;
  bool is_on() const noexcept;

  admin_counts counts() const noexcept;

 private:
  std::shared_ptr<admin::feed> feed_;
};

/// Whether this library was built with bcrypt, and the system's crypt_r(3) has it: admin_options::login needs it.
bool has_bcrypt() noexcept;

}  // namespace cosio::inline v0_2
