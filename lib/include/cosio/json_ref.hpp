// A JSON value that is read, in one of two forms: in a tree of Boost.JSON, or in a text that was parsed to tokens.
//
// The header is a part of convert.hpp. The events of the default parser come as tokens: one list for the whole text, in
// its order, in one block of memory. A tree is built of them when somebody asks for it. A packet with binary comes as a
// tree, as do the packets of other parsers. A reader sees no difference.

#pragma once
#include <boost/json/array.hpp>
#include <boost/json/kind.hpp>
#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cosio::inline v0_2::detail {

/// One value of a JSON text, or the name of a member. The elements of an array stand behind it, as do the members of an
/// object: each is the name and the value.
struct json_token {
  union {
    std::int64_t whole;
    std::uint64_t natural;
    double number;
    bool truth;
    std::uint64_t at;    // of a string or a name: where it is in the text
    std::uint64_t step;  // of an array or an object: the tokens from it to what stands behind it
  };
  std::uint32_t size;    // bytes of a string, elements of an array, members of an object
  boost::json::kind is;  // string for the name of a member
  std::uint8_t look;     // of a name: different names mostly differ in it
};

/// The token behind the value that begins with this one.
inline const json_token* behind(const json_token* one) noexcept {
  const bool has_parts = one->is == boost::json::kind::array || one->is == boost::json::kind::object;
  return one + (has_parts ? one->step : 1);
}

/// A JSON value for reading. It refers to a tree or to tokens, which must outlive it.
/// @par Threads  As the value that it refers to: any, as long as nobody changes that.
class json_ref {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): readers take either form
  json_ref(const boost::json::value& value) noexcept : at_(&value) {}
  json_ref(const json_token* token, const char* text) noexcept : at_(token), text_(text) {}

  /// Whether it refers to a tree, and the value there.
  bool is_tree() const noexcept { return text_ == nullptr; }
  const boost::json::value& tree() const noexcept { return *static_cast<const boost::json::value*>(at_); }

  boost::json::kind kind() const noexcept { return is_tree() ? tree().kind() : token().is; }
  bool is_null() const noexcept { return kind() == boost::json::kind::null; }
  bool is_bool() const noexcept { return kind() == boost::json::kind::bool_; }
  bool is_string() const noexcept { return kind() == boost::json::kind::string; }
  bool is_array() const noexcept { return kind() == boost::json::kind::array; }
  bool is_object() const noexcept { return kind() == boost::json::kind::object; }
  bool is_number() const noexcept {
    const auto is = kind();
    return is == boost::json::kind::int64 || is == boost::json::kind::uint64 || is == boost::json::kind::double_;
  }

  /// The value, of a value that has this kind.
  bool truth() const noexcept { return is_tree() ? tree().get_bool() : token().truth; }
  std::int64_t int64() const noexcept { return is_tree() ? tree().get_int64() : token().whole; }
  std::uint64_t uint64() const noexcept { return is_tree() ? tree().get_uint64() : token().natural; }
  double number() const noexcept { return is_tree() ? tree().get_double() : token().number; }
  std::string_view text() const noexcept {
    if (!is_tree()) return text_of(token());
    const auto& string = tree().get_string();
    return {string.data(), string.size()};
  }
  /// The elements of an array, or the members of an object.
  std::size_t size() const noexcept {
    if (!is_tree()) return token().size;
    return tree().is_array() ? tree().get_array().size() : tree().get_object().size();
  }

  class iterator;
  class member_iterator;
  template <class Iterator>
  struct range {
    Iterator begin() const noexcept { return first; }
    Iterator end() const noexcept { return last; }
    Iterator first;
    Iterator last;
  };
  /// The elements of an array, for a loop.
  range<iterator> elements() const noexcept;
  /// The members of an object, for a loop.
  range<member_iterator> members() const noexcept;

  /// A copy in memory of its own, or in `storage`.
  /// @throws std::bad_alloc
  boost::json::value copy(boost::json::storage_ptr storage = {}) const;

 private:
  friend class member_search;

  const json_token& token() const noexcept { return *static_cast<const json_token*>(at_); }
  std::string_view text_of(const json_token& one) const noexcept { return {text_ + one.at, one.size}; }

  const void* at_;
  const char* text_ = nullptr;  // null for a tree
};

