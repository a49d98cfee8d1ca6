// The certificate of a measured server: nobody has signed it, and the load client accepts any.

#pragma once
#include <string>

namespace bench {

/// PEM, both.
struct certificate {
  std::string chain;
  std::string key;
};

/// A new key on the curve P-256, and a certificate for it that is valid for ten days.
/// @throws std::runtime_error
certificate make_certificate();

}  // namespace bench
