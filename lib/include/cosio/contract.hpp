// Contracts: the events of an application, declared once with their types. The compiler checks the parameters and the
// result of every handler, and the arguments of every emit(). typescript.hpp prints the same declaration for the
// developers of clients. Ask for this header by name.
//
//   struct chat {                                                       // any type with these two; see event.hpp
//     using client_to_server = cosio::events<cosio::event<"say", std::size_t(std::string)>>;
//     using server_to_client = cosio::events<cosio::event<"said", void(std::string, std::string)>>;
//     using server_to_server = cosio::events<…>;                       // optional: between the servers of a cluster
//     using socket_data = account;                                      // optional: what socket.data() holds
//   };
//   const cosio::typed_nsp<chat> lobby(io.of("/lobby"));
//   lobby.on_connection([](cosio::typed_socket<chat> user) {
//     user.on<"say">([user](std::string text) -> cosio::task<std::size_t> {
//       const cosio::report sent = co_await user.broadcast().emit<"said">(user.id(), text);
//       co_return sent.queued;
//     });
//   });
//
// A typed handle is the untyped one, whose functions take the event's name in angle brackets. It costs nothing: it
// compiles to the same calls. So units, errors, threads and cancellation are those of the untyped functions; only the
// differences are told here.
//
// The way of a typed call, for readers of the code. The checks are in contract_checks.hpp:
//
//   user.on<"say">(handler)                 typed_socket::on
//     event_of<contract, to_server, "say">  the event of that name, or no_event
//     can_handle<event, handler>()          whether its parameters and its result are those of the event
//       yes: socket::on("say", handler)     the untyped function
//       no:  complain_of_handler<…>()       a static_assert that says why
//   user.emit<"said">(args…)                typed_emitter::emit
//     emit_declared<…>(send, args…)         event_of, can_emit, then with_declared or complain_of_emit
//       with_declared<types>(send, args…)   each argument as its declared type; `send` calls the untyped emit
//
// typed_socket has on, once and nsp; its bases add the rest: typed_asker (emit_with_ack, once), typed_emitter (emit and
// the verbs of emitter.hpp), with_data (data), and socket.

#pragma once
#include <boost/json/value.hpp>

#include <cosio/broadcast_operator.hpp>
#include <cosio/contract_calls.hpp>
#include <cosio/contract_checks.hpp>
#include <cosio/convert.hpp>
#include <cosio/event.hpp>
#include <cosio/json_view.hpp>
#include <cosio/listener.hpp>
#include <cosio/nsp.hpp>
#include <cosio/report.hpp>
#include <cosio/socket.hpp>
#include <cosio/task.hpp>
#include <cosio/temporaries.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cosio::inline v0_2 {

/// The answers to a broadcast, or of other servers, converted to the declared type.
/// @par Threads  A value.
template <class Answer>
class typed_answers {
 public:
  typed_answers() = default;
  explicit typed_answers(answers came);

  /// The answers in the order of arrival. Answers that do not fit the declared type are left out: clients may answer
  /// with anything.
  const std::vector<Answer>& responses() const noexcept { return responses_; }
  /// False when the time was over before everybody had answered, or when an answer was of another type.
  bool complete() const noexcept { return untyped_.complete() && responses_.size() == untyped_.responses().size(); }
  /// All answers that came, as they came.
  const answers& untyped() const noexcept { return untyped_; }

 private:
  answers untyped_;
  std::vector<Answer> responses_;
};

template <class Contract>
class typed_socket;
template <class Contract>
class typed_socket_operator;
template <class Contract>
class typed_operator;
template <class Contract>
class typed_nsp;
template <class Contract>
class typed_remote_socket;

