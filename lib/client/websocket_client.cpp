// WebSocket, with Beast: a message of it for each packet.

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cosio/error.hpp>

#include <array>
#include <optional>
#include <type_traits>

#include "async/spawn.hpp"
#include "client/dialer.hpp"
#include "client/failure.hpp"
#include "client/net_stream.hpp"
#include "client/transport.hpp"

namespace cosio::inline v0_2::clients {

// What Beast asks of a stream that is not its own: how it is ended.
void beast_close_socket(net_stream& stream) { stream.close(); }
void teardown(boost::beast::role_type, net_stream& stream, boost::system::error_code& ec) {
  stream.close();
  ec.clear();
}
template <class Handler>
void async_teardown(boost::beast::role_type, net_stream& stream, Handler&& handler) {
  stream.close();
  async::post(stream.get_executor(), "client",
              [then = std::decay_t<Handler>(std::forward<Handler>(handler))]() mutable {
                std::move(then)(boost::system::error_code());
              });
}

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t kept_room = 64 * 1024;   // of a buffer between two messages
constexpr std::size_t read_ahead = 16 * 1024;  // above the largest message: what Beast asks for
constexpr char message_byte = '\x04';          // revision 3: the type of a binary message, as a byte

bool is_end(const error_code& ec) {
  return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated || ec == asio::error::connection_reset ||
         ec == asio::error::broken_pipe || ec == asio::error::connection_aborted || ec == asio::error::timed_out;
}

failure explain_end(const error_code& ec) {
  if (ec == websocket::error::closed)
    return failure(ec, "the server closed the connection", 0, reason::kind::transport_close);
  if (is_end(ec)) return failure(ec, "the connection was lost: " + ec.message(), 0, reason::kind::transport_close);
  if (ec == websocket::error::message_too_big || ec == websocket::error::buffer_overflow)
    return failure(ec, "the server sent a message above options.max_message_bytes");
  return failure(ec, "the server broke the rules of WebSocket: " + ec.message());
}

class websocket_client final : public transport {
 public:
  using transport::transport;

  std::string_view name() const noexcept override { return "websocket"; }
  void start(std::string sid) override { async::spawn(strand_, "client", run(self(), std::move(sid))); }

  void send(std::vector<out_packet> packets) override {
    writing_ = true;
    async::spawn(strand_, "client", write(self(), std::move(packets)));
  }

  void pause() override {}  // nothing is better than WebSocket

  void stop() noexcept override {
    if (stopped_) return;
    stopped_ = true;
    limit_ = nullptr;
    if (dialer_) dialer_->cancel();
    if (stream_) stream_->close();
  }

 private:
  using layer = websocket::stream<net_stream&>;

  std::shared_ptr<websocket_client> self() { return std::static_pointer_cast<websocket_client>(shared_from_this()); }

