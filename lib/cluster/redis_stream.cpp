// Bytes to and from Redis.

#include "cluster/redis_stream.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <cosio/error.hpp>

#include <utility>

#include "base/logger.hpp"

namespace cosio::inline v0_2::cluster {

namespace asio = boost::asio;
using boost::system::error_code;

class redis_tls {
 public:
  asio::ssl::context context{asio::ssl::context::tls_client};
  bool verify = true;
};

namespace {

template <class Protocol>
using socket_of = asio::basic_stream_socket<Protocol, async::executor>;
using tcp = asio::ip::tcp;
using tcp_socket = socket_of<tcp>;
using resolver = asio::ip::basic_resolver<tcp, async::executor>;

// Reads and writes of any Asio stream, and the socket below it.
template <class Stream>
class any_redis_stream : public redis_stream, public std::enable_shared_from_this<any_redis_stream<Stream>> {
 public:
  template <class... Args>
  explicit any_redis_stream(async::strand on, Args&&... args)
      : strand_(std::move(on)), stream_(strand_.get_inner_executor(), std::forward<Args>(args)...) {}

  void read_some(std::span<char> room, done then) override {
    stream_.async_read_some(asio::buffer(room.data(), room.size()), bound(std::move(then)));
  }
  void write(std::string_view bytes, done then) override {
    asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()), bound(std::move(then)));
  }
  void close() noexcept override {
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

 protected:
  // The handler runs on the strand, and keeps this stream. Its exceptions would leave run(), which belongs to the
  // application. A link that does not go on because of one is silent, and is noticed.
  template <class F>
  auto bound(F then) {
    return asio::bind_executor(strand_,
                               [self = this->shared_from_this(), then = std::move(then)](auto... results) mutable {
                                 base::guarded("cluster", [&] { then(results...); });
                               });
  }

  const async::strand strand_;
  Stream stream_;
};

class unix_stream final : public any_redis_stream<socket_of<asio::local::stream_protocol>> {
 public:
  unix_stream(async::strand on, std::string path) : any_redis_stream(std::move(on)), path_(std::move(path)) {}

  void connect(connected then) override {
    error_code ec;
    asio::local::stream_protocol::endpoint where;
    try {
      where.path(path_);
    } catch (const boost::system::system_error& e) {
      ec = e.code();  // longer than the system takes
    }
    if (ec) return then(ec.message());
    stream_.async_connect(where,
                          this->bound([then = std::move(then)](error_code got) { then(got ? got.message() : ""); }));
  }

 private:
  const std::string path_;
};

template <class Stream>
class tcp_stream_base : public any_redis_stream<Stream> {
 public:
  template <class... Args>
  tcp_stream_base(async::strand on, redis_host to, Args&&... args)
      : any_redis_stream<Stream>(on, std::forward<Args>(args)...),
        to_(std::move(to)),
        resolver_(on.get_inner_executor()) {}

  void close() noexcept override {
    resolver_.cancel();
    any_redis_stream<Stream>::close();
  }

 protected:
  void connect_tcp(redis_stream::connected then) {
    resolver_.async_resolve(to_.host, std::to_string(to_.port),
                            this->bound([this, then = std::move(then)](error_code ec, auto found) mutable {
                              if (ec) return then(ec.message());
                              this->connect_any(std::move(found), std::move(then));
                            }));
  }

  const redis_host to_;

 private:
  template <class Found>
  void connect_any(Found found, redis_stream::connected then) {
    asio::async_connect(this->stream_.lowest_layer(), found,
                        this->bound([this, then = std::move(then)](error_code ec, const auto&) mutable {
                          error_code ignored;
                          if (!ec) this->stream_.lowest_layer().set_option(tcp::no_delay(true), ignored);
                          then(ec ? ec.message() : "");
                        }));
  }

  resolver resolver_;
};

class plain_stream final : public tcp_stream_base<tcp_socket> {
 public:
  using tcp_stream_base::tcp_stream_base;
  void connect(connected then) override { connect_tcp(std::move(then)); }
};

class secure_stream final : public tcp_stream_base<asio::ssl::stream<tcp_socket>> {
 public:
  secure_stream(async::strand on, redis_host to, std::shared_ptr<redis_tls> tls)
      : tcp_stream_base(std::move(on), std::move(to), tls->context), tls_(std::move(tls)) {}

  void connect(connected then) override {
    if (!prepare()) return then("the host's name cannot be used for TLS");
    connect_tcp([this, then = std::move(then)](std::string problem) mutable {
      if (!problem.empty()) return then(std::move(problem));
      stream_.async_handshake(asio::ssl::stream_base::client,
                              this->bound([this, then = std::move(then)](error_code ec) {
                                then(ec ? handshake_problem(ec) : std::string());
                              }));
    });
  }

 private:
  // The certificate must be of the host that the URL names.
  bool prepare() {
    SSL* const ssl = stream_.native_handle();
    error_code ec;
    asio::ip::make_address(to_.host, ec);
    const bool is_name = ec.failed();
    if (is_name && SSL_set_tlsext_host_name(ssl, to_.host.c_str()) != 1) return false;
    if (!tls_->verify) return true;
    if (is_name) return SSL_set1_host(ssl, to_.host.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), to_.host.c_str()) == 1;
  }

  std::string handshake_problem(error_code ec) {
    const long result = SSL_get_verify_result(stream_.native_handle());
    if (tls_->verify && result != X509_V_OK)
      return std::string("its certificate is refused: ") + X509_verify_cert_error_string(result);
    return "TLS: " + ec.message();
  }

  const std::shared_ptr<redis_tls> tls_;
};

}  // namespace

std::shared_ptr<redis_tls> make_redis_tls(const std::string& ca_file, const std::string& cert_file,
                                          const std::string& key_file, bool verify) {
  auto made = std::make_shared<redis_tls>();
  asio::ssl::context& context = made->context;
  made->verify = verify;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
  context.set_verify_mode(verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
  error_code ec;
  if (ca_file.empty()) {
    context.set_default_verify_paths(ec);
  } else {
    context.load_verify_file(ca_file, ec);
  }
  if (ec) throw error(errc::bad_argument, "the certificates of authorities for Redis cannot be read: " + ec.message());
  if (cert_file.empty() != key_file.empty())
    throw error(errc::bad_argument, "a certificate for Redis needs its key, and the key its certificate");
  if (cert_file.empty()) return made;
  context.use_certificate_chain_file(cert_file, ec);
  if (!ec) context.use_private_key_file(key_file, asio::ssl::context::pem, ec);
  if (ec) throw error(errc::bad_argument, "the certificate for Redis, or its key, cannot be read: " + ec.message());
  return made;
}

std::shared_ptr<redis_stream> make_redis_stream(async::strand on, const redis_address& to,
                                                std::shared_ptr<redis_tls> tls) {
  if (!to.path.empty()) return std::make_shared<unix_stream>(std::move(on), to.path);
  redis_host where(to.host, to.port);
  if (!to.tls) return std::make_shared<plain_stream>(std::move(on), std::move(where));
  if (!tls) tls = make_redis_tls({}, {}, {}, true);
  return std::make_shared<secure_stream>(std::move(on), std::move(where), std::move(tls));
}

}  // namespace cosio::inline v0_2::cluster
