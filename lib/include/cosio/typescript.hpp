// Prints a contract as TypeScript, for the developers of its clients.
//
// Ask for this header by name, in programs of the build and in tests. The CMake function cosio_typescript() writes such
// a program.
//
//   std::cout << cosio::typescript<chat>();
//
// It prints every described struct as an interface, every described enum as a union of its names, and
//
//   export interface ServerToClientEvents { said: (from: string, text: string) => void; … }
//   export interface ClientToServerEvents {
//     history: (count: number, callback: (answer: Message[]) => void) => void; …
//   }
//
// so that the client is a `Socket<ServerToClientEvents, ClientToServerEvents>`.

#pragma once
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cosio/arguments.hpp>
#include <cosio/binary.hpp>
#include <cosio/contract_checks.hpp>
#include <cosio/convert.hpp>
#include <cosio/event.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cosio::inline v0_2 {

/// The name of a described type in TypeScript. By default it is the C++ name in Pascal case: `chat_line` is `ChatLine`.
/// Specialize it for another name:
///
///     template <> inline constexpr std::string_view cosio::typescript_name<chat::line> = "ChatLine";
template <class T>
inline constexpr std::string_view typescript_name{};

/// The TypeScript of a type that is not described, but is converted by value_from and value_to of Boost.JSON. By
/// default it is `any`. Specialize it to say more:
///
///     template <> inline constexpr std::string_view cosio::typescript_text<money> = "string";
template <class T>
inline constexpr std::string_view typescript_text{};

/// Options of typescript().
class typescript_options {
 public:
  typescript_options() = default;

  /// The type of the binary that a client receives. Browsers receive an `ArrayBuffer`, clients in Node.js a `Buffer`.
  std::string received_binary = "ArrayBuffer";
  /// The type of the binary that a client may send.
  std::string sent_binary = "ArrayBuffer | Uint8Array";
};

namespace detail {

// A type of TypeScript, as far as it is the same in both directions.
struct script_type {
  enum class kind : std::uint8_t {
    // `text` as it is
    text,
    // the interface or union with the number `id`
    declared,
    binary,
    // of[0], or null
    nullable,
    // an array of of[0]
    list,
    // names to of[0]; `text` is the type of the names, or of[1] when they are an enum
    record,
    // one of `of`
    any_of,
    // a tuple of all of `of`
    tuple,
    // all arguments that are left
    rest
  };
  kind what = kind::text;
  std::string text;
  std::size_t id = 0;
  std::vector<script_type> of;
};

// A member of an interface, an argument, or a value of an answer.
struct script_member {
  std::string name;
  script_type type;
  bool optional = false;
};

// An event with its arguments and its answer.
struct script_event {
  std::string name;
  std::vector<script_member> arguments;
  bool acknowledged = false;
  std::vector<script_member> answer;
};

// Collects the declarations of a contract and prints them. The templates below fill it; everything that is no template
// is in the library.
class script_printer {
 public:
  script_printer(std::string_view contract, typescript_options options);

  // The number of a described type. `is_new` when the type was not known: then interface() or union_of() must follow.
  std::size_t declare(const void* key, std::string_view cpp_name, std::string_view wanted_name, bool& is_new);
  // The members of the struct, or the names of the enum, with this number.
  void interface(std::size_t id, std::vector<script_member> members);
  void union_of(std::size_t id, std::vector<std::string> names);
  void event(direction to, script_event event);

  // The whole module. Called once, at the end.
  std::string print();

 private:
  struct declaration {
    const void* key = nullptr;
    std::string cpp_name;
    std::string wanted_name;
    // The name of the type as a client receives it, and where the direction makes no difference.
    std::string name;
    // The name of the type as a client sends it, when that is different and both happen.
    std::string input_name;
    bool is_union = false;
    // Whether it is different in the two directions.
    bool differs = false;
    // By direction.
    bool used[2] = {false, false};
    std::vector<script_member> members;
    std::vector<std::string> names;
  };

  // The steps of print(): who uses a type, which types differ by direction, their names.
  void mark_used(const script_type& type, direction to);
  bool type_differs(const script_type& type) const;
  void find_differences();
  void choose_names();
  void take_name(std::string& into, const std::string& wanted, const std::string& longer);

