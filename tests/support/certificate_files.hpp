// Certificates for tests, made when they are needed: nothing that must be kept secret, or renewed, lies in the tree.
//
//   certificate_files own("localhost");                       // self-signed, with its key, in a directory of its own
//   certificate_files client("anna", &own);                   // signed by the first
//   own.renew("localhost");                                   // another certificate and key under the same names

#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace cosio::test {

/// The directory is removed with the object.
class certificate_files {
 public:
  /// @param signer    Signs the certificate; null: it signs itself, and may sign others.
  /// @param password  Encrypts the key.
  explicit certificate_files(std::string_view name, const certificate_files* signer = nullptr,
                             std::string_view password = "");
  certificate_files(const certificate_files&) = delete;
  certificate_files& operator=(const certificate_files&) = delete;
  ~certificate_files();

  std::string certificate() const { return (directory_ / "certificate.pem").string(); }
  std::string key() const { return (directory_ / "key.pem").string(); }

  void renew(std::string_view name, const certificate_files* signer = nullptr, std::string_view password = "");
  /// Writes both, and the certificate of the signer, as one file of PKCS#12. @return its path.
  std::string pkcs12(std::string_view password, const certificate_files* signer = nullptr) const;
  /// Puts something that is no certificate in its place.
  void spoil_certificate();

 private:
  std::filesystem::path directory_;
};

}  // namespace cosio::test
