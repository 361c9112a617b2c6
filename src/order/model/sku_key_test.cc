#include "order/model/sku_key.h"

#include <gtest/gtest.h>

namespace orderflow {
namespace {

TEST(SkuKey, IsOneForAllSpellings) {
  for (const char* spelling : {"mug-blue", "MUG-Blue", " mug-blue\t", "ｍｕｇ－ｂｌｕｅ",
                               "mug-blue\u00a0", "\u3000Mug-Blue", "mu\u00adg-blue"}) {
    EXPECT_EQ(sku_key(spelling), "mug-blue") << spelling;
  }
  EXPECT_EQ(sku_key("STRASSE"), sku_key("Straße"));
  EXPECT_EQ(sku_key("e\u0301"), sku_key("É"));
  EXPECT_EQ(sku_key("ｱ"), sku_key("ア"));
}

TEST(SkuKey, KeepsApartWhatIsAnotherSku) {
  for (const char* other : {"mug-blu", "mug_blue", "mug blue", "mug-blue-1", "müg-blue", ""}) {
    EXPECT_NE(sku_key(other), "mug-blue") << other;
  }
  EXPECT_EQ(sku_key("a b"), "a b");
  EXPECT_EQ(sku_key(" \t"), "");
}

}  // namespace
}  // namespace orderflow
