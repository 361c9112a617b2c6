#include "adapters/dynamodb/archive/sorted_spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace orderflow::dynamodb {
namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

Records records_of(SortedSpool& spool) {
  Records records;
  EXPECT_TRUE(spool.each([&](std::string_view key, std::string_view record) -> Result<void> {
    records.emplace_back(key, record);
    return {};
  }));
  return records;
}

/// Records of all sizes, in no order, and many with equal keys.
Records random_records() {
  std::mt19937 random(7);
  Records records;
  for (int i = 0; i < 3'000; ++i) {
    const std::size_t size = random() % 100 == 0 ? 200'000 : random() % 300;
    records.emplace_back(std::to_string(random() % 1'000),
                         std::to_string(i) + std::string(size, '\0'));
  }
  return records;
}

TEST(SortedSpool, SortsWhatFitsIntoMemoryAndWhatDoesNot) {
  const Records records = random_records();
  Records sorted = records;
  std::ranges::stable_sort(sorted, {}, &Records::value_type::first);
  for (const std::size_t memory : {SortedSpool::kMemoryMax, std::size_t{300'000}}) {
    SortedSpool spool(memory);
    for (const auto& [key, record] : records) ASSERT_TRUE(spool.add(key, record));
    EXPECT_TRUE(records_of(spool) == sorted) << memory;
    EXPECT_TRUE(records_of(spool) == sorted) << "once more";
    ASSERT_TRUE(spool.add("", "first"));
    EXPECT_EQ(records_of(spool).front().second, "first");
    spool.clear();
    EXPECT_TRUE(records_of(spool).empty());
    ASSERT_TRUE(spool.add("a", "b"));
    EXPECT_EQ(records_of(spool), (Records{{"a", "b"}}));
  }
}

TEST(SortedSpool, EndsWithTheErrorOfTheVisitor) {
  for (const std::size_t memory : {SortedSpool::kMemoryMax, std::size_t{1}}) {
    SortedSpool spool(memory);
    ASSERT_TRUE(spool.add("a", ""));
    ASSERT_TRUE(spool.add("b", ""));
    int visits = 0;
    const auto ended = spool.each([&](std::string_view, std::string_view) -> Result<void> {
      ++visits;
      return failure(ErrorCode::Conflict, "enough");
    });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::Conflict);
    EXPECT_EQ(visits, 1);
  }
}

}  // namespace
}  // namespace orderflow::dynamodb
