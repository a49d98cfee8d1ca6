// TLS clients for tests: OpenSSL without a connection, and two that have one.
//
//   tls_http_client client(port, {.authority = own.certificate()});   // a real TCP connection, blocking, with time
//   limits CHECK(client.ask(get("/hello")).body == "hello");
//
//   memory_tls_client peer(w, std::move(pair.far));                   // over a memory stream, run by the world
//   peer.send(get("/hello"));

#pragma once
#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/memory_stream.hpp"
#include "support/http_client.hpp"
#include "support/world.hpp"

struct ssl_session_st;  // SSL_SESSION

namespace cosio::test {

struct tls_client_options {
  std::string authority = {};    // file: verify the server's certificate against it; empty: take any
  std::string certificate = {};  // files of our own
  std::string key = {};
  int oldest = 0;  // versions as OpenSSL numbers them, TLS1_2_VERSION; 0: its default
  int newest = 0;
  std::string protocols = {};  // ALPN, each name behind its length
  bool short_records = false;  // of 512 bytes at most, both ways
};

/// The client's side of TLS as bytes in and bytes out.
class tls_peer {
 public:
  explicit tls_peer(const tls_client_options& options = {});

  /// Goes on with the handshake, as far as what was received allows.
  void shake();
  bool ready() const;
  void write(std::string_view plain);
  /// All plain bytes that can be made of what was received.
  std::string read();
  void send_close_notify();
  /// A record that changes our keys and carries no plain byte. @param ask  The server must change its keys, too.
  void update_keys(bool ask = false);

  void receive(std::string_view records);
  std::string take_output();

  bool saw_close_notify() const;
  /// The ticket of this connection, for the next one; nothing when the server gave none.
  std::shared_ptr<ssl_session_st> session() const;
  /// Offers a ticket. Before the handshake.
  void resume(const std::shared_ptr<ssl_session_st>& with);
  bool resumed() const;
  /// Why it failed; empty while it did not.
  const std::string& failure() const noexcept { return failure_; }
  std::string protocol() const;   ///< ALPN's choice
  std::string version() const;    ///< "TLSv1.3"
  std::string peer_name() const;  ///< common name of the server's certificate

 private:
  struct deleter {
    void operator()(SSL* ssl) const;
    void operator()(SSL_CTX* context) const;
  };
  void note(int result);

  std::unique_ptr<SSL_CTX, deleter> context_;
  std::unique_ptr<SSL, deleter> ssl_;
  std::string failure_;
};

/// Blocking, to 127.0.0.1.
class tls_http_client {
 public:
  /// Makes the handshake; see failure() of peer().
  explicit tls_http_client(std::uint16_t port, const tls_client_options& options = {});

  void send(std::string_view plain);
  http_answer read_answer();
  http_answer ask(std::string_view request) {
    send(request);
    return read_answer();
  }
  /// Whether the server ends without sending anything more, by close_notify and an end.
  bool ends();
  tls_peer& peer() noexcept { return peer_; }
  http_client& below() noexcept { return below_; }

 private:
  bool read_more();

  tls_peer peer_;
  http_client below_;
  std::string received_;
};

/// Over a memory stream; every call lets the world settle.
class memory_tls_client {
 public:
  /// Makes the handshake.
  memory_tls_client(world& in, std::unique_ptr<async::memory_stream> below, const tls_client_options& options = {});

  void send(std::string_view plain);
  std::string received();
  std::optional<http_answer> answer();
  /// Whether the stream below has ended.
  bool ended();
  /// Moves records both ways until nothing moves.
  void exchange();
  tls_peer& peer() noexcept { return peer_; }
  async::memory_stream& below() noexcept { return *below_; }

 private:
  world& world_;
  tls_peer peer_;
  std::unique_ptr<async::memory_stream> below_;
  std::string received_;
  std::string unsent_;
  bool ended_ = false;
};

}  // namespace cosio::test
