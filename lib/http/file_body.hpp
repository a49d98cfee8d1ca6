// A part of an open file as the body of a response. It is read in pieces while it is written: see http/outgoing.

#pragma once
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "async/stream.hpp"
#include "base/descriptor.hpp"

namespace cosio::inline v0_2::http {

/// Any thread: it is immutable, and reads by position.
class file_body {
 public:
  file_body(std::shared_ptr<const base::descriptor> file, std::uint64_t from, std::uint64_t size) noexcept
      : file_(std::move(file)), from_(from), size_(size) {}

  std::uint64_t size() const noexcept { return size_; }

  /// Reads bytes of the body from the place `at` on, on the calling thread. @return how many: fewer than both have only
  /// when the file has become shorter, or cannot be read.
  std::size_t read(std::uint64_t at, std::span<char> room) const noexcept;

  /// Sends bytes of the body from the place `at` on, without reading them. @return how many; 0 with an error of
  /// async::stream::send_file().
  std::size_t send(async::stream& to, std::uint64_t at, std::size_t most,
                   boost::system::error_code& ec) const noexcept {
    const auto rest = size_ - std::min(at, size_);
    return to.send_file(file_->get(), from_ + at, static_cast<std::size_t>(std::min<std::uint64_t>(most, rest)), ec);
  }

  /// All of it, for a reader that takes only whole bodies. @throws std::bad_alloc; error errc::connection_closed when
  /// the file has become shorter.
  std::string text() const;

 private:
  std::shared_ptr<const base::descriptor> file_;
  std::uint64_t from_;
  std::uint64_t size_;
};

}  // namespace cosio::inline v0_2::http
