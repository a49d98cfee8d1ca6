// Connections of any kind for http::app::serve() and server::serve(): TLS that the application ends itself, sockets of
// the local system, streams of Boost.Beast.
//
//   boost::asio::ssl::stream<boost::asio::ip::tcp::socket> secured(std::move(accepted), context);
//   co_await secured.async_handshake(boost::asio::ssl::stream_base::server, boost::asio::use_awaitable);
//   cosio::http::any_stream any(std::move(secured));
//   co_await io.serve(std::move(any));
//
// No other header includes this one. A tcp::socket needs none of it, and is faster without: see serve(tcp_socket).

#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/error_code.hpp>

#include <cosio/http.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

struct ssl_st;  // SSL of OpenSSL

namespace cosio::inline v0_2 {
namespace detail {

/// The certificate that the peer has shown, as PEM text; empty without one that was verified.
std::string client_certificate_of(const ssl_st& connection);

/// A stream whose type is forgotten. All calls come from one strand; `on` is this strand.
class byte_stream {
 public:
  /// Called once on the strand, or destroyed without a call when the io_context ends.
  class completion {
   public:
    virtual ~completion() = default;
    virtual void operator()(boost::system::error_code ec, std::size_t bytes) = 0;
  };
  using executor = boost::asio::any_io_executor;

  virtual ~byte_stream() = default;
  virtual void read_some(std::span<char> room, const executor& on, std::unique_ptr<completion> then) = 0;
  virtual void write_some(std::string_view bytes, const executor& on, std::unique_ptr<completion> then) = 0;
  /// Sends the end of our direction: close_notify with TLS, and then waits for the peer's.
  /// @return false when it was done at once: `then` is not called.
  virtual bool end_sending(const executor& on, std::unique_ptr<completion> then) = 0;
  /// Operations under way end with operation_aborted. Throws what the application's stream throws.
  virtual void close() = 0;
  /// The peer's address without port; empty where there is none.
  virtual std::string remote_address() = 0;
  /// The certificate that the peer has shown in the handshake, as PEM text; empty where there is none.
  virtual std::string client_certificate() = 0;
};

/// The socket, or whatever is lowest in a stack of streams.
template <class Stream>
auto& lowest_of(Stream& stream) {
  boost::system::error_code ec;
  if constexpr (requires { stream.shutdown(boost::asio::socket_base::shutdown_send, ec); }) {
    return stream;
  } else if constexpr (requires { stream.socket(); }) {
    return lowest_of(stream.socket());
  } else if constexpr (requires { stream.next_layer(); }) {
    return lowest_of(stream.next_layer());
  } else {
    return stream;
  }
}

template <class Stream>
class byte_stream_of final : public byte_stream {
 public:
  explicit byte_stream_of(Stream stream) : stream_(std::move(stream)) {
    auto& lowest = lowest_of(stream_);
    boost::system::error_code ignored;
    using tcp = boost::asio::ip::tcp;
    if constexpr (requires { requires std::same_as<typename std::decay_t<decltype(lowest)>::protocol_type, tcp>; })
      lowest.set_option(tcp::no_delay(true), ignored);
  }

  void read_some(std::span<char> room, const executor& on, std::unique_ptr<completion> then) override {
    stream_.async_read_some(boost::asio::buffer(room.data(), room.size()), on_strand(on, std::move(then)));
  }
  void write_some(std::string_view bytes, const executor& on, std::unique_ptr<completion> then) override {
    stream_.async_write_some(boost::asio::buffer(bytes.data(), bytes.size()), on_strand(on, std::move(then)));
  }
  bool end_sending(const executor& on, std::unique_ptr<completion> then) override {
    if constexpr (requires { stream_.async_shutdown(on_strand(on, std::move(then))); }) {
      stream_.async_shutdown(on_strand(on, std::move(then)));
      return true;
    } else {
      auto& lowest = lowest_of(stream_);
      boost::system::error_code ec;
      if constexpr (requires { lowest.shutdown(boost::asio::socket_base::shutdown_send, ec); })
        lowest.shutdown(boost::asio::socket_base::shutdown_send, ec);
      return false;
    }
  }
  void close() override {
    auto& lowest = lowest_of(stream_);
    boost::system::error_code ignored;
    if constexpr (requires { lowest.close(ignored); }) {
      lowest.close(ignored);
    } else {
      lowest.close();
    }
  }
  std::string remote_address() override {
    auto& lowest = lowest_of(stream_);
    boost::system::error_code ec;
    if constexpr (requires { lowest.remote_endpoint(ec).address(); }) {
      const auto peer = lowest.remote_endpoint(ec).address();
      if (ec) return {};
      const bool mapped = peer.is_v6() && peer.to_v6().is_v4_mapped();
      if (mapped) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, peer.to_v6()).to_string();
      return peer.to_string();
    } else {
      return {};
    }
  }
  std::string client_certificate() override {
    if constexpr (requires { requires std::same_as<std::decay_t<decltype(stream_.native_handle())>, ssl_st*>; }) {
      const ssl_st* const connection = stream_.native_handle();
      return connection != nullptr ? client_certificate_of(*connection) : std::string();
    } else {
      return {};
    }
  }

