#include "http/list_header.h"

#include <gmock/gmock.h>

namespace orderflow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ListHeader, SeparatesElements) {
  EXPECT_THAT(list_elements(""), IsEmpty());
  EXPECT_THAT(list_elements(" , \t,"), IsEmpty());
  EXPECT_THAT(list_elements("a"), ElementsAre("a"));
  EXPECT_THAT(list_elements(" a,b ,, c d\t"), ElementsAre("a", "b", "c d"));
  EXPECT_THAT(list_elements(R"("a,b", W/"c")"), ElementsAre(R"("a,b")", R"(W/"c")"));
  EXPECT_THAT(list_elements(R"("a,b)"), ElementsAre(R"("a,b)"));
}

TEST(ListHeader, KnowsListsOfOneElementOnly) {
  for (const char* list : {"", ",", "identity", "Identity, IDENTITY,"}) {
    EXPECT_TRUE(lists_only(list, "identity")) << list;
  }
  for (const char* list : {"gzip", "identity, gzip", "identityx", "\"identity\""}) {
    EXPECT_FALSE(lists_only(list, "identity")) << list;
  }
}

}  // namespace
}  // namespace orderflow
