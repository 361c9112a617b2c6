#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

// Reading the answers and the events of AWS services, which are JSON. A member that is null or of
// another kind than expected counts as absent.
namespace orderflow {

/// null where the text is not JSON.
[[nodiscard]] boost::json::value parse_json(std::string_view text);

/// A member of an object, or null.
[[nodiscard]] const boost::json::value& member(const boost::json::value& object,
                                               std::string_view name);
/// The elements of a member; none where it is not an array.
[[nodiscard]] const boost::json::array& array_member(const boost::json::value& object,
                                                     std::string_view name);
[[nodiscard]] std::optional<std::string_view> text_of(const boost::json::value& value);
[[nodiscard]] std::optional<std::string_view> text_member(const boost::json::value& object,
                                                          std::string_view name);
/// An integer that travels as text: {"N":"3"}.
[[nodiscard]] std::optional<std::int64_t> number_member(const boost::json::value& object,
                                                        std::string_view name);

}  // namespace orderflow
