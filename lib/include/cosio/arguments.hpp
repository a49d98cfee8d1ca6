// The arguments of an event or an acknowledgement, as they came: JSON values and the binary among them.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace cosio {

/// A list of arguments of any shape. As a handler's parameter it takes all arguments that are left; given to emit(), it stands for
/// all of its values.
///
/// Binary stands in values() as `{"_placeholder":true,"num":N}`, N being its index in attachments().
class arguments {
 public:
  arguments() = default;
  explicit arguments(boost::json::array values, std::vector<binary> attachments = {})
      : values_(std::move(values)), attachments_(std::move(attachments)) {}

  std::size_t size() const noexcept { return values_.size(); }
  bool empty() const noexcept { return values_.empty(); }

  const boost::json::array& values() const noexcept { return values_; }
  boost::json::array& values() noexcept { return values_; }
  const std::vector<binary>& attachments() const noexcept { return attachments_; }
  std::vector<binary>& attachments() noexcept { return attachments_; }

  /// The value at `index`; null beyond the end.
  const boost::json::value& operator[](std::size_t index) const noexcept;

  /// Adds the value that another list has at `index`, with its binary.
  void append(const arguments& from, std::size_t index);

  /// The value at `index` as a T. @throws error errc::conversion, naming index and types. Include <cosio/convert.hpp>.
  template <class T>
  T get(std::size_t index) const;

 private:
  boost::json::array values_;
  std::vector<binary> attachments_;
};

}  // namespace cosio
