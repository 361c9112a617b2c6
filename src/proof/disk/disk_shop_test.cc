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
    findings_.violations.clear();
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.inspect();
    return findings_.violations;
  }

  TemporaryFolder folder_;
  LyingDisk disk_{"simulated.db"};
  Memory memory_;
  Findings findings_;
};

TEST_F(DiskShopTest, CarriesOrdersToTheirEndAndFindsNothingWrong) {
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.put("pear", 2);
    shop.order({.sku = "pear", .quantity = 2});
    const auto declined =
        shop.order({.sku = "pear", .payment_method = "pm_card_chargeDeclined", .with_key = true});
    shop.order_again(declined);
    shop.finish();
    shop.inspect();
  }
  EXPECT_THAT(findings_.violations, IsEmpty());
  ASSERT_EQ(memory_.shown.size(), 2u);
  EXPECT_EQ(memory_.shown.begin()->second->state.status, Status::Shipped);
  EXPECT_EQ(memory_.shown.rbegin()->second->state.status, Status::PaymentDeclined);
  EXPECT_THAT(found_on(disk_.surviving(Survival::None, 0)), IsEmpty());
}

TEST_F(DiskShopTest, MissesWhatWasAnswered) {
  Image before;
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.put("pear", 5);
    before = disk_.surviving(Survival::All, 0);
    shop.order({.sku = "pear"});
  }
  EXPECT_THAT(found_on(before), Contains(HasSubstr("was answered and is gone")));
}

TEST_F(DiskShopTest, MissesStockThatWasReceived) {
  Image before;
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    before = disk_.surviving(Survival::All, 0);
    shop.put("pear", 5);
  }
  EXPECT_THAT(found_on(before), Contains(HasSubstr("5 of pear")));
}

TEST_F(DiskShopTest, MissesAStepThatWasShown) {
  Image before;
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.put("pear", 5);
    const auto request = shop.order({.sku = "pear"});
    before = disk_.surviving(Survival::All, 0);
    shop.work_until(request, Status::Reserved);
    shop.cancel(request);
    shop.work();
  }
  EXPECT_THAT(found_on(before), Contains(HasSubstr("is another history")));
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

TEST_F(DiskShopTest, NobodyIsShownWhatADeadProcessLeftForAPowerCutToTake) {
  std::int64_t last_write = 0;
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.put("pear", 5);
    shop.order({.sku = "pear"});
    last_write = std::ssize(disk_.steps()) - 1;
    EXPECT_EQ(disk_.steps().back(), DiskStep::Sync);
  }
  memory_ = Memory();
  disk_.start(Image());
  disk_.fail_at(last_write + 1, DiskFault::Stop);  // the order is written and not synced
  {
    DiskShop shop(disk_, folder_.path(), memory_, findings_);
    shop.put("pear", 5);
    EXPECT_THROW(shop.order({.sku = "pear"}), Stopped);
  }
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

TEST_F(DiskShopTest, NothingIsAnsweredAfterAStop) {
  DiskShop shop(disk_, folder_.path(), memory_, findings_);
  shop.put("pear", 5);
  disk_.stop();
  EXPECT_THROW(shop.order({.sku = "pear"}), Stopped);
  EXPECT_THAT(memory_.shown, IsEmpty());
}

}  // namespace
}  // namespace orderflow::world
