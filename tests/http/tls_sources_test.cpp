// Certificates and keys of a TLS port: where they may come from, and the words for those that cannot be used.

#include "http/tls_sources.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <cosio/error.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "http/asked_password.hpp"
#include "http/door.hpp"
#include "http/request_data.hpp"
#include "http/tls.hpp"
#include "support/catch.hpp"
#include "support/certificate_files.hpp"
#include "support/tls_client.hpp"

using namespace cosio;
using namespace cosio::test;
using http::certificates;
using http::tls_options;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A door behind TLS, reached by memory. It tells who has asked.
struct asked_door {
  explicit asked_door(tls_options options) : keys(std::move(options)) {
    d.app.get("/who", [this](http::request r) {
      shown = std::string(r.client_certificate());
      return http::response(200, "hello");
    });
  }
  memory_tls_client connect(const tls_client_options& client = {}) {
    async::memory_streams pair;
    d.state->serve(keys.secure(std::move(pair.near)));
    d.w.settle();
    return memory_tls_client(d.w, std::move(pair.far), client);
  }
  // "served", "refused" or "left waiting".
  std::string ask(const certificate_files* as = nullptr) {
    tls_client_options client;
    if (as != nullptr) client.certificate = as->certificate();
    if (as != nullptr) client.key = as->key();
    memory_tls_client made = connect(client);
    if (made.peer().ready()) made.send(get("/who"));
    return made.answer() ? "served" : made.ended() ? "refused" : "left waiting";
  }

  certificates keys;
  door d;
  std::string shown = "nobody asked";
};

