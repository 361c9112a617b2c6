#include "api/problem.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"

namespace orderflow {
namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

struct Kind {
  Problem problem;
  int status;
  std::string_view code;
  std::string_view title;
};

constexpr std::array<Kind, kProblemCount> kKinds{{
    {Problem::InvalidTarget, 400, "invalid_target", "The request target is malformed"},
    {Problem::InvalidParameter, 400, "invalid_parameter", "A query parameter is not acceptable"},
    {Problem::InvalidJson, 400, "invalid_json", "The body is not a JSON object"},
    {Problem::InvalidIdempotencyKey, 400, "invalid_idempotency_key",
     "The Idempotency-Key is not acceptable"},
    {Problem::UnexpectedBody, 400, "unexpected_body", "This request takes no body"},
    {Problem::Unauthorized, 401, "unauthorized", "The admin token is missing or wrong"},
    {Problem::NotFound, 404, "not_found", "There is nothing here"},
    {Problem::MethodNotAllowed, 405, "method_not_allowed", "This resource has no such method"},
    {Problem::Conflict, 409, "conflict", "The present state does not allow it"},
    {Problem::UnsupportedMediaType, 415, "unsupported_media_type",
     "The body must be JSON in UTF-8"},
    {Problem::InvalidValue, 422, "invalid_value",
     "The request holds values that are not acceptable"},
    {Problem::PriceMismatch, 422, "price_mismatch", "The price is not the catalogue's"},
    {Problem::UnknownSku, 422, "unknown_sku", "The catalogue does not know this SKU"},
    {Problem::IdempotencyKeyReused, 422, "idempotency_key_reused",
     "The Idempotency-Key was used for another request"},
    {Problem::Internal, 500, "internal_error", "Something is wrong on our side"},
    {Problem::Unavailable, 503, "unavailable", "The service can not do this now"},
    {Problem::StorageFull, 503, "storage_full", "Nothing can be stored now"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].problem != static_cast<Problem>(i)) return false;
  }
  return true;
}
static_assert(in_order());

const Kind& kind_of(Problem problem) { return kKinds[static_cast<std::size_t>(problem)]; }

HttpResponse respond(Problem problem, std::string_view detail,
                     std::span<const Violation> violations) {
  const Kind& kind = kind_of(problem);
  HttpResponse response;
  response.status = kind.status;
  response.content_type = "application/problem+json";
  JsonWriter json(response.body);
  json.begin_object()
      .member("type", "urn:orderflow:problem:" + std::string(kind.code))
      .member("title", kind.title)
      .member("status", kind.status)
      .member("detail", detail)
      .member("code", kind.code);
  if (!violations.empty()) {
    json.key("errors").begin_array();
    for (const Violation& violation : violations) {
      json.begin_object()
          .member("pointer", violation.pointer)
          .member("detail", violation.detail)
          .end_object();
    }
    json.end_array();
  }
  json.end_object();
  if (kind.status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

/// An error's detail is half a sentence; a problem's stands alone.
std::string as_sentence(std::string text) {
  if (text.empty()) return text;
  if (text.front() >= 'a' && text.front() <= 'z') text.front() += 'A' - 'a';
  if (!text.ends_with('.')) text += '.';
  return text;
}

Problem problem_of(std::span<const Violation> violations) {
  const std::string_view code = violations.front().code;
  const bool agree = std::ranges::all_of(
      violations, [code](const Violation& violation) { return violation.code == code; });
  if (agree && code == code_of(Problem::PriceMismatch)) return Problem::PriceMismatch;
  if (agree && code == code_of(Problem::UnknownSku)) return Problem::UnknownSku;
  return Problem::InvalidValue;
}

}  // namespace

int http_status(Problem problem) { return kind_of(problem).status; }

std::string_view code_of(Problem problem) { return kind_of(problem).code; }

Problem problem_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return Problem::InvalidParameter;
    case ErrorCode::NotFound:
      return Problem::NotFound;
    case ErrorCode::Conflict:
    case ErrorCode::IllegalTransition:
      return Problem::Conflict;
    case ErrorCode::Timeout:
    case ErrorCode::Throttled:
    case ErrorCode::Unavailable:
      return Problem::Unavailable;
    case ErrorCode::StorageFull:
      return Problem::StorageFull;
    case ErrorCode::Corrupt:
      return Problem::Internal;
  }
  return Problem::Internal;
}

HttpResponse problem_response(Problem problem, std::string_view detail) {
  return respond(problem, detail, {});
}

HttpResponse problem_response(const Error& error) {
  const Problem problem = problem_of(error.code);
  if (http_status(problem) < 500) return respond(problem, as_sentence(error.detail), {});
  HttpResponse response =
      respond(problem,
              problem == Problem::Internal ? "The error is in the service's log."
                                           : "Nothing is lost; send the same request again later.",
              {});
  response.fault = error.detail;
  return response;
}

HttpResponse problem_response(std::span<const Violation> violations) {
  const std::size_t count = violations.size();
  return respond(problem_of(violations),
                 count == 1 ? "1 value is not acceptable; `errors` says which and why."
                            : std::to_string(count) +
                                  " values are not acceptable; `errors` says which and why.",
                 violations);
}

}  // namespace orderflow
