// The texts that the PostgreSQL wire writes and reads: names of channels and tables, and the notification that stands
// for a row of the table.
//
// Pure: no I/O, no clock, no lock. Data from the database is not trusted: it is checked like a client's.
// Source: @socket.io/postgres-adapter 0.5.

#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cosio::inline v0_2::cluster {

/// PostgreSQL cuts off longer names of channels in LISTEN, and refuses them in NOTIFY.
constexpr std::size_t longest_channel = 63;
/// NOTIFY takes payloads below this.
constexpr std::size_t notify_limit = 8'000;

/// The channel of a namespace, `<prefix>#<nsp>`.
std::string postgres_channel(std::string_view prefix, std::string_view nsp);
/// The reason why PostgreSQL does not take this channel. Empty: it does.
std::string channel_problem(std::string_view channel);
/// An identifier for SQL, in quotes.
std::string quoted_identifier(std::string_view name);
/// Whether a text is the name of a table in SQL: identifiers or quoted ones, with a schema or without.
bool is_table_name(std::string_view text);

/// The notification that stands for a row, up to the row's id and behind it.
struct attachment_frame {
  std::string before;
  std::string behind;
};
attachment_frame frame_of_attachment(std::string_view uid, unsigned type);

/// The notification that stands for a row.
struct attachment_header {
  std::string uid;
  std::string id;  ///< decimal digits; empty: the payload has none that can be a row
};
/// @return nothing when the payload is another message.
std::optional<attachment_header> read_attachment_header(std::string_view payload);

/// Whether a message says that this uid has sent it. It is cheap, and may be wrong for data that looks like it.
bool names_uid(std::string_view payload, std::string_view uid);

}  // namespace cosio::inline v0_2::cluster