  // The text, part by part.
  const std::string& name_of(std::size_t id, direction to) const;
  std::string type(const script_type& type, direction to) const;
  std::string record(const script_type& type, direction to) const;
  std::string any_of(const script_type& type, direction to) const;
  std::string atom(const script_type& type, direction to) const;
  std::string declaration_text(const declaration& one, direction to) const;
  std::string arguments_text(const script_event& event, direction to) const;
  std::string answer_text(const std::vector<script_member>& answer, direction to) const;
  std::string event_text(const script_event& event, direction to) const;

  std::string contract_;
  typescript_options options_;
  std::vector<declaration> declarations_;
  std::vector<script_event> events_[2];
  std::vector<std::string> taken_;
};

// The name of a type as the compiler spells it, with its namespaces: "chat::line".
template <class T>
constexpr const char* spelled() {
  return __PRETTY_FUNCTION__;
}
std::string_view cpp_name(std::string_view spelled_by_compiler);

// Its address stands for the type.
template <class T>
inline char key_of_type = 0;

// The TypeScript of a type; described types are declared in `out` on the way.
template <class T>
script_type script_of(script_printer& out);

inline script_type script_text(std::string_view text) { return {script_type::kind::text, std::string(text), 0, {}}; }

template <class T>
script_type script_list_of(script_printer& out, script_type::kind what) {
  script_type made{what, {}, 0, {}};
  made.of.push_back(script_of<T>(out));
  return made;
}

template <class T, std::size_t... I>
script_type script_tuple(script_printer& out, std::index_sequence<I...>) {
  script_type made{script_type::kind::tuple, {}, 0, {}};
  (made.of.push_back(script_of<std::tuple_element_t<I, T>>(out)), ...);
  return made;
}

// A map. Not every name of an enum need be in it.
template <class T>
script_type script_map(script_printer& out) {
  using key = std::remove_cv_t<typename T::key_type>;
  script_type made = script_list_of<typename T::mapped_type>(out, script_type::kind::record);
  if constexpr (described_enum<key>) {
    made.of.push_back(script_of<key>(out));
  } else {
    made.text = text_key<key> ? "string" : "number";
  }
  return made;
}

template <class... T>
script_type script_variant(script_printer& out, std::type_identity<std::variant<T...>>) {
  script_type made{script_type::kind::any_of, {}, 0, {}};
  (made.of.push_back(script_of<T>(out)), ...);
  return made;
}

// The members of a described struct. One that may be nothing may be missing.
template <class T>
void script_members(script_printer& out, std::size_t id) {
  std::vector<script_member> members;
  boost::mp11::mp_for_each<members_of<T>>([&](auto member) {
    using type = std::decay_t<decltype(std::declval<T&>().*member.pointer)>;
    const std::string name(member_name(member.name));
    if constexpr (is_optional<type>) {
      members.push_back({name, script_of<optional_value<type>>(out), true});
    } else {
      members.push_back({name, script_of<type>(out), false});
    }
  });
  out.interface(id, std::move(members));
}

// A described struct or enum. Its parts are read when it is met for the first time, so that a type may contain itself.
template <class T>
script_type script_declared(script_printer& out) {
  bool is_new = false;
  script_type made{script_type::kind::declared, {}, 0, {}};
  made.id = out.declare(&key_of_type<T>, cpp_name(spelled<T>()), typescript_name<T>, is_new);
  if (!is_new) return made;
  if constexpr (std::is_enum_v<T>) {
    std::vector<std::string> names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto known) { names.emplace_back(known.name); });
    out.union_of(made.id, std::move(names));
  } else {
    script_members<T>(out, made.id);
  }
  return made;
}

