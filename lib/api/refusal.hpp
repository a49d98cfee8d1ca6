// Refusals of the HTTP API: one form for all of them, {"error":"<code>","message":"<sentence>"}.
//
// Code that reads a request returns an outcome. service.cpp makes the answer and the line of the log of its refusal.

#pragma once
#include <boost/system/result.hpp>

#include <cosio/http.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace cosio::inline v0_2::api {

class refusal {
 public:
  refusal() = default;
  refusal(unsigned with, std::string_view what, std::string why) : status(with), code(what), message(std::move(why)) {}

  unsigned status = 500;
  std::string_view code = "internal_error";  // a constant text, for programs
  std::string message;                       // for people; without bytes of the request, except names in quotes
  unsigned retry_after = 0;
  std::string_view allow = {};  // a constant text: the methods that an endpoint has
};

template <class T>
using outcome = boost::system::result<T, refusal>;

/// An answer that is JSON. Nobody keeps it.
http::response json_answer(unsigned status, std::string body);
http::response to_answer(const refusal& why);

// The refusals that are made in several places.
refusal bad_request(std::string why);
refusal not_signed_in(std::string why);

/// The reason of a 401 for a signed request that was accepted before, here or by another process.
inline constexpr std::string_view sent_before =
    "this signed request was sent before: sign it again, with another timestamp";

}  // namespace cosio::inline v0_2::api