std::string refusal_of(const tls_options& options) {
  try {
    const certificates refused(options);
  } catch (const error& e) {
    CHECK(e.code() == errc::bad_certificate);
    return e.detail();
  }
  return "accepted";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("certificate and key may be text in memory", "[http][tls_sources]") {
  const certificate_files authority("authority");
  const certificate_files own("from memory", &authority);
  tls_options options;
  options.certificate = text_of(own.certificate()) + text_of(authority.certificate());
  options.key = text_of(own.key());
  asked_door house(options);
  CHECK(house.connect().peer().peer_name() == "from memory");
  CHECK(house.ask() == "served");
  house.keys.reload();
  CHECK(house.ask() == "served");
}

TEST_CASE("an encrypted key in memory needs its password", "[http][tls_sources]") {
  const certificate_files locked("locked", nullptr, "open sesame");
  tls_options options;
  options.certificate = text_of(locked.certificate());
  options.key = text_of(locked.key());
  CHECK(has(refusal_of(options), "the key in tls_options.key is encrypted; set tls_options.key_password"));
  options.key_password = "wrong";
  CHECK(has(refusal_of(options), "the password of the key in tls_options.key is wrong"));
  options.key_password = std::string(2'000, 'p');
  CHECK(has(refusal_of(options), "is too long"));
  options.key_password = "open sesame";
  CHECK(refusal_of(options) == "accepted");
}

TEST_CASE("PKCS#12 has certificate, key and chain in one", "[http][tls_sources]") {
  const certificate_files authority("authority");
  const certificate_files own("packed", &authority);
  tls_options options;
  SECTION("in a file") { options.pfx_file = own.pkcs12("open sesame", &authority); }
  SECTION("in memory") { options.pfx = text_of(own.pkcs12("open sesame", &authority)); }
  const std::string name = options.pfx_file.empty() ? "tls_options.pfx" : options.pfx_file;
  CHECK(has(refusal_of(options), name + " has a passphrase; set tls_options.key_password"));
  options.key_password = "wrong";
  CHECK(has(refusal_of(options), "the passphrase of " + name + " is wrong"));
  options.key_password = "open sesame";
  asked_door house(options);
  CHECK(house.connect({.authority = authority.certificate()}).peer().peer_name() == "packed");
  CHECK(house.ask() == "served");
  options.key_password.clear();
  check_asked_password(options, "open sesame");
}

TEST_CASE("a PKCS#12 without a passphrase is read, and a renewed one when told", "[http][tls_sources]") {
  certificate_files own("first");
  tls_options options;
  options.pfx_file = own.pkcs12("");
  asked_door house(options);
  CHECK(house.connect().peer().peer_name() == "first");
  own.renew("second");
  (void)own.pkcs12("");
  house.keys.reload();
  CHECK(house.connect().peer().peer_name() == "second");
}

TEST_CASE("what cannot be used is told in words", "[http][tls_sources]") {
  const certificate_files own("localhost");
  tls_options options;
  CHECK(has(refusal_of(options), "has no certificate; set certificate_file, certificate or pfx_file"));
  options.certificate_file = own.certificate();
  CHECK(has(refusal_of(options), "has no key for the certificate; set key_file or key"));
  options.key_file = "/nowhere/key.pem";
  CHECK(has(refusal_of(options), "the key in /nowhere/key.pem cannot be read: No such file or directory"));
  options.key_file = own.key();
  options.certificate_file = "/nowhere/own.pem";
  CHECK(has(refusal_of(options), "the certificate /nowhere/own.pem cannot be read: No such file or directory"));
  options.certificate_file = own.certificate();
  options.client_ca_file = "/nowhere/ca.pem";
  CHECK(has(refusal_of(options), "/nowhere/ca.pem, cannot be read: No such file or directory"));
  options.client_ca_file.clear();
  options.client_ca = "no certificate";
  CHECK(has(refusal_of(options), "tls_options.client_ca, cannot be read"));
  options.client_ca.clear();
  options.certificate = text_of(own.certificate());
  CHECK(has(refusal_of(options), "tls_options.certificate_file and tls_options.certificate are both set"));
  options.certificate.clear();
  options.pfx = "no pfx";
  CHECK(has(refusal_of(options), "tls_options has a pfx, and a certificate or a key besides"));

  tls_options packed;
  packed.pfx = "no pfx";
  CHECK(has(refusal_of(packed), "tls_options.pfx is no PKCS#12"));
  packed.pfx.clear();
  packed.pfx_file = "/nowhere/own.p12";
  CHECK(has(refusal_of(packed), "/nowhere/own.p12 cannot be read: No such file or directory"));
}

TEST_CASE("a chain with something broken in it is refused", "[http][tls_sources]") {
  const certificate_files own("localhost");
  tls_options options;
  options.key_file = own.key();
  options.certificate = text_of(own.certificate()) + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(has(refusal_of(options), "the certificate tls_options.certificate cannot be read"));
}

TEST_CASE("a client that is asked for a certificate may have none, but not a strange one", "[http][tls_sources]") {
  const certificate_files own("localhost");
  const certificate_files authority("authority");
  const certificate_files anna("anna", &authority);
  const certificate_files stranger("stranger");
  tls_options options;
  options.certificate_file = own.certificate();
  options.key_file = own.key();
  SECTION("authorities in a file") { options.client_ca_file = authority.certificate(); }
  SECTION("authorities in memory") { options.client_ca = text_of(authority.certificate()); }
  {
    asked_door strict(options);
    CHECK(strict.ask() == "refused");
    CHECK(strict.ask(&anna) == "served");
    CHECK(strict.shown == text_of(anna.certificate()));
  }
  options.require_client_certificate = false;
  asked_door house(options);
  CHECK(house.ask() == "served");
  CHECK(house.shown.empty());
  CHECK(house.ask(&stranger) == "refused");
  CHECK(house.ask(&anna) == "served");
  CHECK(house.shown == text_of(anna.certificate()));
}

TEST_CASE("the certificate of a client is kept with its session, and charged to it", "[http][tls_sources]") {
  const http::request without = http::request_builder("GET", "/").build();
  const http::request with = http::request_builder("GET", "/").client_certificate(std::string(1'000, 'c')).build();
  CHECK(without.client_certificate().empty());
  CHECK(with.client_certificate() == std::string(1'000, 'c'));
  CHECK(with.data()->memory() >= without.data()->memory() + 1'000);
  CHECK(http::request(http::copy_head(with)).client_certificate() == with.client_certificate());
  CHECK(http::request().client_certificate().empty());
}
