#pragma once

#include <string>
#include <string_view>

namespace orderflow {

/// What lists by customer compare: the e-mail with A-Z as a-z. In the domain the case never means
/// anything (RFC 5321, 2.4); in front of it hardly any mailbox knows a difference, and a person who
/// searches means the same customer.
[[nodiscard]] std::string customer_key(std::string_view email);

/// The e-mail with the domain alone in lower case: two spellings of it are one mailbox for certain.
[[nodiscard]] std::string mailbox_key(std::string_view email);

}  // namespace orderflow
