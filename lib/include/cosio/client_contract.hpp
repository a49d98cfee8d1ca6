// Contracts for clients: the same declaration as on servers, seen from the other side. Ask for this header by name.
//
//   const cosio::typed_client_socket<chat> room(server.socket("/lobby"));
//   room.on<"said">([](std::string who, std::string text) { std::cout << who << ": " << text << '\n'; });
//   co_await room.connect();
//   const std::size_t heard = co_await room.emit_with_ack<"say">("hello");
//
// A client emits the events of `client_to_server`, and listens to those of `server_to_client`; contract.hpp shows how
// they are declared. A typed handle is the untyped one, whose functions take the event's name in angle brackets: units,
// errors, threads and cancellation are those of the untyped functions. The checks are those of contract_checks.hpp.

#pragma once
#include <cosio/client_socket.hpp>
#include <cosio/contract_calls.hpp>
#include <cosio/contract_checks.hpp>
#include <cosio/event.hpp>
#include <cosio/listener.hpp>
#include <cosio/report.hpp>
#include <cosio/task.hpp>
#include <cosio/temporaries.hpp>

#include <chrono>
#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cosio::inline v0_2 {

template <class Contract>
class typed_client_operator;

/// The part that both typed handles of a client share: sending.
/// @tparam Base  The untyped handle.
template <class Contract, class Base>
class typed_client_emitter : public Base {
 public:
  using contract = Contract;
  typed_client_emitter()
    requires std::default_initializable<Base>
  = default;
  explicit typed_client_emitter(Base untyped) : Base(std::move(untyped)) {}

  /// The same handle without the contract, for events that are not declared.
  const Base& untyped() const noexcept { return *this; }

  /// `emit<"name">(arguments…)`, as Base::emit. The arguments are checked as by typed_emitter::emit() of servers.
  template <literal Name, class... Args>
  task<report> emit(const Args&... args) const {
    const auto send = [&to = untyped()](const auto&... each) { return to.emit(Name.view(), each...); };
    return detail::emit_declared<task<report>, Contract, detail::direction::to_server, Name, detail::wants::emit>(
        send, args...);
  }
  /// emit<"message">(…), under two names.
  template <class... Args>
  task<report> send(const Args&... args) const {
    return emit<"message">(args...);
  }
  template <class... Args>
  task<report> write(const Args&... args) const {
    return emit<"message">(args...);
  }
  /// `emit_with_ack<"name">(arguments…)`, as Base::emit_with_ack: waits for the declared answer. A declared std::tuple
  /// of no type gives nothing, one of a single type gives a value of that.
  template <literal Name, class... Args>
  task<typename detail::awaited_answer<detail::event_of<Contract, detail::direction::to_server, Name>>::type>
  emit_with_ack(const Args&... args) const {
    using event = detail::event_of<Contract, detail::direction::to_server, Name>;
    using answer = task<typename detail::awaited_answer<event>::type>;
    const auto send = [&to = untyped()](const auto&... each) {
      return detail::ask_for(detail::answer_types<event>(), to, Name.view(), each...);
    };
    return detail::emit_declared<answer, Contract, detail::direction::to_server, Name, detail::wants::emit_with_ack>(
        send, args...);
  }

  /// These never compile, as emits::emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_emits::emit;
  using detail::refuses_emits::send;
  using detail::refuses_emits::write;
  template <literal Name, class... Args>
    requires detail::any_fragile<Args...>
  auto emit_with_ack(Args&&...) const {
    using event = detail::event_of<Contract, detail::direction::to_server, Name>;
    return detail::refuse_temporary<task<typename detail::awaited_answer<event>::type>, Args...>();
  }

  /// Never compiles: it exists for a clear message of the compiler.
  template <class... Args>
  void emit(std::string_view, const Args&...) const {
    static_assert(
        detail::never<std::tuple<Args...>>,
        "cosio: a typed handle has the event in angle brackets, emit<\"name\">(…); untyped() has the other emit");
  }

