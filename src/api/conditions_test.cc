#include "api/conditions.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

bool holds(std::vector<std::string_view> if_match, std::vector<std::string_view> if_none_match,
           const std::optional<std::string>& etag) {
  HttpRequest request;
  request.if_match = std::move(if_match);
  request.if_none_match = std::move(if_none_match);
  return conditions_hold(request, etag);
}

TEST(Conditions, OfIfMatchHoldForAListedTag) {
  for (const char* list : {"*", R"("6")", R"("5", "6")", R"(,"6",)"}) {
    EXPECT_TRUE(holds({list}, {}, R"("6")")) << list;
    EXPECT_FALSE(holds({list}, {}, std::nullopt)) << list;
  }
  for (const char* list : {"", "6", R"("66")", R"(W/"6")", R"("5", "7")", R"("5,"6"")"}) {
    EXPECT_FALSE(holds({list}, {}, R"("6")")) << list;
  }
  EXPECT_TRUE(holds({R"("5")", R"("6")"}, {}, R"("6")"));
}

TEST(Conditions, OfIfNoneMatchHoldForATagThatIsNotListed) {
  for (const char* list : {"*", R"("6")", R"(W/"6")", R"("5", "6")"}) {
    EXPECT_FALSE(holds({}, {list}, R"("6")")) << list;
    EXPECT_TRUE(holds({}, {list}, std::nullopt)) << list;
  }
  for (const char* list : {"", R"("66")", R"("5")"}) {
    EXPECT_TRUE(holds({}, {list}, R"("6")")) << list;
  }
}

TEST(Conditions, HoldTogetherOrNotAtAll) {
  EXPECT_TRUE(holds({"*"}, {R"("5")"}, R"("6")"));
  EXPECT_FALSE(holds({"*"}, {"*"}, R"("6")"));
  EXPECT_TRUE(holds({}, {}, std::nullopt));
}

}  // namespace
}  // namespace orderflow
