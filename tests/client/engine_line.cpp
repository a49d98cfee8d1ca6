// One Engine.IO connection as a program, for tests with other servers.
//
//   engine_line '{"url":"https://localhost:3000","revision":4,…}'
//
// A line of the input is a command: `text …`, `binary <hex>`, `close`, `drop`. Each event is a line of JSON. It ends
// when the connection has ended.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include <unistd.h>
#include <cosio/error.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "client/engine_client.hpp"

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace cosio;

void say(json::object what) { std::cout << json::serialize(what) << std::endl; }

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes)
    for (const int digit : {c >> 4, c & 15}) out += "0123456789abcdef"[digit];
  return out;
}

std::string bytes_of(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

engine_client_options read_options(const json::object& in) {
  engine_client_options out;
  out.path = "/engine.io";
  const auto text = [&](const char* name, std::string& to) {
    if (const auto* found = in.if_contains(name)) to = json::value_to<std::string>(*found);
  };
  const auto flag = [&](const char* name, bool& to) {
    if (const auto* found = in.if_contains(name)) to = found->as_bool();
  };
  const auto time = [&](const char* name, std::chrono::milliseconds& to) {
    if (const auto* found = in.if_contains(name)) to = std::chrono::milliseconds(found->to_number<int>());
  };
  text("path", out.path);
  text("proxy", out.proxy);
  text("ca_file", out.tls.ca_file);
  text("certificate_file", out.tls.certificate_file);
  text("key_file", out.tls.key_file);
  flag("insecure", out.tls.insecure_skip_verification);
  flag("with_credentials", out.with_credentials);
  flag("try_all_transports", out.try_all_transports);
  flag("upgrade", out.upgrade);
  time("connect_timeout", out.connect_timeout);
  if (const auto* found = in.if_contains("revision")) out.revision = found->to_number<int>();
  if (const auto* found = in.if_contains("transports"))
    out.transports = json::value_to<std::vector<std::string>>(*found);
  return out;
}

class printer final : public clients::engine_listener {
 public:
  explicit printer(std::function<void()> ended) : ended_(std::move(ended)) {}
  void on_open(const clients::engine_handshake& opened) override { say({{"event", "open"}, {"sid", opened.sid}}); }
  void on_message(message what) override {
    if (what.is_binary()) return say({{"event", "binary"}, {"hex", hex_of(what.bytes().view())}});
    say({{"event", "text"}, {"text", what.text()}});
  }
  void on_upgrade(std::string_view to) override { say({{"event", "upgrade"}, {"to", std::string(to)}}); }
  void on_upgrade_error(std::string detail) override { say({{"event", "upgrade_error"}, {"detail", detail}}); }
  void on_ping() override { say({{"event", "ping"}}); }
  void on_close(clients::engine_end end) override {
    say({{"event", "close"},
         {"reason", std::string(end.why.text())},
         {"detail", end.why.detail()},
         {"error", end.error ? end.error.message() : std::string()},
         {"status", end.status}});
    ended_();
  }

 private:
  const std::function<void()> ended_;
};

class commands : public std::enable_shared_from_this<commands> {
 public:
  commands(const async::strand& on, std::shared_ptr<clients::engine_client> to)
      : input_(on, ::dup(STDIN_FILENO)), to_(std::move(to)) {}

  void next() {
    asio::async_read_until(input_, asio::dynamic_buffer(read_), '\n',
                           [self = shared_from_this()](boost::system::error_code ec, std::size_t size) {
                             if (ec) return;
                             self->run(self->read_.substr(0, size - 1));
                             self->read_.erase(0, size);
                             self->next();
                           });
  }
  void stop() {
    boost::system::error_code ignored;
    input_.close(ignored);
  }

 private:
  void run(const std::string& line) {
    if (line.starts_with("text ")) return to_->send(message(line.substr(5)));
    if (line.starts_with("binary ")) return to_->send(message(binary(bytes_of(line.substr(7)))));
    if (line == "close") return to_->close();
    if (line != "drop") return;
    to_->drop();
    stop();
  }

  asio::posix::stream_descriptor input_;
  const std::shared_ptr<clients::engine_client> to_;
  std::string read_;
};

}  // namespace

int main(int, char** argv) {
  try {
    const json::object settings = json::parse(argv[1]).as_object();
    asio::io_context context(1);
    const auto where = std::make_shared<async::runtime>(context.get_executor());
    const auto strand = where->make_strand();
    const auto source =
        clients::make_engine_source(where, json::value_to<std::string>(settings.at("url")), read_options(settings));
    std::shared_ptr<commands> input;
    const auto listener = std::make_shared<printer>([&input] { input->stop(); });
    const auto client = source->make(strand, listener);
    input = std::make_shared<commands>(strand, client);
    asio::post(strand, [&] {
      client->open();
      input->next();
    });
    context.run();
    return EXIT_SUCCESS;
  } catch (const std::exception& e) {
    say({{"event", "refused"}, {"detail", e.what()}});
    return EXIT_FAILURE;
  }
}
