// The arguments of an event or an acknowledgement, as they came: JSON values and the binary among them.
//
// A handler takes `arguments` as its last parameter; emit_with_ack() without a type returns them. A single value of any
// shape, at any place, is an `argument`:
//
//   user.on("relay", [user](std::string room, cosio::argument what) -> cosio::task<> {
//     co_await user.to(room).emit("relayed", what);  // with its binary
//   });

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cosio/binary.hpp>
#include <cosio/json_ref.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// One value of any shape with the binary in it: a parameter of a handler, or a member of a described struct, at any
/// depth. A boost::json::value takes values without binary only.
///
/// Binary stands in value() as `{"_placeholder":true,"num":N}`; N is its index in attachments(). emit() and answers
/// take an argument and send its binary.
/// @par Threads  A value: one thread at a time, copies are independent and share the bytes.
class argument {
 public:
  /// null.
  argument() = default;
  /// @param attachments  The binary that placeholders in `value` name.
  explicit argument(boost::json::value value, std::vector<binary> attachments = {})
      : value_(std::move(value)), attachments_(std::move(attachments)) {}

  /// The value as JSON.
  const boost::json::value& value() const noexcept { return value_; }
  /// The binary in the value, in the order of its placeholders.
  const std::vector<binary>& attachments() const noexcept { return attachments_; }
  /// The binary that a value in value() stands for. Null for a value that stands for itself.
  const binary* binary_at(const boost::json::value& part) const noexcept;

  /// The value as a T, by the rules of <cosio/convert.hpp>, which must be included for this.
  /// @throws error errc::conversion when it does not fit.
  template <class T>
  T get() const;

 private:
  boost::json::value value_;
  std::vector<binary> attachments_;
};

/// A list of arguments of any shape.
///
/// As a handler's parameter it takes all arguments that are left. Given to emit(), it stands for all of its values.
/// Binary stands in values() as `{"_placeholder":true,"num":N}`; N is its index in attachments().
///
/// Arguments that a client sent without binary are kept as they were parsed, in one block of memory. The first call of
/// values() or of operator[] makes JSON values of them. size(), get(), emit() and answers need none.
/// @par Threads  A value: one thread at a time, also for reading. Copies are independent.
class arguments {
 public:
  arguments() = default;
  /// @param attachments  The binary that placeholders in `values` name.
  explicit arguments(boost::json::array values, std::vector<binary> attachments = {})
      : values_(std::move(values)), attachments_(std::move(attachments)) {}
  /// For the library: arguments as they were parsed.
  explicit arguments(detail::parsed_elements parsed) noexcept : parsed_(std::move(parsed)) {}

  /// How many arguments there are.
  std::size_t size() const noexcept { return parsed_.list ? detail::count_of(parsed_) : values_.size(); }
  bool empty() const noexcept { return size() == 0; }

  /// The arguments as JSON. A change of the list must keep the placeholders in step with attachments().
  /// @throws std::bad_alloc  by the first call only
  const boost::json::array& values() const {
    if (parsed_.list) make_values();
    return values_;
  }
  boost::json::array& values() {
    if (parsed_.list) make_values();
    return values_;
  }
  /// The binary among the arguments, in the order of the client.
  const std::vector<binary>& attachments() const noexcept { return attachments_; }
  std::vector<binary>& attachments() noexcept { return attachments_; }

  /// The value at `index`, counted from 0; null beyond the end.
  /// @throws std::bad_alloc  by the first call only
  const boost::json::value& operator[](std::size_t index) const;

  /// Adds a copy of the value that another list has at `index`, with its binary. Placeholders get new numbers.
  /// Beyond the end of the other list it adds null. `from` may be this list.
  void append(const arguments& from, std::size_t index);

  /// The value at `index` as a T, by the rules of <cosio/convert.hpp>, which must be included for this.
  /// @throws error errc::conversion when it does not fit or is missing; the detail names index and types.
  template <class T>
  T get(std::size_t index) const;

  /// For the library: the arguments as they were parsed. Without a list when values() has them.
  const detail::parsed_elements& parsed() const noexcept { return parsed_; }

 private:
  void make_values() const;

  mutable boost::json::array values_;
  std::vector<binary> attachments_;
  mutable detail::parsed_elements parsed_;
};

}  // namespace cosio::inline v0_2
