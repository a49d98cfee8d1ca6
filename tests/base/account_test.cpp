// An account takes what fits its limit, and the sums of all accounts say what is kept.

#include "base/account.hpp"

#include "support/catch.hpp"

using cosio::base::account;
using cosio::base::account_terms;
using cosio::base::counted_in;
using cosio::base::counter;
using cosio::base::counters;
using cosio::base::kept;

namespace {

std::uint64_t sum(const counters& of, kept kind) {
  return of.sum(counter::kept_bytes + static_cast<std::size_t>(kind));
}

}  // namespace

TEST_CASE("an account takes exactly its limit, and refuses one byte more", "[base][account]") {
  counters sums;
  const account_terms terms{sums, 1'000};
  account a(terms);
  CHECK(a.charge(kept::frames, 600));
  CHECK(a.charge(kept::rooms, 400));
  CHECK(a.bytes() == 1'000);
  CHECK_FALSE(a.charge(kept::events, 1));
  CHECK(a.bytes() == 1'000);
  CHECK(sum(sums, kept::events) == 0);
  a.give_back(kept::rooms, 1);
  CHECK(a.charge(kept::events, 1));
  CHECK_FALSE(a.charge(kept::events, static_cast<std::size_t>(-1)));
  CHECK(a.bytes() == 1'000);
}

TEST_CASE("memory that is there already is charged above the limit, and then nothing more fits", "[base][account]") {
  counters sums;
  const account_terms terms{sums, 10};
  account a(terms);
  a.add(kept::frames, 25);
  CHECK(a.bytes() == 25);
  CHECK_FALSE(a.charge(kept::frames, 0));
  a.give_back(kept::frames, 25);
  CHECK(a.charge(kept::frames, 10));
}

TEST_CASE("memory that no limit counts is in the sums alone", "[base][account]") {
  counters sums;
  const account_terms terms{sums, 10};
  account a(terms);
  a.add(kept::frames, 25, counted_in::sums);
  CHECK(a.bytes() == 0);
  CHECK(sum(sums, kept::frames) == 25);
  CHECK(a.charge(kept::frames, 10));
  a.give_back(kept::frames, 25, counted_in::sums);
  CHECK(sum(sums, kept::frames) == 10);
  CHECK(a.bytes() == 10);
}

TEST_CASE("a limit of 0 is no limit", "[base][account]") {
  counters sums;
  const account_terms terms{sums, 0};
  account a(terms);
  CHECK(a.charge(kept::input, std::size_t{1} << 40));
}

TEST_CASE("the sums are those of all accounts, by kind", "[base][account]") {
  counters sums;
  const account_terms terms{sums, 0};
  account one(terms);
  account two(terms);
  CHECK(one.charge(kept::frames, 100));
  CHECK(two.charge(kept::frames, 50));
  CHECK(two.charge(kept::head, 7));
  one.give_back(kept::frames, 100);
  CHECK(sum(sums, kept::frames) == 50);
  CHECK(sum(sums, kept::head) == 7);
  CHECK(sum(sums, kept::namespaces) == 0);
  CHECK(to_string(kept::namespaces) == "namespaces");
}
