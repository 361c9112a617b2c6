#include "proof/disk/disk_shop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace orderflow::world {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class DiskShopTest : public testing::Test {
 protected:
  /// What is found wrong when the shop is opened on this.
  std::vector<std::string> found_on(const Image& image) {
    disk_.start(image);
    Memory memory = memory_;
    Findings findings;
    DiskShop shop(disk_, folder_.path(), memory, findings);
    shop.inspect();
    return findings.violations;
  }

  TemporaryFolder folder_;
  LyingDisk disk_{"simulated.db"};
  Memory memory_;
  Findings findings_;
};

TEST_F(DiskShopTest, MissesWhatWasAnsweredReceivedAndShown) {
  Image without_stock;
  Image without_order;
  Image without_step;
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    without_stock = disk_.surviving(Survival::All, 0);
    shop.put("pear", 5);
    without_order = disk_.surviving(Survival::All, 0);
    const auto request = shop.order({.sku = "pear"});
    without_step = disk_.surviving(Survival::All, 0);
    shop.work_until(request, Status::Reserved);
    shop.cancel(request);
    shop.work();
  }
  const Image all = disk_.surviving(Survival::None, 0);
  EXPECT_THAT(found_on(all), IsEmpty());
  EXPECT_THAT(found_on(without_stock), Contains(HasSubstr("5 of pear")));
  EXPECT_THAT(found_on(without_order), Contains(HasSubstr("was answered and is gone")));
  EXPECT_THAT(found_on(without_step), Contains(HasSubstr("is another history")));
}

TEST_F(DiskShopTest, AFullDiskRefusesOrdersShowsThemAndGoesOnOnceThereIsRoom) {
  DiskShop shop(disk_, folder_.path(), memory_, findings_);
  shop.put("pear", 5);
  shop.order({.sku = "pear"});
  disk_.fail_at(1, DiskFault::StaysFull);
  shop.order({.sku = "pear"});
  EXPECT_TRUE(disk_.failed());
  EXPECT_FALSE(disk_.full());
  EXPECT_EQ(memory_.requests.size(), 3u);  // one was refused
  EXPECT_EQ(memory_.shown.size(), 2u);
  shop.finish();
  shop.inspect();
  EXPECT_THAT(findings_.violations, IsEmpty());
}

/// What the dead process had written and not synced is synced before it is read.
TEST_F(DiskShopTest, NobodyIsShownWhatADeadProcessLeftForAPowerCutToTake) {
  std::int64_t last_write = 0;
  const auto order = [&] {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.put("pear", 5);
    shop.order({.sku = "pear"});
    last_write = std::ssize(disk_.steps()) - 1;
    EXPECT_EQ(disk_.steps().back(), DiskStep::Sync);
  };
  order();
  memory_ = Memory();
  disk_.start(Image());
  disk_.fail_at(last_write + 1, DiskFault::Stop);  // the order is written and not synced
  EXPECT_THROW(order(), Stopped);
  disk_.start(disk_.cached());
  Image left;
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.inspect();
    EXPECT_EQ(memory_.shown.size(), 1u);
    left = disk_.surviving(Survival::None, 0);
    disk_.stop();
  }
  EXPECT_THAT(found_on(left), IsEmpty());
}

}  // namespace
}  // namespace orderflow::world
