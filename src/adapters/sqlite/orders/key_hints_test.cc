#include "adapters/sqlite/orders/key_hints.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace orderflow::sqlite {
namespace {

using testing::Contains;
using testing::IsEmpty;

std::vector<KeyHints::Key> keys(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<KeyHints::Key> keys(count);
  for (auto& key : keys) {
    for (auto& byte : key) byte = static_cast<std::uint8_t>(random());
  }
  return keys;
}

TEST(KeyHints, FindsEveryKeyWhileItGrows) {
  KeyHints hints;
  const auto known = keys(100'000);
  for (std::size_t i = 0; i < known.size(); ++i) {
    ASSERT_TRUE(hints.add(known[i], static_cast<std::int64_t>(i) + 1, 0));
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    ASSERT_THAT(hints.find(known[i]), Contains(static_cast<std::int64_t>(i) + 1));
  }
  const auto unknown = keys(1'000);
  EXPECT_LT(std::ranges::count_if(unknown, [&](auto& key) { return !hints.find(key).empty(); }), 10)
      << "seldom a false one";
}

TEST(KeyHints, FindsNothingAtFirst) { EXPECT_THAT(KeyHints().find(keys(1)[0]), IsEmpty()); }

TEST(KeyHints, KeepsEveryPlaceOfAKeyUpToTheGreatest) {
  KeyHints hints;
  const KeyHints::Key key{1, 2, 3};
  hints.add(key, 1, 0);
  hints.add(key, KeyHints::kSlotMax, 0);
  EXPECT_THAT(hints.find(key), testing::UnorderedElementsAre(1, KeyHints::kSlotMax));
}

TEST(KeyHints, IsFullAtItsLimitUntilSomeAreOld) {
  KeyHints hints;
  std::mt19937_64 random(1);
  const auto next = [&random] {
    KeyHints::Key key{};
    for (std::size_t i = 0; i < 8; ++i) key[i] = static_cast<std::uint8_t>(random());
    return key;
  };
  const KeyHints::Key first = next();
  ASSERT_TRUE(hints.add(first, 1, 0));
  int added = 1;
  while (hints.add(next(), 2, 0)) ASSERT_LT(++added, 1 << 22);
  EXPECT_GT(added, 3'000'000);
  EXPECT_THAT(hints.find(first), Contains(1));
  EXPECT_FALSE(hints.add(next(), 3, 0));
  const KeyHints::Key last = next();
  EXPECT_TRUE(hints.add(last, 1'000'000, 999'999));
  EXPECT_THAT(hints.find(last), Contains(1'000'000));
  EXPECT_THAT(hints.find(first), IsEmpty());
}

}  // namespace
}  // namespace orderflow::sqlite