/// Goes from one value to the next that stands beside it.
class json_ref::iterator {
 public:
  explicit iterator(json_ref at) noexcept : at_(at) {}
  json_ref operator*() const noexcept { return at_; }
  iterator& operator++() noexcept {
    if (at_.is_tree()) {
      at_.at_ = &at_.tree() + 1;
    } else {
      at_.at_ = behind(&at_.token());
    }
    return *this;
  }
  bool operator==(const iterator& other) const noexcept { return at_.at_ == other.at_.at_; }

 private:
  json_ref at_;
};

/// A member of an object.
struct json_member {
  std::string_view name;
  json_ref value;
};

class json_ref::member_iterator {
 public:
  explicit member_iterator(json_ref at) noexcept : at_(at) {}
  json_member operator*() const noexcept {
    if (at_.text_ != nullptr) return {at_.text_of(at_.token()), json_ref(&at_.token() + 1, at_.text_)};
    const auto& member = *static_cast<const boost::json::key_value_pair*>(at_.at_);
    return {std::string_view(member.key().data(), member.key().size()), json_ref(member.value())};
  }
  member_iterator& operator++() noexcept {
    if (at_.text_ != nullptr) {
      at_.at_ = behind(&at_.token() + 1);
    } else {
      at_.at_ = static_cast<const boost::json::key_value_pair*>(at_.at_) + 1;
    }
    return *this;
  }
  bool operator==(const member_iterator& other) const noexcept { return at_.at_ == other.at_.at_; }

 private:
  friend class json_ref;
  // Of a tree, `at` is a member instead of a value.
  static member_iterator at_member(const void* at) noexcept {
    member_iterator out{json_ref(nullptr, nullptr)};
    out.at_.at_ = at;
    return out;
  }

  json_ref at_;
};

inline json_ref::range<json_ref::iterator> json_ref::elements() const noexcept {
  if (is_tree()) {
    const auto& list = tree().get_array();
    json_ref first(nullptr, nullptr);
    json_ref last(nullptr, nullptr);
    first.at_ = list.data();
    last.at_ = list.data() + list.size();
    return {iterator(first), iterator(last)};
  }
  return {iterator(json_ref(&token() + 1, text_)), iterator(json_ref(behind(&token()), text_))};
}

inline json_ref::range<json_ref::member_iterator> json_ref::members() const noexcept {
  if (is_tree()) {
    const auto& object = tree().get_object();
    return {member_iterator::at_member(object.begin()), member_iterator::at_member(object.end())};
  }
  return {member_iterator(json_ref(&token() + 1, text_)), member_iterator(json_ref(behind(&token()), text_))};
}

/// Finds members of one object by their names. Tokens are searched from the member behind the one that was found last,
/// so names that are asked for in the order of the text are found at once. An object of tokens has few members: see
/// wire/json_tokens.hpp.
class member_search {
 public:
  explicit member_search(json_ref object) noexcept : of_(object) {
    if (of_.is_tree()) return;
    next_ = &of_.token() + 1;
    end_ = behind(&of_.token());
  }

  /// Writes the member to `out`. @return whether there is one.
  bool find(std::string_view name, json_ref& out) noexcept {
    if (next_ == end_ || of_.text_of(*next_) != name) return search(name, out);
    out = json_ref(next_ + 1, of_.text_);
    next_ = behind(next_ + 1);
    return true;
  }

 private:
  bool search(std::string_view name, json_ref& out) noexcept;

  json_ref of_;
  const json_token* next_ = nullptr;
  const json_token* end_ = nullptr;
};

/// A JSON array that was parsed to tokens, and the text that they refer to. It counts its owners itself.
/// @par Threads  Immutable: any.
class parsed_list;
void intrusive_ptr_add_ref(const parsed_list* of) noexcept;
void intrusive_ptr_release(const parsed_list* of) noexcept;
using parsed_list_ptr = boost::intrusive_ptr<const parsed_list>;

/// Elements of a parsed list, from one of them to its end.
struct parsed_elements {
  parsed_list_ptr list;
  std::size_t first = 0;
};
/// How many there are. There must be a list, here and below.
std::size_t count_of(const parsed_elements& all) noexcept;
/// An element that is there. The work is in proportion to `index`.
json_ref element_at(const parsed_elements& all, std::size_t index) noexcept;
/// The elements from `index` on, without the memory of those before, except for the short name of an event.
parsed_elements elements_from(const parsed_elements& all, std::size_t index);

}  // namespace cosio::inline v0_2::detail
