// OpenSSL's client on two memory buffers.

#include "support/tls_client.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <boost/asio/error.hpp>

#include <array>
#include <stdexcept>
#include <utility>

namespace cosio::test {
namespace {

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("tls client: ") + what);
}

}  // namespace

void tls_peer::deleter::operator()(SSL* ssl) const { SSL_free(ssl); }
void tls_peer::deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

tls_peer::tls_peer(const tls_client_options& options) : context_(SSL_CTX_new(TLS_client_method())) {
  check(context_ != nullptr, "no context");
  SSL_CTX* const c = context_.get();
  if (options.oldest != 0 && options.oldest < TLS1_2_VERSION) {
    check(SSL_CTX_set_cipher_list(c, "DEFAULT@SECLEVEL=0") == 1, "no old ciphers");
  }
  check(SSL_CTX_set_min_proto_version(c, options.oldest) == 1 && SSL_CTX_set_max_proto_version(c, options.newest) == 1,
        "no such version");
  if (!options.authority.empty()) {
    check(SSL_CTX_load_verify_locations(c, options.authority.c_str(), nullptr) == 1, "no authority");
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.empty()) {
    check(SSL_CTX_use_certificate_chain_file(c, options.certificate.c_str()) == 1 &&
              SSL_CTX_use_PrivateKey_file(c, options.key.c_str(), SSL_FILETYPE_PEM) == 1,
          "no certificate");
  }
  if (options.short_records) {
    check(SSL_CTX_set_tlsext_max_fragment_length(c, TLSEXT_max_fragment_length_512) == 1, "no short records");
  }
  ssl_.reset(SSL_new(c));
  check(ssl_ != nullptr, "no connection");
  if (!options.protocols.empty()) {
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned>(options.protocols.size()));
  }
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);  // empty is no end
  SSL_set_bio(ssl_.get(), in, out);
  SSL_set_connect_state(ssl_.get());
}

void tls_peer::note(int result) {
  const int why = SSL_get_error(ssl_.get(), result);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_ZERO_RETURN ||
      why == SSL_ERROR_NONE)
    return;
  const unsigned long queued = ERR_get_error();
  const char* const reason = queued == 0 ? nullptr : ERR_reason_error_string(queued);
  if (failure_.empty()) failure_ = reason == nullptr ? "failed" : reason;
}

void tls_peer::shake() {
  ERR_clear_error();
  if (!ready()) note(SSL_do_handshake(ssl_.get()));
}

bool tls_peer::ready() const { return SSL_is_init_finished(ssl_.get()) == 1; }

void tls_peer::write(std::string_view plain) {
  ERR_clear_error();
  if (!plain.empty()) note(SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())));
}

std::string tls_peer::read() {
  std::string plain;
  std::array<char, 16'384> room;
  for (;;) {
    ERR_clear_error();
    const int n = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
    if (n <= 0) {
      note(n);
      return plain;
    }
    plain.append(room.data(), static_cast<std::size_t>(n));
  }
}

void tls_peer::send_close_notify() { SSL_shutdown(ssl_.get()); }

void tls_peer::update_keys(bool ask) {
  ERR_clear_error();
  check(SSL_key_update(ssl_.get(), ask ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1, "no new keys");
  note(SSL_do_handshake(ssl_.get()));
}

void tls_peer::receive(std::string_view records) {
  if (!records.empty()) BIO_write(SSL_get_rbio(ssl_.get()), records.data(), static_cast<int>(records.size()));
}

std::string tls_peer::take_output() {
  BIO* const out = SSL_get_wbio(ssl_.get());
  std::string records(BIO_ctrl_pending(out), '\0');
  if (!records.empty()) BIO_read(out, records.data(), static_cast<int>(records.size()));
  return records;
}

bool tls_peer::saw_close_notify() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

// A copy: OpenSSL marks the session itself as one to be forgotten, when its connection ends without a shutdown.
std::shared_ptr<SSL_SESSION> tls_peer::session() const {
  const SSL_SESSION* const made = SSL_get0_session(ssl_.get());
  if (made == nullptr || SSL_SESSION_is_resumable(made) != 1) return nullptr;
  return {SSL_SESSION_dup(made), SSL_SESSION_free};
}

void tls_peer::resume(const std::shared_ptr<SSL_SESSION>& with) {
  check(SSL_set_session(ssl_.get(), with.get()) == 1, "no ticket to offer");
}

bool tls_peer::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

std::string tls_peer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string tls_peer::version() const { return SSL_get_version(ssl_.get()); }

std::string tls_peer::peer_name() const {
  std::array<char, 256> name{};
  if (X509* const of = SSL_get0_peer_certificate(ssl_.get()))
    X509_NAME_get_text_by_NID(X509_get_subject_name(of), NID_commonName, name.data(), static_cast<int>(name.size()));
  return name.data();
}

// ---------------------------------------------------------------- sockets

tls_http_client::tls_http_client(std::uint16_t port, const tls_client_options& options) : peer_(options), below_(port) {
  for (bool open = true; open;) {
    peer_.shake();
    below_.send(peer_.take_output());
    if (peer_.ready() || !peer_.failure().empty()) break;
    const std::string bytes = below_.read_some();
    open = !bytes.empty();
    peer_.receive(bytes);
  }
}

void tls_http_client::send(std::string_view plain) {
  peer_.write(plain);
  below_.send(peer_.take_output());
}

bool tls_http_client::read_more() {
  const std::string bytes = below_.read_some();
  peer_.receive(bytes);
  received_ += peer_.read();
  return !bytes.empty();
}

http_answer tls_http_client::read_answer() {
  for (;;) {
    if (auto answer = take_answer(received_)) return std::move(*answer);
    if (!read_more())
      throw std::runtime_error("tls client: the connection ended without an answer; " + peer_.failure());
  }
}

bool tls_http_client::ends() {
  while (read_more()) {
  }
  return received_.empty() && peer_.saw_close_notify();
}

// ---------------------------------------------------------------- memory

memory_tls_client::memory_tls_client(world& in, std::unique_ptr<async::memory_stream> below,
                                     const tls_client_options& options)
    : world_(in), peer_(options), below_(std::move(below)) {
  exchange();
}

void memory_tls_client::exchange() {
  for (bool moved = true; moved;) {
    moved = false;
    peer_.shake();
    unsent_ += peer_.take_output();
    boost::system::error_code ec;
    while (!unsent_.empty() && !ec) {
      const iovec piece{unsent_.data(), unsent_.size()};
      const std::size_t sent = below_->write_some({&piece, 1}, ec);
      unsent_.erase(0, sent);
      moved |= sent > 0;
      world_.settle();
    }
    world_.settle();
    std::array<char, 4096> room;
    ec = {};
    while (!ec) {
      const std::size_t n = below_->read_some(room, ec);
      peer_.receive({room.data(), n});
      moved |= n > 0;
    }
    ended_ |= ec && ec != boost::asio::error::would_block;
    if (peer_.ready()) received_ += peer_.read();
  }
}

void memory_tls_client::send(std::string_view plain) {
  peer_.write(plain);
  exchange();
}

std::string memory_tls_client::received() {
  exchange();
  return std::exchange(received_, {});
}

std::optional<http_answer> memory_tls_client::answer() {
  exchange();
  return take_answer(received_);
}

bool memory_tls_client::ended() {
  exchange();
  return ended_;
}

}  // namespace cosio::test
