#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderflow {

/// The target of a request, split and percent-decoded (RFC 3986). A dot segment is a name like any
/// other, never followed: "/orders/../admin" has three segments. '+' stands for itself, in the
/// query as well.
class Target {
 public:
  static constexpr std::size_t kSegmentsMax = 4;  ///< more than any route has

  Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  /// Reads "/a/b?x=y", which must outlive this. False where it is not an absolute path, where an
  /// escape is malformed, and where the decoded text holds NUL or is not UTF-8.
  [[nodiscard]] bool parse(std::string_view target);

  /// How many segments the path has, those beyond kSegmentsMax included.
  [[nodiscard]] std::size_t segment_count() const { return segment_count_; }
  [[nodiscard]] std::string_view segment(std::size_t i) const { return segments_[i]; }

  using Parameter = std::pair<std::string_view, std::string_view>;
  [[nodiscard]] const std::vector<Parameter>& query() const { return query_; }
  /// nullopt where it was not sent.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;

 private:
  std::optional<std::string_view> decode(std::string_view text);
  bool parse_path(std::string_view path);
  bool parse_query(std::string_view query);

  std::array<std::string_view, kSegmentsMax> segments_;
  std::size_t segment_count_ = 0;
  std::vector<Parameter> query_;
  std::string decoded_;  ///< parts that had escapes; reserved once, so that views stay valid
};

}  // namespace orderflow
