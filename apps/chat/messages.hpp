// The messages between the page and the server. Described structs become JSON objects.

#pragma once
#include <boost/describe/class.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chat {

/// The room of everybody who names none.
inline constexpr const char* lobby = "lobby";

/// How somebody comes into a room. The page keeps the secret, which makes its tabs, and those of tomorrow, one person.
struct introduction {
  std::string secret;
  std::string name;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(introduction, (), (secret, name, room))

/// A person in a room. The id is made of the secret, and the same in every room.
struct person {
  std::string id;
  std::string name;
  std::string room;
};
BOOST_DESCRIBE_STRUCT(person, (), (id, name, room))

/// A text that somebody says. With the same key it is said once, however often it is sent.
struct message {
  std::string key;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(message, (), (key, text))

/// A line that somebody wrote in a room.
struct line {
  std::uint64_t number = 0;  // grows with every line of the house, also across restarts; 0 for no line
  std::string key;           // of its message
  std::string author;        // a person's id
  std::string name;          // of the author, then
  std::string room;
  std::string text;     // empty when the author has taken it back
  std::int64_t at = 0;  // milliseconds since 1970, as JavaScript counts
  bool edited = false;
};
BOOST_DESCRIBE_STRUCT(line, (), (number, key, author, name, room, text, at, edited))

/// The number of those who have a line, and of all other people in its room.
struct receipt {
  std::uint64_t number = 0;
  std::size_t received = 0;
  std::size_t others = 0;
};
BOOST_DESCRIBE_STRUCT(receipt, (), (number, received, others))

/// The last line of a room.
struct news {
  std::string room;
  std::uint64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(news, (), (room, number))

/// Everybody in the house, for somebody who comes. A person is in it once for each room.
struct attendance {
  std::uint64_t revision = 0;  // of the last moves that are in it
  std::vector<person> people;
};
BOOST_DESCRIBE_STRUCT(attendance, (), (revision, people))

/// The difference between the list of the revision before and that of this revision.
struct moves {
  std::uint64_t revision = 0;  // 0 when nobody has moved
  std::vector<person> came;    // into the house or another room; or their names are new
  std::vector<person> left;
};
BOOST_DESCRIBE_STRUCT(moves, (), (revision, came, left))

/// The answer for somebody who comes into a room.
struct welcome {
  person you;
  std::string pass;  // with it the page says that it has a line; nobody else gets it
  attendance everybody;
  std::vector<line> history;  // the last lines of the room
  std::vector<news> rooms;    // every room where something was said
};
BOOST_DESCRIBE_STRUCT(welcome, (), (you, pass, everybody, history, rooms))

}  // namespace chat
