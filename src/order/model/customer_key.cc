#include "order/model/customer_key.h"

namespace orderflow {
namespace {

std::string lower_case_from(std::string_view text, std::size_t begin) {
  std::string lower(text);
  for (std::size_t i = begin; i < lower.size(); ++i) {
    if (lower[i] >= 'A' && lower[i] <= 'Z') lower[i] += 'a' - 'A';
  }
  return lower;
}

}  // namespace

std::string customer_key(std::string_view email) { return lower_case_from(email, 0); }

std::string mailbox_key(std::string_view email) {
  const std::size_t at = email.rfind('@');
  return lower_case_from(email, at == std::string_view::npos ? email.size() : at);
}

}  // namespace orderflow
