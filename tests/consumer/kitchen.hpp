// The contract of docs/typed-events.md: what guests and the kitchen say to each other.

#pragma once
#include <cosio/contract.hpp>

#include <optional>
#include <string>
#include <vector>

enum class portion { small, large };
BOOST_DESCRIBE_ENUM(portion, small, large)

struct dish {
  std::string name;
  std::optional<portion> size;
};
BOOST_DESCRIBE_STRUCT(dish, (), (name, size))

struct seat {
  int table = 0;
};
BOOST_DESCRIBE_STRUCT(seat, (), (table))

// clang-format off
struct kitchen {
  using client_to_server = cosio::events<
      cosio::event<"sit", void(cosio::arg<"table", int>)>,
      cosio::event<"menu", std::vector<dish>()>,
      cosio::event<"order", cosio::arg<"minutes", int>(cosio::arg<"what", dish>)>>;

  using server_to_client = cosio::events<
      cosio::event<"ordered", void(cosio::arg<"table", int>, cosio::arg<"what", dish>)>,
      cosio::event<"what size?", portion(cosio::arg<"dish", std::string>)>>;

  using socket_data = seat;
};
// clang-format on

/// Serves the contract on the namespace "/kitchen".
void open_kitchen(cosio::nsp where);