// The cases have the order of write() in convert_writing.hpp, because both must agree about every type.
template <class T>
script_type script_of(script_printer& out) {
  constexpr std::size_t longest_tuple = 16;  // a longer std::array is printed as an array of any length
  if constexpr (!typescript_text<T>.empty()) {
    return script_text(typescript_text<T>);
  } else if constexpr (std::same_as<T, arguments>) {
    return {script_type::kind::rest, {}, 0, {}};
  } else if constexpr (std::same_as<T, bool>) {
    return script_text("boolean");
  } else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>) {
    return script_text("null");
  } else if constexpr (described_enum<T>) {
    return script_declared<T>(out);
  } else if constexpr (std::is_enum_v<T> || std::is_arithmetic_v<T> || is_duration<T>) {
    return script_text("number");
  } else if constexpr (std::same_as<T, binary>) {
    return {script_type::kind::binary, {}, 0, {}};
  } else if constexpr (std::same_as<T, boost::json::object>) {
    return script_text("Record<string, any>");
  } else if constexpr (std::same_as<T, boost::json::array>) {
    return script_text("any[]");
  } else if constexpr (std::same_as<T, boost::json::value> || std::same_as<T, argument>) {
    return script_text("any");
  } else if constexpr (string_like<T> || path_like<T> || is_time_point<T>) {
    return script_text("string");
  } else if constexpr (is_optional<T>) {
    return script_list_of<optional_value<T>>(out, script_type::kind::nullable);
  } else if constexpr (is_variant<T>) {
    return script_variant(out, std::type_identity<T>());
  } else if constexpr (byte_sequence<T>) {
    return {script_type::kind::binary, {}, 0, {}};
  } else if constexpr (map_like<T>) {
    return script_map<T>(out);
  } else if constexpr (tuple_like<T> && !described_struct<T>) {
    if constexpr (std::tuple_size_v<T> > longest_tuple) {
      return script_list_of<typename T::value_type>(out, script_type::kind::list);
    } else {
      return script_tuple<T>(out, std::make_index_sequence<std::tuple_size_v<T>>());
    }
  } else if constexpr (range_like<T>) {
    return script_list_of<typename T::value_type>(out, script_type::kind::list);
  } else if constexpr (described_struct<T>) {
    return script_declared<T>(out);
  } else {
    return script_text("any");
  }
}

// The types of a tuple, with their names in the contract.
template <class Types, std::size_t... I>
std::vector<script_member> script_arguments(script_printer& out, const std::string_view* names,
                                            std::index_sequence<I...>) {
  std::vector<script_member> made;
  (made.push_back({std::string(names[I]), script_of<std::tuple_element_t<I, Types>>(out), false}), ...);
  return made;
}

template <class Event>
void script_one_event(script_printer& out, direction to) {
  using types = typename Event::arguments;
  script_event made;
  made.name = Event::name;
  made.arguments =
      script_arguments<types>(out, Event::argument_names, std::make_index_sequence<std::tuple_size_v<types>>());
  if constexpr (Event::acknowledged) {
    using answers = typename Event::acknowledgement::types;
    made.acknowledged = true;
    made.answer = script_arguments<answers>(out, Event::acknowledgement::names,
                                            std::make_index_sequence<std::tuple_size_v<answers>>());
  }
  out.event(to, std::move(made));
}

template <class... Event>
void script_events([[maybe_unused]] script_printer& out, [[maybe_unused]] direction to,
                   std::type_identity<std::tuple<Event...>>) {
  (script_one_event<Event>(out, to), ...);
}

}  // namespace detail

/// Prints a contract as a TypeScript module, which exports ServerToClientEvents, ClientToServerEvents and the types in
/// them. The same contract always gives the same text.
///
/// Some types are different in the two directions: a client may send null for an optional member, which the server
/// leaves out when it sends, and binary has two types. Such a type is printed twice, the second time with `Input`
/// behind its name. Names that clash get their namespace in front, or a number behind. Events of server_to_server are
/// not printed.
///
/// The client's socket is then a `Socket<ServerToClientEvents, ClientToServerEvents>`.
/// @tparam Contract  A type with events; see <cosio/contract.hpp>.
/// @par Threads  Any.
template <class Contract>
std::string typescript(const typescript_options& options = typescript_options()) {
  using to_client = typename detail::events_of<Contract, detail::direction::to_client>::type;
  using to_server = typename detail::events_of<Contract, detail::direction::to_server>::type;
  detail::script_printer out(detail::cpp_name(detail::spelled<Contract>()), options);
  detail::script_events(out, detail::direction::to_client, std::type_identity<typename to_client::list>());
  detail::script_events(out, detail::direction::to_server, std::type_identity<typename to_server::list>());
  return out.print();
}

}  // namespace cosio::inline v0_2
