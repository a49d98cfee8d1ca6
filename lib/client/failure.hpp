// Why a step of a client failed: for the listener of the connection.

#pragma once
#include <cosio/reason.hpp>

#include <boost/system/system_error.hpp>

#include <string>
#include <utility>

namespace cosio::inline v0_2::clients {

/// @par Threads  As every exception.
class failure : public boost::system::system_error {
 public:
  /// @param detail  A sentence for people, without bytes of the peer.
  /// @param status  Of an HTTP answer; 0: none came.
  failure(boost::system::error_code code, std::string detail, unsigned status = 0,
          reason::kind kind = reason::kind::transport_error)
      : system_error(code), detail_(std::move(detail)), status_(status), kind_(kind) {}

  const std::string& detail() const noexcept { return detail_; }
  const char* what() const noexcept override { return detail_.c_str(); }
  unsigned status() const noexcept { return status_; }
  reason::kind kind() const noexcept { return kind_; }

 private:
  std::string detail_;
  unsigned status_;
  reason::kind kind_;
};

}  // namespace cosio::inline v0_2::clients