 private:
  static auto on_strand(const executor& on, std::unique_ptr<completion> then) {
    return boost::asio::bind_executor(
        on, [then = std::move(then)](boost::system::error_code ec, std::size_t bytes = 0) { (*then)(ec, bytes); });
  }

  Stream stream_;
};

}  // namespace detail

namespace http {

/// One connection of any kind, whose type the server need not know: its type is forgotten once, here.
///
/// The stream has async_read_some() and async_write_some(), as streams of Asio and Beast do, and close() at its lowest
/// layer. Handshakes (TLS) are over. It may live on any io_context that outlives the connection, and nobody else may
/// use it any more. Its timeouts, if it has any, are the application's: the server has its own.
///
/// The server owns the stream, and closes it when the connection ends, and when the server itself goes: without close()
/// too, and also on another io_context than the server's. What close() throws is logged at level error. A stream that
/// was not given to serve() is destroyed with this object.
///
/// Ends of the peer, half-closed connections and slow peers are handled as those of TCP. A TLS stream that the peer
/// ends without close_notify has ended, too: that is no error. There are two differences: the connection keeps buffers
/// of 8 KiB for reading and up to 64 KiB for writing. And the end of a peer is noticed later while events of it wait
/// for handlers and nothing is read (options.max_held_bytes).
/// @par Threads  A value that moves: one thread at a time.
class any_stream {
 public:
  /// @param remote_address  The peer's address without port, for rules by address (trusted_proxies,
  ///                        max_sessions_per_address) and the log. It counts as it is given. Without one: that of the
  ///                        lowest layer if it has one, else empty, as for sockets of the local system. An empty
  ///                        address is no trusted proxy: a proxy on a local socket needs one that trusted_proxies has.
  template <class Stream>
    requires(!std::same_as<std::decay_t<Stream>, any_stream> && std::is_rvalue_reference_v<Stream &&>)
  explicit any_stream(Stream&& stream, std::string remote_address = std::string())
      : bytes_(std::make_unique<detail::byte_stream_of<std::decay_t<Stream>>>(std::move(stream))),
        address_(remote_address.empty() ? bytes_->remote_address() : std::move(remote_address)),
        certificate_(bytes_->client_certificate()),
        secure_(requires { typename std::decay_t<Stream>::handshake_type; }) {}

  /// Whether requests count as encrypted (request::secure()). Default: whether the stream makes TLS handshakes. Say yes
  /// for a local socket behind a proxy that ends TLS.
  any_stream& secure(bool on) noexcept {
    secure_ = on;
    return *this;
  }
  bool secure() const noexcept { return secure_; }
  const std::string& remote_address() const noexcept { return address_; }
  /// Says which certificate the client has shown, as PEM text: request::client_certificate(), if the stream is secure.
  /// It must be verified. Default: that of a boost::asio::ssl::stream, or of another stream with the SSL of OpenSSL as
  /// its native_handle(), if OpenSSL has verified it; else none.
  any_stream& client_certificate(std::string pem) noexcept {
    certificate_ = std::move(pem);
    return *this;
  }
  const std::string& client_certificate() const noexcept { return certificate_; }

  /// For the library: what the stream does not say itself is taken from a request that came on it.
  void fill_in(const request& came) {
    if (address_.empty()) address_ = came.remote_address();
    if (certificate_.empty() && came.secure()) certificate_ = came.client_certificate();
    secure_ = secure_ || came.secure();
  }
  /// For the library. False when it was moved away.
  bool valid() const noexcept { return bytes_ != nullptr; }
  /// For the library. Null when it was moved away.
  std::unique_ptr<detail::byte_stream> take() noexcept { return std::move(bytes_); }

 private:
  std::unique_ptr<detail::byte_stream> bytes_;
  std::string address_;
  std::string certificate_;
  bool secure_;
};

}  // namespace http
}  // namespace cosio::inline v0_2
