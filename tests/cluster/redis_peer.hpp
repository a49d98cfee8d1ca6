// A Redis that does what a test says: on loopback, in the test's own io_context.
//
//   redis_peer peer(w);
//   peer.answers = [](const redis_peer::words& command) { return command[0] == "PING" ? "-LOADING …\r\n" : … };

#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/redis_value.hpp"
#include "support/world.hpp"

namespace cosio::test {

class redis_peer {
 public:
  using words = std::vector<std::string>;
  using tcp = boost::asio::ip::tcp;

  explicit redis_peer(world& w) : acceptor_(w.context().get_executor(), {boost::asio::ip::address_v4::loopback(), 0}) {
    accept();
  }
  ~redis_peer() { drop_all(); }
  redis_peer(const redis_peer&) = delete;
  redis_peer& operator=(const redis_peer&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port()); }

  static std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }
  static std::string list(const std::vector<std::string>& texts) {
    std::string out = "*" + std::to_string(texts.size()) + "\r\n";
    for (const std::string& text : texts) out += bulk(text);
    return out;
  }
  /// The replies of a Redis without a password.
  static std::string usual(const words& command) {
    const std::string& verb = command[0];
    if (verb == "PING") return "+PONG\r\n";
    if (verb.ends_with("PUBLISH")) return ":1\r\n";
    if (verb == "PUBSUB") return "*2\r\n" + bulk(command[2]) + ":2\r\n";
    if (verb == "ROLE") return list({"master", "0"});
    if (!verb.ends_with("SUBSCRIBE")) return "+OK\r\n";
    std::string kind = verb;
    std::transform(kind.begin(), kind.end(), kind.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    return "*3\r\n" + bulk(kind) + bulk(command[1]) + ":1\r\n";
  }

  /// Writes to every connection.
  void send(const std::string& bytes) {
    for (const auto& one : open_) write(one, bytes);
  }
  /// Writes to the connections that have sent such a command.
  void tell(const std::string& bytes, const std::string& verb) {
    for (const auto& one : open_)
      if (one->verbs.contains(verb)) write(one, bytes);
  }
  void drop_all() {
    for (const auto& one : open_) one->socket.close();
    open_.clear();
  }
  std::size_t count(const std::string& verb) const {
    return static_cast<std::size_t>(
        std::count_if(seen.begin(), seen.end(), [&](const words& one) { return one[0] == verb; }));
  }

  std::function<std::string(const words&)> answers = usual;  // nothing: it is silent
  std::vector<words> seen;
  std::size_t connections = 0;
  std::size_t ended = 0;  // by the other side

 private:
  struct connection {
    explicit connection(tcp::socket on) : socket(std::move(on)) {}
    tcp::socket socket;
    cluster::redis_reader reader;
    std::array<char, 4096> room{};
    std::set<std::string> verbs;
    std::string waiting;  // to be written
    std::string writing;
    bool is_writing = false;
  };

  // Not at once: who reads is on this thread.
  static void write(const std::shared_ptr<connection>& to, const std::string& bytes) {
    to->waiting += bytes;
    if (to->is_writing || to->waiting.empty()) return;
    to->is_writing = true;
    to->writing = std::exchange(to->waiting, {});
    boost::asio::async_write(to->socket, boost::asio::buffer(to->writing),
                             [to](boost::system::error_code ec, std::size_t) {
                               to->is_writing = false;
                               if (!ec) write(to, {});
                             });
  }

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code ec, tcp::socket socket) {
      if (ec) return;
      ++connections;
      open_.push_back(std::make_shared<connection>(std::move(socket)));
      read(open_.back());
      accept();
    });
  }

  void read(const std::shared_ptr<connection>& from) {
    from->socket.async_read_some(boost::asio::buffer(from->room),
                                 [this, from](boost::system::error_code ec, std::size_t bytes) {
                                   if (ec == boost::asio::error::operation_aborted) return;
                                   if (ec) return void(++ended);
                                   from->reader.feed(std::string_view(from->room.data(), bytes));
                                   while (const auto command = from->reader.next()) take(from, *command);
                                   read(from);
                                 });
  }

  void take(const std::shared_ptr<connection>& from, const cluster::redis_value& command) {
    words all;
    for (const auto& item : command.items) all.push_back(item.text);
    seen.push_back(all);
    from->verbs.insert(all[0]);
    const std::string reply = answers(all);
    if (!reply.empty()) write(from, reply);
  }

  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<connection>> open_;
};

}  // namespace cosio::test