namespace detail {

template <class Contract>
typed_operator<Contract> typed_as(broadcast_operator to) {
  return typed_operator<Contract>(std::move(to));
}
template <class Contract>
typed_socket_operator<Contract> typed_as(socket_operator to) {
  return typed_socket_operator<Contract>(std::move(to));
}

// The type of the answers of several receivers. `arguments` stands in where no answer is declared, which does not
// compile anyway.
template <class Event>
struct declared_answer {
  using type = std::conditional_t<Event::acknowledged, typename Event::answer, arguments>;
};
template <>
struct declared_answer<no_event> {
  using type = arguments;
};
template <class Answer>
task<typed_answers<Answer>> convert_answers(task<answers> waiting) {
  auto came = co_await std::move(waiting);
  co_return typed_answers<Answer>(std::move(came));
}

// Gives data() of a socket or a remote_socket the type socket_data of the contract. Without socket_data, or without
// data() in the base, nothing is added.
template <class Contract, class Base>
class with_data : public Base {
 public:
  using Base::Base;
  explicit with_data(Base untyped) : Base(std::move(untyped)) {}
};
template <class Contract, class Base>
  requires requires(const Base& base) {
    typename Contract::socket_data;
    base.data();
  }
class with_data<Contract, Base> : public Base {
 public:
  using socket_data = typename Contract::socket_data;
  using Base::Base;
  explicit with_data(Base untyped) : Base(std::move(untyped)) {}

  /// A copy of the data; a socket_data{} when nothing was set.
  /// @throws error errc::conversion when something of another type was set through the untyped handle.
  socket_data data() const {
    const boost::json::value kept = Base::data();
    const auto* object = kept.if_object();
    if (kept.is_null() || (object != nullptr && object->empty())) return socket_data{};
    return from_json<socket_data>(kept, "the data of the socket");
  }
  /// Sets the data.
  /// @throws error errc::bad_argument when there is binary in it.
  void data(const socket_data& value) const
    requires requires(const Base& base, boost::json::value json) { base.data(std::move(json)); }
  {
    Base::data(to_json(value));
  }
};

}  // namespace detail

/// The part that all typed handles share: emit() to the receivers, and the modifiers that narrow them. Modifiers return
/// a typed handle again.
/// @tparam Base  The untyped handle.
template <class Contract, class Base>
class typed_emitter : public detail::with_data<Contract, Base>, public narrows<typed_emitter<Contract, Base>> {
  using with_base = detail::with_data<Contract, Base>;
  using narrowing = narrows<typed_emitter>;

 public:
  using contract = Contract;
  typed_emitter() = default;
  explicit typed_emitter(Base untyped) : with_base(std::move(untyped)) {}

  /// The same handle without the contract, for events that are not declared.
  const Base& untyped() const noexcept { return *this; }

