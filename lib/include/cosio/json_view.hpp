// A view of JSON for reading: `who["user"]["acoid"]`, where a member that is missing reads as null.
//
// handshake::auth() and eos() return one.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cosio/argument_checks.hpp>
#include <cosio/convert.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// For this header only. GCC 14 warns of references into what a temporary returned, and cannot see that the value
// outlives the view. With the attribute it does not: `const auto& members = user.handshake().auth().object();`.
#ifdef __has_cpp_attribute
#if __has_cpp_attribute(gnu::no_dangling)
#define COSIO_NO_DANGLING [[gnu::no_dangling]]
#endif
#endif
#ifndef COSIO_NO_DANGLING
#define COSIO_NO_DANGLING
#endif

namespace cosio::inline v0_2 {

namespace detail {

/// Reads back the one value of an encoded list: `["value"]` -> value.
/// @throws error errc::bad_argument when there is binary in it: this JSON does not travel as arguments do.
boost::json::value only_value(const event_data& list);

/// Converts any C++ value that an event could carry to JSON; see convert.hpp. Byte sequences are arrays of numbers.
/// @throws error errc::bad_argument when there is binary in it.
template <class T>
boost::json::value to_json(const T& value) {
  if constexpr (std::is_convertible_v<const T&, boost::json::value>) {
    return boost::json::value(value);
  } else if constexpr (can_travel<role::given, T>()) {
    return only_value(encode_json(value));
  } else {
    return {};
  }
}

// The name that the view of a member was asked for, for its error. A part of a long one: no name may throw.
class asked_member {
 public:
  void keep(std::string_view name) noexcept {
    length_ = static_cast<unsigned char>(name.size() < sizeof text_ ? name.size() : sizeof text_);
    name.copy(text_, length_);
  }
  // For the error: `the member "level"`, or `the value`.
  explicit operator std::string() const;

 private:
  char text_[31] = {};
  unsigned char length_ = 0;
};

/// Converts JSON to a T, by the rules for a handler's parameters.
/// @param what  A text, or the name of a member.
/// @throws error errc::conversion, with `what` and the types in its detail.
template <class T, class What>
T from_json(const boost::json::value& value, const What& what) {
  if constexpr (can_travel<role::asked, T>()) {
    T out{};
    mismatch wrong;
    static const std::vector<binary> none;
    if (!read(value, none, out, wrong)) throw error(errc::conversion, describe_mismatch(std::string(what), wrong));
    return out;
  }
}

}  // namespace detail

/// A view of a JSON value, or of a part of it. Members and elements that are not there are null, so that a path into a
/// value of any shape is read in one expression and does not throw.
///
/// @par Threads  Immutable: any. Each view keeps the whole value alive; copies share it.
class COSIO_NO_DANGLING json_view {
 public:
  /// null
  json_view() noexcept = default;
  /// Views all of a value; null for a null pointer.
  explicit json_view(std::shared_ptr<const boost::json::value> of) noexcept : at_(std::move(of)) {}

  /// The member of that name; null when this is no object, or has no such member.
  json_view operator[](std::string_view name) const noexcept {
    const auto* object = value().if_object();
    json_view out = part(object != nullptr ? object->if_contains(name) : nullptr);
    out.name_.keep(name);
    return out;
  }
  /// The element at `index`, counted from 0; null when this is no array, or is shorter.
  json_view operator[](std::size_t index) const noexcept {
    const auto* array = value().if_array();
    return part(array != nullptr ? array->if_contains(index) : nullptr);
  }

  /// The value itself. The reference is valid as long as this view, or another of the same value, lives.
  const boost::json::value& value() const noexcept {
    static const boost::json::value none;
    return at_ ? *at_ : none;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): it is one
  operator const boost::json::value&() const noexcept { return value(); }
  /// True for a null in the JSON, and for everything that is not there.
  bool is_null() const noexcept { return value().is_null(); }
  /// The value as an object, to walk over its members; empty when it is none. Valid as long as value().
  const boost::json::object& object() const noexcept {
    static const boost::json::object none;
    const auto* object = value().if_object();
    return object != nullptr ? *object : none;
  }
  /// The value as an array, to walk over its elements; empty when it is none. Valid as long as value().
  const boost::json::array& array() const noexcept {
    static const boost::json::array none;
    const auto* array = value().if_array();
    return array != nullptr ? *array : none;
  }

  /// The value as a T, read as a handler's parameter would be: `eos["level"].as<int>()`.
  /// @throws error errc::conversion when it does not fit, null included (but std::optional takes null). Its detail has
  ///         the name of a member: `the member "level" must be an integer, but is null`.
  template <class T>
  T as() const {
    return detail::from_json<T>(value(), name_);
  }
  /// The same, but `otherwise` when it does not fit, null included: `auth["token"].as_or(std::string())`.
  template <class T>
  T as_or(T otherwise) const {
    T out{};
    detail::mismatch wrong;
    static const std::vector<binary> none;
    return detail::read(value(), none, out, wrong) ? out : otherwise;
  }

  /// Compares with any JSON value: `eos["name"] == "root"`.
  template <class T>
  friend bool operator==(const json_view& a, const T& b) {
    return a.value() == boost::json::value(b);
  }
  friend bool operator==(const json_view& a, const json_view& b) { return a.value() == b.value(); }

 private:
  json_view part(const boost::json::value* of) const noexcept {
    json_view out;
    if (of != nullptr) out.at_ = std::shared_ptr<const boost::json::value>(at_, of);
    return out;
  }

  std::shared_ptr<const boost::json::value> at_;
  detail::asked_member name_;
};

}  // namespace cosio::inline v0_2

#undef COSIO_NO_DANGLING
