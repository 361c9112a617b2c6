#include "proof/world/fault.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace orderflow::world {
namespace {

constexpr std::array<std::string_view, kPointCount> kPoints = {"create",       "find",
                                                               "load",         "commit",
                                                               "list",         "overdue",
                                                               "parked",       "catalogue",
                                                               "get-product",  "put-product",
                                                               "adjust-stock", "nudge",
                                                               "authorize",    "capture",
                                                               "void",         "look-up-payment",
                                                               "ship",         "look-up-shipment",
                                                               "receive",      "request",
                                                               "respond",      "tick",
                                                               "load-recent",  "catalogue-recent",
                                                               "open-orders"};

constexpr std::array<std::string_view, kFaultCount> kFaults = {"fail-before",
                                                               "fail-after",
                                                               "hang-before",
                                                               "hang-after",
                                                               "throttle",
                                                               "stale-read",
                                                               "conflict",
                                                               "crash-before",
                                                               "crash-after",
                                                               "slow",
                                                               "late",
                                                               "decline",
                                                               "stored-error",
                                                               "forget-keys",
                                                               "message-lost",
                                                               "message-doubled",
                                                               "message-delayed",
                                                               "message-to-two",
                                                               "message-poisoned",
                                                               "message-newer",
                                                               "clock-forward",
                                                               "clock-back",
                                                               "group-lost",
                                                               "answer-lost",
                                                               "client-twice",
                                                               "client-gone"};

template <typename Enum, std::size_t count>
std::optional<Enum> named(const std::array<std::string_view, count>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string_view to_string(Point point) { return kPoints.at(static_cast<std::size_t>(point)); }
std::string_view to_string(Fault fault) { return kFaults.at(static_cast<std::size_t>(fault)); }

std::optional<Fault> fault_from_string(std::string_view name) {
  return named<Fault>(kFaults, name);
}

std::string to_string(const Site& site) {
  const std::string order = site.order == kNoOrder ? "-" : std::to_string(site.order);
  return std::string(to_string(site.point)) + ':' + order + ':' + std::to_string(site.nth);
}

std::optional<Site> site_from_string(std::string_view text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto point = named<Point>(kPoints, text.substr(0, first));
  const std::string_view order_text = text.substr(first + 1, last - first - 1);
  const auto order = order_text == "-" ? kNoOrder : number_of(order_text);
  const auto nth = number_of(text.substr(last + 1));
  if (!point || !order || !nth) return std::nullopt;
  return Site{*point, *order, *nth};
}

std::string to_string(const FaultAt& fault) {
  return std::string(to_string(fault.fault)) + '@' + to_string(fault.site);
}

std::optional<FaultAt> fault_at_from_string(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto fault = fault_from_string(text.substr(0, at));
  const auto site = site_from_string(text.substr(at + 1));
  if (!fault || !site) return std::nullopt;
  return FaultAt{*site, *fault};
}

}  // namespace orderflow::world
