// Boost.JSON's parser with a handler that writes tokens, and a tree made of them.

#include "wire/json_tokens.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/release.hpp"
#include "wire/exact_double.hpp"
#include "wire/json_memory.hpp"

namespace cosio::inline v0_2 {

namespace json = boost::json;

// ---------------------------------------------------------------- the list

namespace detail {

void intrusive_ptr_add_ref(const parsed_list* of) noexcept { of->owners_.fetch_add(1, std::memory_order_relaxed); }

void intrusive_ptr_release(const parsed_list* of) noexcept {
  if (of->owners_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  of->~parsed_list();
  ::operator delete(const_cast<parsed_list*>(of));
}

parsed_list_ptr parsed_list::make(std::span<const json_token> tokens, std::string_view text, std::string_view decoded,
                                  std::size_t memory, bool as_written) {
  const std::size_t bytes = sizeof(parsed_list) + tokens.size_bytes() + text.size() + decoded.size();
  char* const block = static_cast<char*>(::operator new(bytes));
  char* to = block + sizeof(parsed_list);
  std::memcpy(to, tokens.data(), tokens.size_bytes());
  to += tokens.size_bytes();
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  if (!decoded.empty()) std::memcpy(to + text.size(), decoded.data(), decoded.size());
  return parsed_list_ptr(new (block) parsed_list(tokens.size(), std::max(memory, bytes), as_written ? text.size() : 0));
}

json_ref parsed_list::at(std::size_t index) const noexcept {
  auto element = value().elements().begin();
  for (; index > 0; --index) ++element;
  return *element;
}

parsed_list_ptr parsed_list::from(std::size_t first) const {
  const json_token* at = tokens() + 1;
  for (std::size_t left = first; left > 0; --left) at = behind(at);
  std::vector<json_token> rest(at - 1, tokens() + count_);
  std::string strings;
  rest.front().is = json::kind::array;  // it was the last token of those before, and may be a long string
  for (json_token& one : rest) {
    if (one.is != json::kind::string) continue;
    strings.append(text() + one.at, one.size);
    one.at = strings.size() - one.size;
  }
  json_token& list = rest.front();
  list.size = tokens()->size - static_cast<std::uint32_t>(first);
  list.step = rest.size();
  return make(rest, strings, {}, memory_, false);
}

bool parsed_list::keeps_little_before(std::size_t first) const noexcept {
  constexpr std::size_t little = 64;  // bytes of a name
  return first == 0 || (first == 1 && tokens()[1].is == json::kind::string && tokens()[1].size <= little);
}

std::string_view parsed_list::as_written(std::size_t first) const noexcept {
  if (written_ == 0 || first > 1 || first >= size()) return {};
  std::size_t from = 1;  // behind the bracket
  if (first == 1) {      // behind a name without escapes, as an event has it
    const json_token& name = tokens()[1];
    if (name.is != json::kind::string || name.at != 2) return {};
    from = name.at + name.size + 2;
  }
  return {text() + from, written_ - from - 1};
}

std::size_t count_of(const parsed_elements& all) noexcept { return all.list->size() - all.first; }

json_ref element_at(const parsed_elements& all, std::size_t index) noexcept { return all.list->at(all.first + index); }

parsed_elements elements_from(const parsed_elements& all, std::size_t index) {
  if (index == 0) return all;
  if (index >= count_of(all)) return {};
  const std::size_t first = all.first + index;
  if (all.list->keeps_little_before(first)) return {all.list, first};
  return {all.list->from(first), 0};
}

// ---------------------------------------------------------------- members

bool member_search::search(std::string_view name, json_ref& out) noexcept {
  if (of_.is_tree()) {
    const json::value* const found = of_.tree().get_object().if_contains(name);
    if (found != nullptr) out = json_ref(*found);
    return found != nullptr;
  }
  for (std::uint32_t left = of_.token().size; left > 0; --left) {
    if (next_ == end_) next_ = &of_.token() + 1;
    const json_token* const value = next_ + 1;
    const bool is_it = of_.text_of(*next_) == name;
    next_ = behind(value);
    if (!is_it) continue;
    out = json_ref(value, of_.text_);
    return true;
  }
  return false;
}

// ---------------------------------------------------------------- a tree

namespace {

// Reads the value at `at`, and goes behind it.
void push(json::value_stack& stack, const json_token*& at, const char* text) {
  const json_token& one = *at++;
  switch (one.is) {
    case json::kind::null:
      return stack.push_null();
    case json::kind::bool_:
      return stack.push_bool(one.truth);
    case json::kind::int64:
      return stack.push_int64(one.whole);
    case json::kind::uint64:
      return stack.push_uint64(one.natural);
    case json::kind::double_:
      return stack.push_double(one.number);
    case json::kind::string:
      return stack.push_string({text + one.at, one.size});
    case json::kind::array:
      for (std::uint32_t left = one.size; left > 0; --left) push(stack, at, text);
      return stack.push_array(one.size);
    case json::kind::object:
      for (std::uint32_t left = one.size; left > 0; --left) {
        stack.push_key({text + at->at, at->size});
        push(stack, ++at, text);
      }
      return stack.push_object(one.size);
  }
}

}  // namespace

json::value json_ref::copy(json::storage_ptr storage) const {
  if (is_tree()) return json::value(tree(), std::move(storage));
  unsigned char scratch[4096];
  json::value_stack stack({}, scratch, sizeof scratch);
  stack.reset(std::move(storage));
  const json_token* at = &token();
  push(stack, at, text_);
  return stack.release();
}

}  // namespace detail

// ---------------------------------------------------------------- parsing

namespace wire {
namespace {

using boost::system::error_code;
using detail::json_token;

// The memory that a thread keeps from one text to the next.
struct token_scratch {
  // Makes room for all tokens of a text: a value, with the comma or the colon in front of it, has two characters. An
  // array or an object that is not ended has one.
  void prepare(std::size_t bytes, std::size_t max_depth) {
    const std::size_t most = bytes / 2 + std::min(bytes, max_depth) + 1;
    if (most > capacity) {
      tokens = std::make_unique_for_overwrite<json_token[]>(most);
      capacity = most;
    }
    decoded.clear();
  }
  // Gives back what only large texts need.
  void rest() noexcept {
    constexpr std::size_t most_kept = 4096;  // tokens: 64 KiB, enough for texts of 6 KB
    if (capacity > most_kept) {
      tokens = nullptr;
      capacity = 0;
    }
    if (decoded.capacity() > most_kept) base::release(decoded);
  }

