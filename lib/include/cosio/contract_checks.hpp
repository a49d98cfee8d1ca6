// The checks of a contract while a program compiles: names of events, arguments of emit, parameters and results of
// handlers. No code is made of them.
//
// The header is a part of contract.hpp. Each check is a predicate (can_emit, can_handle); only where that is false, a
// function is instantiated whose static_assert says why (complain_of_…).

#pragma once
#include <cosio/ack.hpp>
#include <cosio/argument_checks.hpp>
#include <cosio/convert.hpp>
#include <cosio/event.hpp>
#include <cosio/listener.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

template <class Answer>
class typed_ack;

namespace detail {

// ---------------------------------------------------------------- the events of a contract

// The senders and receivers of an event.
enum class direction : std::uint8_t { to_client, to_server, between_servers };

// The events of a contract in one direction; none when the contract does not declare that direction.
template <class Contract, direction To>
struct events_of {
  using type = events<>;
};
template <class Contract>
  requires requires { typename Contract::server_to_client; }
struct events_of<Contract, direction::to_client> {
  using type = typename Contract::server_to_client;
};
template <class Contract>
  requires requires { typename Contract::client_to_server; }
struct events_of<Contract, direction::to_server> {
  using type = typename Contract::client_to_server;
};
template <class Contract>
  requires requires { typename Contract::server_to_server; }
struct events_of<Contract, direction::between_servers> {
  using type = typename Contract::server_to_server;
};

// Stands for an event that is not there, so that the compiler complains once.
struct no_event {};

// The event with this name, or no_event.
template <literal Name, class Events>
consteval auto find_event() {
  constexpr std::size_t place = Events::find(Name.view());
  if constexpr (place < Events::count) {
    return std::type_identity<std::tuple_element_t<place, typename Events::list>>();
  } else {
    return std::type_identity<no_event>();
  }
}

template <class Contract, direction To, literal Name>
using event_of = typename decltype(find_event<Name, typename events_of<Contract, To>::type>())::type;

// Says that a name is not in the contract. The compiler prints `Name` with it.
template <direction To, literal Name, bool Known>
void complain_of_name() {
  static_assert(Known || To != direction::to_client,
                "cosio: the contract has no event of this name from server to client");
  static_assert(Known || To != direction::to_server,
                "cosio: the contract has no event of this name from client to server");
  static_assert(Known || To != direction::between_servers,
                "cosio: the contract has no event of this name between servers");
}

// ---------------------------------------------------------------- values for declared types

// Numbers travel alike, whatever their C++ type; a bool is none.
template <class T>
concept number_like = std::is_arithmetic_v<T> && !std::same_as<T, bool>;
// Types that travel as binary.
template <class T>
concept binary_like = byte_sequence<T> || std::same_as<T, binary>;
// Containers that travel as an array.
template <class T>
concept list_like =
    range_like<T> && !map_like<T> && !string_like<T> && !json_native<T> && !byte_sequence<T> && !path_like<T>;
// Keys that are the same text in an object. An enum has names of its own.
template <class From, class To>
concept same_key = std::same_as<From, To> || (text_key<From> && text_key<To>) ||
                   (number_key<From> && (number_key<To> || text_key<To>));

template <class From, class To>
consteval bool travels_as();

template <class From, class To>
struct tuple_travels_as : std::false_type {};
template <class... From, class... To>
  requires(sizeof...(From) == sizeof...(To))
struct tuple_travels_as<std::tuple<From...>, std::tuple<To...>> : std::bool_constant<(travels_as<From, To>() && ...)> {
};

// Whether a From is the same on the wire as a To, so that it is sent as it is: "text" for a std::string, any whole
// number for an int, the value itself for a pointer to it.
template <class From, class To>
consteval bool travels_as() {
  if constexpr (std::same_as<From, To>) {
    return true;
  } else if constexpr (std::floating_point<To>) {
    return number_like<From>;
  } else if constexpr (number_like<To>) {
    return number_like<From> && std::integral<From>;
  } else if constexpr (owned_string<To>) {
    return string_like<From>;
  } else if constexpr (is_optional<To>) {
    if constexpr (is_optional<From>) {
      return travels_as<optional_value<From>, optional_value<To>>();
    } else {
      return (is_smart_pointer<To> && std::same_as<From, std::nullptr_t>) || travels_as<From, optional_value<To>>();
    }
  } else if constexpr (binary_like<To>) {
    return binary_like<From> && !tuple_like<To>;  // an array must have its size
  } else if constexpr (is_std_tuple<To>) {
    return tuple_travels_as<From, To>::value;
  } else if constexpr (map_like<To> && map_like<From>) {
    return same_key<typename From::key_type, typename To::key_type> &&
           travels_as<typename From::mapped_type, typename To::mapped_type>();
  } else if constexpr (list_like<To> && list_like<From>) {
    return travels_as<typename From::value_type, typename To::value_type>();
  } else {
    return false;
  }
}

// Whether a From may be given where the contract says To: also what converts to a class by itself. Never a fraction for
// a whole number.
template <class From, class To>
consteval bool is_acceptable() {
  if constexpr (travels_as<From, To>()) {
    return true;
  } else if constexpr (is_std_optional<To>) {
    return std::same_as<From, std::nullopt_t> || is_acceptable<From, optional_value<To>>();
  } else {
    return std::is_class_v<To> && !owned_string<To> && std::is_convertible_v<const From&, To>;
  }
}

// The value itself when it travels as a To, else the value converted to a To.
template <class To, class From>
decltype(auto) as_declared(const From& value) {
  if constexpr (travels_as<From, To>()) {
    return (value);
  } else {
    To converted = value;
    return converted;
  }
}

// ---------------------------------------------------------------- emitting
//
// A predicate without a message comes first. Only where it is false, a function is instantiated that says why:
// compilers then print that text and no more. The arguments of the template that complains name the event, the place
// and both types.

// Whether there are as many arguments as declared, and each is acceptable.
template <class Declared, class... Given>
struct given_fit : std::false_type {};
template <class... Declared, class... Given>
  requires(sizeof...(Declared) == sizeof...(Given))
struct given_fit<std::tuple<Declared...>, Given...> : std::bool_constant<(is_acceptable<Given, Declared>() && ...)> {};

// The first declared type that cannot travel.
template <class Declared>
struct flaw_declared;
template <class... Declared>
struct flaw_declared<std::tuple<Declared...>> {
  using type = first_flaw<role::given, Declared...>;
};

// An event with an acknowledgement must be sent with emit_with_ack, others with emit.
enum class wants : std::uint8_t { emit, emit_with_ack };

template <class Event, wants How, class... Given>
consteval bool can_emit() {
  if constexpr (std::same_as<Event, no_event>) {
    return false;
  } else {
    return Event::acknowledged == (How == wants::emit_with_ack) &&
           given_fit<typename Event::arguments, Given...>::value &&
           flaw_declared<typename Event::arguments>::type::why == flaw::none;
  }
}

// These two fail to compile when they do not fit; see complain_of_given.
template <literal Event, std::size_t Place, class Given, class Declared>
struct argument_given {
  static_assert(is_acceptable<Given, Declared>(), "cosio: an argument has another type than the contract says");
};
template <literal Event, std::size_t Given, std::size_t Declared>
struct arguments_given {
  static_assert(Given == Declared, "cosio: the contract says another number of arguments");
};

template <literal Event, class Declared, class... Given, std::size_t... I>
void complain_of_each_given(std::index_sequence<I...>) {
  (static_cast<void>(argument_given<Event, I, Given, std::tuple_element_t<I, Declared>>()), ...);
}
// Says which argument does not fit, or that the number is wrong.
template <literal Event, class Declared, class... Given>
void complain_of_given() {
  if constexpr (sizeof...(Given) == std::tuple_size_v<Declared>) {
    complain_of_each_given<Event, Declared, Given...>(std::index_sequence_for<Given...>());
  } else {
    static_cast<void>(arguments_given<Event, sizeof...(Given), std::tuple_size_v<Declared>>());
  }
}

// Says why an event cannot be emitted like this.
template <class Event, direction To, literal Name, wants How, class... Given>
void complain_of_emit() {
  constexpr bool known = !std::same_as<Event, no_event>;
  complain_of_name<To, Name, known>();
  if constexpr (known) {
    static_assert(How == wants::emit_with_ack || !Event::acknowledged,
                  "cosio: the contract has this event acknowledged: use emit_with_ack");
    static_assert(How == wants::emit || Event::acknowledged,
                  "cosio: the contract gives this event no acknowledgement: use emit");
    complain_of_given<Name, typename Event::arguments, Given...>();
    using flawed = typename flaw_declared<typename Event::arguments>::type;
    if constexpr (flawed::why != flaw::none) {
      static_cast<void>(no_argument<typename flawed::type, flawed::why, role::given>());
    }
  }
}

// Calls `send` with the arguments, each in a form that travels as the declared type.
template <class Declared, class Send, class... Given, std::size_t... I>
auto with_declared(const Send& send, std::index_sequence<I...>, const Given&... given) {
  return send(as_declared<std::tuple_element_t<I, Declared>>(given)...);
}

// The common part of every typed emit: it finds the event of that name, checks the arguments, and calls `send` with
// them in their declared types. Arguments that do not fit do not compile.
template <class Returned, class Contract, direction To, literal Name, wants How, class Send, class... Given>
Returned emit_declared(const Send& send, const Given&... given) {
  using event = event_of<Contract, To, Name>;
  if constexpr (can_emit<event, How, std::decay_t<const Given&>...>()) {
    return with_declared<typename event::arguments>(send, std::index_sequence_for<Given...>(), given...);
  } else {
    complain_of_emit<event, To, Name, How, std::decay_t<const Given&>...>();
    return Returned();
  }
}

// ---------------------------------------------------------------- handlers

// The parameters of a handler, split into its arguments and the acknowledgement at the end, if it takes one.
template <class Parameters>
struct taken {
  using arguments = Parameters;
  using acknowledgement = void;
};
template <class... P>
  requires(sizeof...(P) > 0 && std::is_base_of_v<ack, std::tuple_element_t<sizeof...(P) - 1, std::tuple<P..., void*>>>)
struct taken<std::tuple<P...>> {
  template <std::size_t... I>
  static std::tuple<std::tuple_element_t<I, std::tuple<P...>>...> without_last(std::index_sequence<I...>);
  using arguments = decltype(without_last(std::make_index_sequence<sizeof...(P) - 1>()));
  using acknowledgement = std::tuple_element_t<sizeof...(P) - 1, std::tuple<P...>>;
};

// A handler compared with the event that it shall handle. It fits in one of two forms: it returns the answer (or a task
// of it), or it takes a typed_ack and returns nothing. The arguments must have exactly the declared types, because a
// handler that takes something else would reject what honest clients send.
template <class Event, class F>
struct handler_facts {
  using arguments = typename taken<typename signature<F>::parameters>::arguments;
  using acknowledgement = typename taken<typename signature<F>::parameters>::acknowledgement;
  using returned = typename task_value<typename signature<F>::result>::type;

