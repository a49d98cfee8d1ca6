// The messages between the page and the server. Described structs become JSON objects.

#pragma once
#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace chat {

/// A newcomer: the wanted name, and the room to enter.
struct introduction {
  std::string name;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(introduction, (), (name, room))

/// A person in the house, and the person's room.
struct person {
  std::string id;
  std::string name;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(person, (), (id, name, room))

/// A line that somebody wrote in a room.
struct line {
  std::uint64_t number = 0;  // grows with every line of the house
  std::string id;            // of the speaker
  std::string name;
  std::string room;
  std::string text;
  std::int64_t at = 0;  // milliseconds since 1970, as JavaScript counts
};
BOOST_DESCRIBE_STRUCT(line, (), (number, id, name, room, text, at))

/// Everybody in the house. The page keeps the list with the highest revision, in whatever order they arrive.
struct attendance {
  std::uint64_t revision = 0;
  std::vector<person> people;
};
BOOST_DESCRIBE_STRUCT(attendance, (), (revision, people))

/// The message for somebody who comes into a room.
struct welcome {
  person you;
  std::vector<line> history;
};
BOOST_DESCRIBE_STRUCT(welcome, (), (you, history))

}  // namespace chat
