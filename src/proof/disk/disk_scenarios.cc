#include "proof/disk/disk_scenarios.h"

namespace orderflow::world {
namespace {

void first_start(DiskShop& shop) {
  shop.put("pear", 5);
  shop.order({.sku = "pear"});
  shop.work();
}

/// The log is copied into the database in the middle, so the second order's commits go over the
/// old ones in it.
void ships(DiskShop& shop) {
  shop.order({.sku = "pear", .quantity = 2});
  shop.work();
  shop.checkpoint();
  shop.order({.sku = "pear"});
  shop.work();
}

DiskScript orders(Wish wish) {
  return [wish](DiskShop& shop) {
    shop.order(wish);
    shop.work();
  };
}

DiskScript cancels_at(Status status) {
  return [status](DiskShop& shop) {
    const auto request = shop.order({.sku = "pear"});
    shop.work_until(request, status);
    shop.cancel(request);
    shop.work();
  };
}

void two_for_one_piece(DiskShop& shop) {
  const auto first = shop.order({.sku = "fig"});
  const auto second = shop.order({.sku = "fig"});
  shop.work_until(first, Status::Authorized);
  shop.work_until(second, Status::Authorized);
  shop.race();
  shop.work();
}

/// In the same group for the disk, where the threads will have it so.
void in_a_hurry(DiskShop& shop) {
  shop.order({.sku = "pear"});
  shop.order({.sku = "pear", .quantity = 2});
  shop.race();
  shop.hurry();
}

void asked_again(DiskShop& shop) {
  const auto request = shop.order({.sku = "pear", .with_key = true});
  shop.order_again(request);
  shop.work();
  shop.order_again(request);
}

void restarted(DiskShop& shop) {
  const auto request = shop.order({.sku = "pear", .with_key = true});
  shop.work_until(request, Status::Authorized);
  shop.restart();
  shop.order_again(request);
  shop.work();
}

}  // namespace

const std::vector<DiskScenario>& disk_scenarios() {
  static const std::vector<DiskScenario> kScenarios = {
      {"first-start", {}, first_start},
      {"ships", {{"pear", 5}}, ships},
      {"is-declined",
       {{"pear", 5}},
       orders({.sku = "pear", .payment_method = "pm_card_chargeDeclined"})},
      {"capture-is-declined",
       {{"pear", 5}},
       orders({.sku = "pear", .payment_method = "pm_sim_capture_declined"})},
      {"payment-times-out",
       {{"pear", 5}},
       orders({.sku = "pear", .payment_method = "pm_sim_unknown_after"})},
      {"is-sold-out", {{"pear", 5}}, orders({.sku = "pear", .quantity = 6})},
      {"cancelled-when-pending", {{"pear", 5}}, cancels_at(Status::Pending)},
      {"cancelled-when-reserved", {{"pear", 5}}, cancels_at(Status::Reserved)},
      {"two-for-one-piece", {{"fig", 1}}, two_for_one_piece, false},
      {"in-a-hurry", {{"pear", 5}}, in_a_hurry, false},
      {"asked-again", {{"pear", 5}}, asked_again},
      {"restarted", {{"pear", 5}}, restarted},
  };
  return kScenarios;
}

}  // namespace orderflow::world