  std::unique_ptr<json_token[]> tokens;
  std::size_t capacity = 0;
  std::string decoded;  // strings that had escapes
};

struct resting {
  void operator()(token_scratch* of) const noexcept { of->rest(); }
};

token_scratch& scratch_of_thread() {
  thread_local token_scratch scratch;
  return scratch;
}

std::uint8_t look_of(std::string_view name) noexcept {
  if (name.empty()) return 0;
  return static_cast<std::uint8_t>(name.size() * 7 + static_cast<unsigned char>(name.front()) +
                                   static_cast<unsigned char>(name.back()) * 3U);
}

// Whether two members of an object look alike. `at` is the name of the first.
bool look_alike(const json_token* at, std::size_t members) noexcept {
  std::uint64_t seen = 0;
  for (; members > 0; --members, at = detail::behind(at + 1)) {
    const std::uint64_t bit = std::uint64_t{1} << (at->look % 64);
    if ((seen & bit) != 0) return true;
    seen |= bit;
  }
  return false;
}

// Whether two members of an object have the same name.
bool has_duplicates(const json_token* at, std::size_t members, std::string_view decoded, std::string_view text) {
  std::array<std::string_view, most_token_members> names;
  for (std::size_t i = 0; i < members; ++i, at = detail::behind(at + 1))
    names[i] = at->at < text.size() ? text.substr(at->at, at->size) : decoded.substr(at->at - text.size(), at->size);
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(members);
  std::sort(names.begin(), end);
  return std::adjacent_find(names.begin(), end) != end;
}

// Whether append_json_number() writes these digits of a double as they are. It may be so for others, too.
bool is_short_fraction(std::string_view digits) noexcept {
  constexpr std::size_t most_whole = 9;
  constexpr std::size_t most_behind = 6;
  const std::size_t point = digits.find('.');
  if (point > most_whole + 1 || digits.size() - point - 1 > most_behind || digits.back() == '0') return false;
  if (point > most_whole && digits.front() != '-') return false;
  return std::all_of(digits.begin() + static_cast<std::ptrdiff_t>(point) + 1, digits.end(),
                     [](char c) { return c >= '0' && c <= '9'; });  // no exponent
}

// At most the bytes that append_json_string() writes for a text with escapes: the digits of \u may be other ones.
std::size_t bytes_with_escapes(std::string_view text) noexcept {
  constexpr std::string_view escaped = "\"\\\b\f\n\r\t";
  const auto shorts = std::count_if(text.begin(), text.end(), [&](char c) { return escaped.find(c) != escaped.npos; });
  return text.size() + static_cast<std::size_t>(shorts) + 2;
}

// Ends the parser with an error where the text is not for tokens.
struct token_builder {
  static constexpr std::size_t max_object_size = most_token_members;
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();
  using text = json::string_view;

