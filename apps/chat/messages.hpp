// What the page and the server say to each other. Described structs travel as JSON objects.

#pragma once
#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace chat {

/// A newcomer: by what name to be called, and which room to enter.
struct introduction {
  std::string name;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(introduction, (), (name, room))

/// Who is here, and where.
struct person {
  std::string id;
  std::string name;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(person, (), (id, name, room))

/// Something said in a room.
struct line {
  std::uint64_t number = 0;  // grows with every line of the house
  std::string id;            // of the speaker
  std::string name;
  std::string room;
  std::string text;
  std::int64_t at = 0;  // milliseconds since 1970, as JavaScript counts
};
BOOST_DESCRIBE_STRUCT(line, (), (number, id, name, room, text, at))

/// Everybody in the house. The page keeps the one with the highest revision, in whatever order they arrive.
struct attendance {
  std::uint64_t revision = 0;
  std::vector<person> people;
};
BOOST_DESCRIBE_STRUCT(attendance, (), (revision, people))

/// What somebody is told who comes into a room.
struct welcome {
  person you;
  std::vector<line> history;
};
BOOST_DESCRIBE_STRUCT(welcome, (), (you, history))

}  // namespace chat