  static task<> run(std::shared_ptr<websocket_client> self, std::string sid) {
    std::exception_ptr thrown;
    try {
      co_await connect(self, std::move(sid));
      co_await read(self);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (thrown) self->fail(thrown);
  }

  static task<> connect(std::shared_ptr<websocket_client> self, std::string sid) {
    const source_terms& terms = *self->terms_;
    self->dialer_ = std::make_shared<dialer>(self->strand_, terms.where, terms.to);
    const auto until = terms.where->timers().after(terms.options.connect_timeout);
    self->stream_ = co_await dialer::run(self->dialer_, until);
    self->dialer_ = nullptr;
    self->check();
    self->prepare();
    const std::string target = terms.target("websocket", sid);
    const std::string host = terms.to->server.host_field();
    websocket::response_type answer;
    error_code ec;
    co_await self->layer_->async_handshake(answer, host, target, asio::redirect_error(asio::use_awaitable, ec));
    self->check();
    if (terms.cookies) self->take_cookies(answer);
    const unsigned status = answer.result_int();
    if (ec == websocket::error::upgrade_declined) throw failure(ec, explain_status(status), status);
    if (ec) throw failure(ec, "the handshake of WebSocket failed: " + ec.message());
    self->open_ = true;
    self->tell([&](transport_host& to) { to.on_transport_open(*self); });
  }

  void prepare() {
    const engine_client_options& options = terms_->options;
    layer_.emplace(*stream_);
    websocket::permessage_deflate deflate;
    deflate.client_enable = options.per_message_deflate;
    deflate.msg_size_threshold = options.deflate_threshold;
    layer_->set_option(deflate);
    layer_->read_message_max(options.max_message_bytes);
    layer_->auto_fragment(false);
    layer_->set_option(websocket::stream_base::decorator([fields = terms_->fields_now()](websocket::request_type& of) {
      for (const auto& [name, value] : fields) of.set(name, value);
    }));
  }

  void take_cookies(const websocket::response_type& of) const {
    const auto [first, last] = of.equal_range(beast::http::field::set_cookie);
    for (auto at = first; at != last; ++at) terms_->cookies->take({at->value().data(), at->value().size()});
  }

  static task<> read(std::shared_ptr<websocket_client> self) {
    const std::size_t most = self->terms_->options.max_message_bytes;
    beast::flat_buffer room(most < SIZE_MAX - read_ahead ? most + read_ahead : most);
    while (!self->stopped_) {
      error_code ec;
      co_await self->layer_->async_read(room, asio::redirect_error(asio::use_awaitable, ec));
      self->check();
      if (ec) throw explain_end(ec);
      self->take({static_cast<const char*>(room.data().data()), room.size()});
      room.consume(room.size());
      if (room.capacity() > kept_room) room.shrink_to_fit();
    }
  }

  void take(std::string_view bytes) {
    std::string scratch;
    wire::engine_packet packet;
    if (layer_->got_binary()) {
      packet = wire::decode_binary_packet(terms_->rev(), bytes);
    } else {
      const auto read = wire::decode_text_packet(terms_->rev(), bytes, scratch);
      if (read.has_error())
        throw failure(read.error().code, "what the server sent cannot be read", 0, reason::kind::parse_error);
      packet = *read;
    }
    if (packet.type == wire::packet_type::close)
      throw failure(asio::error::eof, "the server closed the connection", 0, reason::kind::transport_close);
    std::string data(packet.data);
    tell([&](transport_host& to) {
      to.on_packet(*this, packet.type, packet.binary ? message(binary(std::move(data))) : message(std::move(data)));
    });
  }

  static task<> write(std::shared_ptr<websocket_client> self, std::vector<out_packet> packets) {
    std::exception_ptr thrown;
    try {
      co_await write_all(self, std::move(packets));
    } catch (...) {
      thrown = std::current_exception();
    }
    self->writing_ = false;
    if (self->stopped_) co_return;
    if (thrown) co_return self->fail(thrown);
    if (self->silent_) {
      co_await end_layer(self);
      co_return;
    }
    self->tell([&](transport_host& to) { to.on_written(*self); });
  }

  static task<> write_all(std::shared_ptr<websocket_client> self, std::vector<out_packet> packets) {
    for (const out_packet& packet : packets) {
      const bool is_binary = packet.data.is_binary();
      const bool has_type = !is_binary || self->terms_->rev() == wire::revision::v3;
      const char type = is_binary ? message_byte : wire::type_digit(packet.type);
      const std::string_view bytes = packet.bytes();
      const std::array<asio::const_buffer, 2> pieces{asio::buffer(&type, has_type ? 1 : 0),
                                                     asio::buffer(bytes.data(), bytes.size())};
      self->layer_->binary(is_binary);
      self->layer_->compress(packet.compress);
      error_code ec;
      co_await self->layer_->async_write(pieces, asio::redirect_error(asio::use_awaitable, ec));
      self->check();
      // Behind a close frame of the server nothing can be written. The reader tells of it.
      if (ec == asio::error::operation_aborted) co_return;
      if (ec) throw explain_end(ec);
    }
  }

  void say_goodbye() override { async::spawn(strand_, "client", end_layer(self())); }

  static task<> end_layer(std::shared_ptr<websocket_client> self) {
    const websocket::close_reason why(websocket::close_code::normal);
    error_code ignored;
    co_await self->layer_->async_close(why, asio::redirect_error(asio::use_awaitable, ignored));
    self->stop();
  }

  void check() const {
    if (stopped_) throw boost::system::system_error(asio::error::operation_aborted);
  }

  std::shared_ptr<dialer> dialer_;
  std::shared_ptr<net_stream> stream_;
  std::optional<layer> layer_;  // destroyed before the stream
};

}  // namespace

std::shared_ptr<transport> make_websocket(async::strand on, std::shared_ptr<const source_terms> terms,
                                          std::weak_ptr<transport_host> host) {
  return std::make_shared<websocket_client>(std::move(on), std::move(terms), std::move(host));
}

}  // namespace cosio::inline v0_2::clients