  static constexpr bool takes_ack = !std::is_void_v<acknowledgement>;
  static constexpr bool returns_nothing = std::is_void_v<returned>;
  static constexpr bool ack_fits = std::same_as<acknowledgement, typed_ack<typename Event::answer>>;
  static constexpr bool answer_fits = !Event::acknowledged ? returns_nothing && !takes_ack
                                      : takes_ack          ? returns_nothing && ack_fits
                                                           : travels_as<returned, typename Event::answer>();
  static constexpr bool fits = answer_fits && std::same_as<arguments, typename Event::arguments>;
};

template <class Event, class F>
consteval bool can_handle() {
  if constexpr (std::same_as<Event, no_event> || !has_signature<F>) {
    return false;
  } else {
    return handler_facts<Event, F>::fits;
  }
}

// These four fail to compile when they do not fit; see complain_of_handler.
template <literal Event, std::size_t Place, class Taken, class Declared>
struct parameter_taken {
  static_assert(std::same_as<Taken, Declared>,
                "cosio: a parameter of the handler has another type than the contract says");
};
template <literal Event, std::size_t Taken, std::size_t Declared>
struct parameters_taken {
  static_assert(Taken == Declared, "cosio: the handler takes another number of arguments than the contract says");
};
template <literal Event, class Taken, class Declared>
struct acknowledgement_taken {
  static_assert(std::same_as<Taken, Declared>,
                "cosio: the handler takes another acknowledgement than the cosio::typed_ack of the contract's answer");
};
template <literal Event, class Returned, class Declared>
struct acknowledgement_returned {
  static_assert(travels_as<Returned, Declared>(),
                "cosio: the handler returns another acknowledgement than the contract says");
};

template <literal Event, class Taken, class Declared, std::size_t... I>
void complain_of_each_taken(std::index_sequence<I...>) {
  (static_cast<void>(parameter_taken<Event, I, std::tuple_element_t<I, Taken>, std::tuple_element_t<I, Declared>>()),
   ...);
}

// Says why the acknowledgement of a handler does not fit.
template <class Event, literal Name, class Facts>
void complain_of_answer() {
  if constexpr (!Event::acknowledged) {
    static_assert(Facts::returns_nothing && !Facts::takes_ack,
                  "cosio: the contract gives this event no acknowledgement, so its handler has none to give");
  } else if constexpr (Facts::takes_ack) {
    static_assert(Facts::returns_nothing,
                  "cosio: a handler that takes the acknowledgement as a parameter returns nothing");
    static_cast<void>(
        acknowledgement_taken<Name, typename Facts::acknowledgement, typed_ack<typename Event::answer>>());
  } else {
    static_cast<void>(acknowledgement_returned<Name, typename Facts::returned, typename Event::answer>());
  }
}

// Says why a callable cannot handle an event.
template <class Event, direction To, literal Name, class F>
void complain_of_handler() {
  constexpr bool known = !std::same_as<Event, no_event>;
  complain_of_name<To, Name, known>();
  static_assert(has_signature<F>, "cosio: a handler says the types of its parameters; it takes no auto");
  if constexpr (known && has_signature<F>) {
    using facts = handler_facts<Event, F>;
    using declared = typename Event::arguments;
    constexpr std::size_t count = std::tuple_size_v<typename facts::arguments>;
    if constexpr (count == std::tuple_size_v<declared>) {
      complain_of_each_taken<Name, typename facts::arguments, declared>(std::make_index_sequence<count>());
    } else {
      static_cast<void>(parameters_taken<Name, count, std::tuple_size_v<declared>>());
    }
    complain_of_answer<Event, Name, facts>();
  }
}

}  // namespace detail
}  // namespace cosio::inline v0_2
