// Conversions for applications with a Boost.Beast HTTP server of their own: requests from Beast, responses to Beast.
//
// No other header includes this one, because it brings all of Beast along.
//
//   if (io.owns(asked.target())) {
//     if (boost::beast::websocket::is_upgrade(asked)) {
//       // The server takes the connection, with the bytes that were read beyond the request.
//       co_await io.serve(std::move(socket), cosio::http::from_beast(asked), cosio::http::rest_of(buffer));
//     } else {
//       // The connection stays the application's.
//       const auto answer = co_await io.answer(cosio::http::from_beast(asked, address));
//       co_await async_write(socket, cosio::http::to_beast(answer, asked), use_awaitable);
//     }
//   }

#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/buffers_iterator.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cosio/http.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::http {

/// Copies a request of Beast, which must have been read whole, body included.
///
/// @param remote_address  The peer's address without port. Rules by address (trusted_proxies, max_sessions_per_address)
///                        need it.
/// @param secure          Whether the connection is encrypted.
/// @throws error errc::bad_argument for a method, target or header that the server's own port would refuse, such as a
///               line break in a header.
template <class Fields>
request from_beast(const boost::beast::http::request<boost::beast::http::string_body, Fields>& asked,
                   std::string remote_address = std::string(), bool secure = false) {
  const auto text = [](const auto& view) { return std::string_view(view.data(), view.size()); };
  const auto method = asked.method_string();
  const auto target = asked.target();
  request_builder builder(text(method), text(target));
  for (const auto& field : asked) {
    const auto name = field.name_string();
    const auto value = field.value();
    builder.header(text(name), text(value));
  }
  if (asked.version() < 11 && !asked.keep_alive()) builder.header("Connection", "close");
  return builder.body(asked.body()).remote_address(std::move(remote_address)).secure(secure).build();
}

/// Makes the response of Beast that answers `asked`: with its HTTP version, its wish to keep the connection, and a
/// Content-Length. A HEAD request gets no body. Write it with boost::beast::http::async_write().
template <class Fields>
boost::beast::http::response<boost::beast::http::string_body> to_beast(
    const response& answer, const boost::beast::http::request<boost::beast::http::string_body, Fields>& asked) {
  boost::beast::http::response<boost::beast::http::string_body> out;
  out.version(asked.version());
  out.result(answer.status());
  for (const auto& [name, value] : answer.headers()) out.insert(name, value);
  out.keep_alive(asked.keep_alive() && answer.get("connection") != "close");
  out.body() = answer.body();
  out.prepare_payload();
  if (asked.method() == boost::beast::http::verb::head) out.body().clear();
  return out;
}

/// Copies the bytes that a dynamic buffer (beast::flat_buffer) holds beyond the request: the beginning of WebSocket
/// frames, or the next request. server::serve() wants them.
template <class DynamicBuffer>
std::string rest_of(const DynamicBuffer& buffer) {
  const auto bytes = buffer.data();
  return std::string(boost::asio::buffers_begin(bytes), boost::asio::buffers_end(bytes));
}

}  // namespace cosio::inline v0_2::http
