// All events of the survey and their types: the one declaration for the server in C++ and the page in TypeScript.

#pragma once
#include <cosio/contract.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace survey {

enum class mood { great, fine, tired };
BOOST_DESCRIBE_ENUM(mood, great, fine, tired)

struct vote {
  mood feeling = mood::fine;
  std::optional<std::string> remark;
};
BOOST_DESCRIBE_STRUCT(vote, (), (feeling, remark))

struct result {
  int voters = 0;
  std::map<mood, int> votes;
  std::vector<std::string> remarks;  // the last ten
};
BOOST_DESCRIBE_STRUCT(result, (), (voters, votes, remarks))

struct contract {
  using client_to_server = cosio::events<cosio::event<"vote", cosio::arg<"voters", int>(cosio::arg<"what", vote>)>,
                                         cosio::event<"result", result()>>;
  using server_to_client = cosio::events<cosio::event<"changed", void(cosio::arg<"now", result>)>>;
};

}  // namespace survey