  /// `emit<"name">(arguments…)`, as Base::emit.
  ///
  /// It does not compile for a name that the contract does not have in this direction, for another number of arguments,
  /// for an argument of another type, and for an event that must be acknowledged. Accepted are also arguments that
  /// travel as the declared type does (text for a std::string, any whole number for an integer, a T for an optional T),
  /// and those that convert implicitly to a class; never a fraction for a whole number.
  template <literal Name, class... Args>
  task<report> emit(const Args&... args) const {
    const auto send = [&to = untyped()](const auto&... each) { return to.emit(Name.view(), each...); };
    return detail::emit_declared<task<report>, Contract, detail::direction::to_client, Name, detail::wants::emit>(
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

  /// These never compile, as emits::emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_emits::emit;
  using detail::refuses_emits::send;
  using detail::refuses_emits::write;

  /// Never compiles: it exists for a clear message of the compiler.
  template <class... Args>
  void emit(std::string_view, const Args&...) const {
    static_assert(
        detail::never<std::tuple<Args...>>,
        "cosio: a typed handle has the event in angle brackets, emit<\"name\">(…); untyped() has the other emit");
  }

  using narrowing::binary;
  using narrowing::compress;
  using narrowing::except;
  using narrowing::in;
  using narrowing::local;
  using narrowing::timeout;
  using narrowing::to;
  using narrowing::volatile_;
  /// As Base::broadcast.
  [[nodiscard]] auto broadcast() const { return detail::typed_as<Contract>(Base::broadcast()); }

 protected:
  friend narrowing;
  auto operator_for_rooms() const { return detail::typed_as<Contract>(Base::operator_for_rooms()); }
  auto operator_for_flags() const { return detail::typed_as<Contract>(Base::operator_for_flags()); }
};

/// The part that the handles of one client share (typed_socket, typed_socket_operator): asking the client, and waiting
/// for its events.
template <class Contract, class Base>
class typed_asker : public typed_emitter<Contract, Base> {
 public:
  using typed_emitter<Contract, Base>::typed_emitter;

  /// `emit_with_ack<"name">(arguments…)`, as Base::emit_with_ack: waits for the declared answer. A declared std::tuple
  /// of no type gives nothing, one of a single type gives a value of that.
  template <literal Name, class... Args>
  task<typename detail::awaited_answer<detail::event_of<Contract, detail::direction::to_client, Name>>::type>
  emit_with_ack(const Args&... args) const {
    using event = detail::event_of<Contract, detail::direction::to_client, Name>;
    using answer = task<typename detail::awaited_answer<event>::type>;
    const auto send = [&to = this->untyped()](const auto&... each) {
      return detail::ask_for(detail::answer_types<event>(), to, Name.view(), each...);
    };
    return detail::emit_declared<answer, Contract, detail::direction::to_client, Name, detail::wants::emit_with_ack>(
        send, args...);
  }
  /// Never compiles, as emits::emit() with a temporary that GCC 12 destroys twice.
  template <literal Name, class... Args>
    requires detail::any_fragile<Args...>
  auto emit_with_ack(Args&&...) const {
    using event = detail::event_of<Contract, detail::direction::to_client, Name>;
    return detail::refuse_temporary<task<typename detail::awaited_answer<event>::type>, Args...>();
  }

  /// `co_await user.once<"login">()`: waits for the next event of this name, as Base::once.
  /// @return its arguments: nothing, a value, or a std::tuple.
  template <literal Name>
  task<typename detail::awaited_arguments<detail::event_of<Contract, detail::direction::to_server, Name>>::type> once()
      const {
    using event = detail::event_of<Contract, detail::direction::to_server, Name>;
    if constexpr (!std::same_as<event, detail::no_event>) {
      return detail::wait_for(std::type_identity<typename event::arguments>(), this->untyped(), Name.view());
    } else {
      detail::complain_of_name<detail::direction::to_server, Name, false>();
      return {};
    }
  }
};

/// cosio::socket_operator with a contract.
template <class Contract>
class typed_socket_operator : public typed_asker<Contract, socket_operator> {
 public:
  using typed_asker<Contract, socket_operator>::typed_asker;
};

/// cosio::broadcast_operator with a contract.
template <class Contract>
class typed_operator : public typed_emitter<Contract, broadcast_operator> {
 public:
  using typed_emitter<Contract, broadcast_operator>::typed_emitter;

  /// `emit_with_ack<"name">(arguments…)`, as broadcast_operator::emit_with_ack: timeout() must be set.
  template <literal Name, class... Args>
  task<typed_answers<
      typename detail::declared_answer<detail::event_of<Contract, detail::direction::to_client, Name>>::type>>
  emit_with_ack(const Args&... args) const {
    using answer =
        typename detail::declared_answer<detail::event_of<Contract, detail::direction::to_client, Name>>::type;
    const auto send = [&to = this->untyped()](const auto&... each) {
      return detail::convert_answers<answer>(to.emit_with_ack(Name.view(), each...));
    };
    return detail::emit_declared<task<typed_answers<answer>>, Contract, detail::direction::to_client, Name,
                                 detail::wants::emit_with_ack>(send, args...);
  }
  /// Never compiles, as emits::emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::emit_with_ack;

  /// As broadcast_operator::fetch_sockets. It throws incomplete<std::vector<remote_socket>>, with untyped sockets.
  task<std::vector<typed_remote_socket<Contract>>> fetch_sockets() const {
    return typed_remote_socket<Contract>::all(broadcast_operator::fetch_sockets());
  }
};

/// cosio::remote_socket with a contract.
template <class Contract>
class typed_remote_socket : public typed_emitter<Contract, remote_socket> {
 public:
  using typed_emitter<Contract, remote_socket>::typed_emitter;

 private:
  friend class typed_operator<Contract>;
  friend class typed_nsp<Contract>;
  static task<std::vector<typed_remote_socket>> all(task<std::vector<remote_socket>> waiting) {
    auto found = co_await std::move(waiting);
    std::vector<typed_remote_socket> typed;
    typed.reserve(found.size());
    for (auto& one : found) typed.emplace_back(std::move(one));
    co_return typed;
  }
};

/// cosio::socket with a contract. It can be made of any socket: `cosio::typed_socket<chat> user(socket)`. Copies and
/// conversions name the same client.
template <class Contract>
class typed_socket : public typed_asker<Contract, socket> {
 public:
  using typed_asker<Contract, socket>::typed_asker;

  using typed_asker<Contract, socket>::once;

  /// `on<"name">(handler)`, as socket::on.
  ///
  /// @param handler  It takes exactly the declared types, by value or const reference. It returns the declared answer
  ///                 or a task of it; or it takes a typed_ack of the answer behind the arguments, and returns nothing
  ///                 or task<>. Anything else does not compile.
  /// @param how      cosio::stops_with_client, or nothing.
  template <literal Name, class F, class... How>
    requires(std::same_as<How, stops_with_client_t> && ...)
  listener_handle on(F&& handler, How... how) const {
    if constexpr (handles<Name, F>) {
      return socket::on(Name.view(), std::forward<F>(handler), how...);
    } else {
      return complain<Name, F>();
    }
  }
  /// As socket::once with a handler; the handler as for on().
  template <literal Name, class F, class... How>
    requires(!detail::is_duration<std::decay_t<F>> && (std::same_as<How, stops_with_client_t> && ...))
  listener_handle once(F&& handler, How... how) const {
    if constexpr (handles<Name, F>) {
      return socket::once(Name.view(), std::forward<F>(handler), how...);
    } else {
      return complain<Name, F>();
    }
  }
  /// As socket::prepend_listener; the handler as for on().
  template <literal Name, class F>
  listener_handle prepend_listener(F&& handler) const {
    if constexpr (handles<Name, F>) {
      return socket::prepend_listener(Name.view(), std::forward<F>(handler));
    } else {
      return complain<Name, F>();
    }
  }
  /// As socket::prepend_once_listener; the handler as for on().
  template <literal Name, class F>
  listener_handle prepend_once_listener(F&& handler) const {
    if constexpr (handles<Name, F>) {
      return socket::prepend_once_listener(Name.view(), std::forward<F>(handler));
    } else {
      return complain<Name, F>();
    }
  }
  /// Waits for the next event of this name, but not for longer than `within`.
  /// @throws error errc::timed_out as well.
  template <literal Name>
  auto once(std::chrono::milliseconds within) const {
    return this->timeout(within).template once<Name>();
  }

  /// Never compiles: it exists for a clear message of the compiler.
  template <class F>
  void on(std::string_view, F&&) const {
    static_assert(
        detail::never<F>,
        "cosio: a typed socket has the event in angle brackets, on<\"name\">(handler); untyped() has the other on");
  }

  /// The namespace of the socket, with the same contract.
  typed_nsp<Contract> nsp() const { return typed_nsp<Contract>(socket::nsp()); }

 private:
  template <literal Name, class F>
  static constexpr bool handles =
      detail::can_handle<detail::event_of<Contract, detail::direction::to_server, Name>, std::decay_t<F>>();
  template <literal Name, class F>
  static listener_handle complain() {
    detail::complain_of_handler<detail::event_of<Contract, detail::direction::to_server, Name>,
                                detail::direction::to_server, Name, std::decay_t<F>>();
    return {};
  }
};

/// cosio::nsp with a contract: `const cosio::typed_nsp<chat> lobby(io.of("/lobby"))`.
template <class Contract>
class typed_nsp : public typed_emitter<Contract, nsp> {
 public:
  using typed_emitter<Contract, nsp>::typed_emitter;

  /// As nsp::on_connection, for handlers that take a typed_socket of this contract. For clients that send other types
  /// than declared, see socket::on.
  template <class F, class... How>
    requires(std::same_as<How, stops_with_client_t> && ...)
  const typed_nsp& on_connection(F&& handler, How... how) const {
    constexpr bool fits = std::is_invocable_v<std::decay_t<F>&, typed_socket<Contract>>;
    static_assert(fits, "cosio: a connection handler takes the cosio::typed_socket of this contract");
    if constexpr (fits) {
      auto typed = [kept = std::forward<F>(handler)](socket who) mutable {
        return kept(typed_socket<Contract>(std::move(who)));
      };
      nsp::on_connection(std::move(typed), how...);
    }
    return *this;
  }
  /// As nsp::on: for the names "connection" and "connect".
  template <class F, class... How>
  const typed_nsp& on(std::string_view event, F&& handler, How... how) const {
    nsp::check_lifecycle_event(event);
    return on_connection(std::forward<F>(handler), how...);
  }

  /// As nsp::fetch_sockets. It throws incomplete<std::vector<remote_socket>>, with untyped sockets.
  task<std::vector<typed_remote_socket<Contract>>> fetch_sockets() const {
    return typed_remote_socket<Contract>::all(nsp::fetch_sockets());
  }

  /// `server_side_emit<"name">(arguments…)`, as nsp::server_side_emit, for the events of `server_to_server`.
  template <literal Name, class... Args>
  task<> server_side_emit(const Args&... args) const {
    const auto send = [&to = this->untyped()](const auto&... each) {
      return to.server_side_emit(Name.view(), each...);
    };
    return detail::emit_declared<task<>, Contract, detail::direction::between_servers, Name, detail::wants::emit>(
        send, args...);
  }
  /// `server_side_emit_with_ack<"name">(arguments…)`, as nsp::server_side_emit_with_ack.
  template <literal Name, class... Args>
  task<typed_answers<
      typename detail::declared_answer<detail::event_of<Contract, detail::direction::between_servers, Name>>::type>>
  server_side_emit_with_ack(const Args&... args) const {
    using answer =
        typename detail::declared_answer<detail::event_of<Contract, detail::direction::between_servers, Name>>::type;
    const auto send = [&to = this->untyped()](const auto&... each) {
      return detail::convert_answers<answer>(to.server_side_emit_with_ack(Name.view(), each...));
    };
    return detail::emit_declared<task<typed_answers<answer>>, Contract, detail::direction::between_servers, Name,
                                 detail::wants::emit_with_ack>(send, args...);
  }
  /// These never compile, as emits::emit() with a temporary that GCC 12 destroys twice.
  using detail::refuses_broadcasts::server_side_emit;
  using detail::refuses_broadcasts::server_side_emit_with_ack;
  /// As nsp::on_server_side, for the events of `server_to_server`; the handler as for typed_socket::on.
  template <literal Name, class F>
  listener_handle on_server_side(F&& handler) const {
    using event = detail::event_of<Contract, detail::direction::between_servers, Name>;
    if constexpr (detail::can_handle<event, std::decay_t<F>>()) {
      return nsp::on_server_side(Name.view(), std::forward<F>(handler));
    } else {
      detail::complain_of_handler<event, detail::direction::between_servers, Name, std::decay_t<F>>();
      return {};
    }
  }

  /// As nsp::connected, and under its second name.
  task<std::map<std::string, typed_socket<Contract>>> connected() const { return typed_sockets(nsp::connected()); }
  task<std::map<std::string, typed_socket<Contract>>> sockets() const { return typed_sockets(nsp::connected()); }

 private:
  static task<std::map<std::string, typed_socket<Contract>>> typed_sockets(
      task<std::map<std::string, socket>> waiting) {
    auto all = co_await std::move(waiting);
    std::map<std::string, typed_socket<Contract>> typed;
    for (const auto& [id, who] : all) typed.emplace(id, who);
    co_return typed;
  }
};

// ---------------------------------------------------------------- implementation

template <class Answer>
typed_answers<Answer>::typed_answers(answers came) : untyped_(std::move(came)) {
  const auto fits = [](const arguments& one, auto& into, std::size_t at) {
    detail::mismatch wrong;
    return detail::read(one[at], one.attachments(), into, wrong);
  };
  for (const arguments& one : untyped_.responses()) {
    if constexpr (std::same_as<Answer, arguments>) {
      responses_.push_back(one);
    } else {
      Answer converted{};
      bool ok = true;
      if constexpr (detail::is_std_tuple<Answer>) {
        ok = [&]<std::size_t... I>(std::index_sequence<I...>) {
          return (fits(one, std::get<I>(converted), I) && ...);
        }(std::make_index_sequence<std::tuple_size_v<Answer>>());
      } else {
        ok = fits(one, converted, 0);
      }
      if (ok) responses_.push_back(std::move(converted));
    }
  }
}

}  // namespace cosio::inline v0_2
