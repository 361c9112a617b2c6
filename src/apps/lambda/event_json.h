#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

// Reading the events of AWS services, which are JSON. A member that is null or of another kind than
// expected counts as absent.
namespace orderflow::lambda {

/// null where the text is not JSON.
[[nodiscard]] boost::json::value parse_event(std::string_view text);

/// A member of an object, or null.
[[nodiscard]] const boost::json::value& member(const boost::json::value& object,
                                               std::string_view name);
[[nodiscard]] std::optional<std::string_view> text_member(const boost::json::value& object,
                                                          std::string_view name);
[[nodiscard]] std::optional<std::string_view> text_of(const boost::json::value& value);

}  // namespace orderflow::lambda