  token_builder(std::string_view all, token_scratch& scratch)
      : source(all), first(scratch.tokens.get()), next(first), decoded(scratch.decoded) {}

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return begin(json::kind::object); }
  bool on_object_end(std::size_t members, error_code& wrong) {
    json_token* const object = end(members);
    written += members == 0 ? 2 : 2 * members + 1;
    if (members == 0) return true;
    memory += object_memory(members);
    if (!look_alike(object + 1, members) || !has_duplicates(object + 1, members, decoded, source)) return true;
    wrong = json::error::not_exact;
    return false;
  }
  bool on_array_begin(error_code&) { return begin(json::kind::array); }
  bool on_array_end(std::size_t elements, error_code&) {
    end(elements);
    written += elements == 0 ? 2 : elements + 1;
    if (elements != 0) memory += array_memory(elements);
    return true;
  }
  bool on_key_part(text part, std::size_t, error_code&) { return keep(part); }
  bool on_key(text part, std::size_t bytes, error_code&) {
    memory += name_memory(bytes);
    const json_token& name = string(part);
    next[-1].look = look_of(text_at(name));
    return true;
  }
  bool on_string_part(text part, std::size_t, error_code&) { return keep(part); }
  bool on_string(text part, std::size_t bytes, error_code&) {
    memory += string_memory(bytes);
    string(part);
    return true;
  }
  bool on_number_part(text, error_code&) { return true; }
  bool on_int64(std::int64_t number, text digits, error_code&) {
    if (number != 0 || digits.size() == 1) written += digits.size();  // not -0
    return add(json::kind::int64).whole = number, true;
  }
  bool on_uint64(std::uint64_t number, text digits, error_code&) {
    written += digits.size();
    return add(json::kind::uint64).natural = number, true;
  }
  bool on_double(double rough, text digits, error_code&) {
    if (is_short_fraction({digits.data(), digits.size()})) written += digits.size();
    if (const auto exact = exact_double({digits.data(), digits.size()}, rough)) {
      add(json::kind::double_).number = *exact;
    } else {
      add(json::kind::null);
    }
    return true;
  }
  bool on_bool(bool value, error_code&) {
    written += value ? 4 : 5;
    return add(json::kind::bool_).truth = value, true;
  }
  bool on_null(error_code&) {
    written += 4;
    return add(json::kind::null), true;
  }
  bool on_comment_part(text, error_code&) { return true; }
  bool on_comment(text, error_code&) { return true; }

  json_token& add(json::kind is) {
    next->is = is;
    return *next++;
  }
  // Until its end, an array or an object keeps the place of the one around it.
  bool begin(json::kind is) {
    add(is).step = open;
    open = static_cast<std::size_t>(next - first) - 1;
    return true;
  }
  json_token* end(std::size_t size) {
    json_token& one = first[open];
    const std::size_t around = std::exchange(one.step, static_cast<std::size_t>(next - first) - open);
    one.size = static_cast<std::uint32_t>(size);
    open = around;
    return &one;
  }
  // A part of a string that has escapes.
  bool keep(text part) {
    if (!in_parts) first_part = decoded.size();
    in_parts = true;
    decoded.append(part.data(), part.size());
    return true;
  }
  // A string without escapes stands in the source; the parser gives others away in memory of its own.
  json_token& string(text part) {
    const auto offset = static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(part.data()) -
                                                 reinterpret_cast<std::uintptr_t>(source.data()));
    json_token& one = add(json::kind::string);
    if (!in_parts && offset < source.size()) {
      one.at = offset;
      one.size = static_cast<std::uint32_t>(part.size());
      written += part.size() + 2;
      return one;
    }
    keep(part);
    in_parts = false;
    one.at = source.size() + first_part;
    one.size = static_cast<std::uint32_t>(decoded.size() - first_part);
    written += bytes_with_escapes(std::string_view(decoded).substr(first_part));
    return one;
  }
  std::string_view text_at(const json_token& one) const noexcept {
    if (one.at < source.size()) return source.substr(one.at, one.size);
    return std::string_view(decoded).substr(one.at - source.size(), one.size);
  }

  std::string_view source;
  json_token* const first;
  json_token* next;
  std::string& decoded;
  std::size_t open = 0;
  std::size_t first_part = 0;
  std::size_t memory = 0;  // of a tree
  // Bytes of what append_json() would write, but none for a number in another form. White space and other escapes have
  // more bytes in the source. So the text is as written when both have the same size.
  std::size_t written = 0;
  bool in_parts = false;
};

// Null for a text that is not for tokens.
detail::parsed_list_ptr parse_into(token_scratch& scratch, std::string_view text, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<token_builder> parser(options, text, scratch);
  error_code wrong;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), wrong);
  const token_builder& built = parser.handler();
  if (wrong || used != text.size() || built.first->is != json::kind::array) return nullptr;
  return detail::parsed_list::make({built.first, built.next}, text, scratch.decoded, built.memory,
                                   built.written == text.size());
}

}  // namespace

detail::parsed_list_ptr parse_tokens(std::string_view text, const json_limits& limits) {
  if (text.empty() || text.front() != '[' || text.size() > std::numeric_limits<std::uint32_t>::max()) return nullptr;
  token_scratch& scratch = scratch_of_thread();
  const std::unique_ptr<token_scratch, resting> until_return(&scratch);  // also when there is no memory for the list
  scratch.prepare(text.size(), limits.max_depth);
  return parse_into(scratch, text, limits.max_depth);
}

}  // namespace wire
}  // namespace cosio::inline v0_2
