// Whom a client trusts.

#include "client/tls_client.hpp"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <cosio/error.hpp>

#include <cstdio>
#include <memory>
#include <string>

#include "client/test_line.hpp"
#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/echo_engine.hpp"
#include "wire/base64.hpp"

using namespace cosio;
using namespace cosio::test;

namespace {

http::app_options secured(const certificate_files& own, const certificate_files* clients = nullptr) {
  auto options = echo_engine::local();
  options.tls.emplace();
  options.tls->certificate_file = own.certificate();
  options.tls->key_file = own.key();
  if (clients != nullptr) options.tls->client_ca_file = clients->certificate();
  return options;
}

std::string url_of(const std::string& host, std::uint16_t port) {
  return "https://" + host + ":" + std::to_string(port);
}

std::string pin_of(const certificate_files& of) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(of.certificate().c_str(), "r"), std::fclose);
  const std::unique_ptr<X509, void (*)(X509*)> read(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(read.get()), &bytes);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()));
  OPENSSL_free(bytes);
  std::string out = "sha256//";
  wire::append_base64(out, digest);
  return out;
}

// What a connection with these options comes to: "open", or the end's detail.
std::string outcome(const std::string& url, engine_client_options options) {
  test_line line(url, std::move(options));
  if (!line.open()) return line.end().why.detail();
  line.send("hello");
  if (!line.until_messages(1)) return "no answer";
  return line.until_upgraded() ? "open" : "not upgraded";
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a server needs a certificate of a trusted authority, for its name", "[client][tls]") {
  const certificate_files own("localhost");
  const certificate_files stranger("localhost");
  echo_engine server({}, {}, secured(own));
  auto options = test_line::quick();
  CHECK(has(outcome(url_of("localhost", server.port()), options), "certificate of the server is refused"));
  CHECK(has(outcome(url_of("localhost", server.port()), options), "tls.ca_file"));
  options.tls.ca_file = stranger.certificate();
  CHECK(has(outcome(url_of("localhost", server.port()), options), "certificate of the server is refused"));
  options.tls.ca_file = own.certificate();
  CHECK(outcome(url_of("localhost", server.port()), options) == "open");
  CHECK(outcome(url_of("127.0.0.1", server.port()), options) == "open");
  options.transports = {"websocket"};
  options.tls.server_name = "example.com";
  CHECK(has(outcome(url_of("localhost", server.port()), options), "certificate of the server is refused"));
  options.tls.server_name = "127.0.0.2";
  CHECK(has(outcome(url_of("localhost", server.port()), options), "certificate of the server is refused"));
}

TEST_CASE("a server is not verified only if that is spelled out", "[client][tls]") {
  const certificate_files own("localhost");
  echo_engine server({}, {}, secured(own));
  auto options = test_line::quick();
  options.tls.insecure_skip_verification = true;
  CHECK(outcome(url_of("127.0.0.1", server.port()), options) == "open");
}

TEST_CASE("a pinned key is demanded beside all else", "[client][tls]") {
  const certificate_files own("localhost");
  const certificate_files other("localhost");
  echo_engine server({}, {}, secured(own));
  auto options = test_line::quick();
  options.tls.ca_file = own.certificate();
  options.tls.pinned_keys = {pin_of(other)};
  CHECK(has(outcome(url_of("localhost", server.port()), options), "pinned_keys"));
  options.tls.pinned_keys.push_back(pin_of(own));
  CHECK(outcome(url_of("localhost", server.port()), options) == "open");
  options.tls.insecure_skip_verification = true;
  options.tls.pinned_keys = {pin_of(other)};
  CHECK(has(outcome(url_of("localhost", server.port()), options), "pinned_keys"));
}

TEST_CASE("a client shows its certificate to a server that asks", "[client][tls]") {
  const certificate_files own("localhost");
  const certificate_files authority("authority");
  const certificate_files anna("anna", &authority, "secret");
  echo_engine server({}, {}, secured(own, &authority));
  auto options = test_line::quick();
  options.tls.ca_file = own.certificate();
  CHECK(outcome(url_of("localhost", server.port()), options) != "open");
  options.tls.certificate_file = anna.certificate();
  CHECK_THROWS_AS(outcome(url_of("localhost", server.port()), options), error);
  options.tls.key_file = anna.key();
  CHECK_THROWS_AS(outcome(url_of("localhost", server.port()), options), error);
  options.tls.key_password = "secret";
  CHECK(outcome(url_of("localhost", server.port()), options) == "open");
}

TEST_CASE("a server without TLS is told from one that refuses", "[client][tls]") {
  echo_engine plain;
  const std::string told = outcome(url_of("localhost", plain.port()), test_line::quick());
  CHECK(has(told, "TLS handshake"));
}

TEST_CASE("clients with equal files share what was read of them", "[client][tls]") {
  const certificate_files own("localhost");
  client_tls_options options;
  options.ca_file = own.certificate();
  const clients::tls_client one(options, "a");
  options.pinned_keys = {pin_of(own)};
  const clients::tls_client two(options, "b");
  CHECK(&one.context() == &two.context());
  options.ca_file.clear();
  const clients::tls_client other(options, "a");
  CHECK(&one.context() != &other.context());
}