  /// As those of Base, with the contract.
  [[nodiscard]] auto volatile_() const { return typed(Base::volatile_()); }
  [[nodiscard]] auto compress(bool on = true) const { return typed(Base::compress(on)); }
  [[nodiscard]] auto timeout(std::chrono::milliseconds after) const { return typed(Base::timeout(after)); }
  [[nodiscard]] auto offline(when_offline what) const { return typed(Base::offline(what)); }

 private:
  static typed_client_operator<Contract> typed(client_operator to) {
    return typed_client_operator<Contract>(std::move(to));
  }
};

/// cosio::client_operator with a contract.
template <class Contract>
class typed_client_operator : public typed_client_emitter<Contract, client_operator> {
 public:
  using typed_client_emitter<Contract, client_operator>::typed_client_emitter;
};

/// cosio::client_socket with a contract. It can be made of any client_socket; both name the same socket.
template <class Contract>
class typed_client_socket : public typed_client_emitter<Contract, client_socket> {
 public:
  using typed_client_emitter<Contract, client_socket>::typed_client_emitter;

  /// `on<"name">(handler)`, as client_socket::on.
  /// @param handler  It takes exactly the declared types, by value or const reference. It returns the declared answer
  ///                 or a task of it; or it takes a typed_ack of the answer behind the arguments, and returns nothing
  ///                 or task<>. Anything else does not compile.
  template <literal Name, class F>
  listener_handle on(F&& handler) const {
    if constexpr (handles<Name, F>) {
      return client_socket::on(Name.view(), std::forward<F>(handler));
    } else {
      return complain<Name, F>();
    }
  }
  /// As client_socket::once with a handler; the handler as for on().
  template <literal Name, class F>
    requires(!detail::is_duration<std::decay_t<F>>)
  listener_handle once(F&& handler) const {
    if constexpr (handles<Name, F>) {
      return client_socket::once(Name.view(), std::forward<F>(handler));
    } else {
      return complain<Name, F>();
    }
  }
  /// As client_socket::prepend_listener; the handler as for on().
  template <literal Name, class F>
  listener_handle prepend_listener(F&& handler) const {
    if constexpr (handles<Name, F>) {
      return client_socket::prepend_listener(Name.view(), std::forward<F>(handler));
    } else {
      return complain<Name, F>();
    }
  }
  /// `co_await room.once<"said">()`: waits for the next event of this name, as client_socket::once.
  /// @return its arguments: nothing, a value, or a std::tuple.
  template <literal Name>
  auto once() const {
    return wait<Name>();
  }
  /// The same, but not for longer than `within`.
  template <literal Name>
  auto once(std::chrono::milliseconds within) const {
    return wait<Name>(within);
  }

  /// Never compiles: it exists for a clear message of the compiler.
  template <class F>
  void on(std::string_view, F&&) const {
    static_assert(
        detail::never<F>,
        "cosio: a typed socket has the event in angle brackets, on<\"name\">(handler); untyped() has the other on");
  }

 private:
  template <literal Name>
  using event_here = detail::event_of<Contract, detail::direction::to_client, Name>;
  template <literal Name, class F>
  static constexpr bool handles = detail::can_handle<event_here<Name>, std::decay_t<F>>();
  template <literal Name, class F>
  static listener_handle complain() {
    detail::complain_of_handler<event_here<Name>, detail::direction::to_client, Name, std::decay_t<F>>();
    return {};
  }
  template <literal Name, class... Within>
  task<typename detail::awaited_arguments<event_here<Name>>::type> wait(Within... within) const {
    if constexpr (!std::same_as<event_here<Name>, detail::no_event>) {
      return detail::wait_for(std::type_identity<typename event_here<Name>::arguments>(), this->untyped(), Name.view(),
                              within...);
    } else {
      detail::complain_of_name<detail::direction::to_client, Name, false>();
      return {};
    }
  }
};

}  // namespace cosio::inline v0_2
