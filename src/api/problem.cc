#include "api/problem.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"

namespace orderflow {
namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

struct ProblemKind {
  Problem problem;
  int status;
  std::string_view code;
  std::string_view title;
};

constexpr std::array<ProblemKind, kProblemCount> kKinds{{
    {Problem::InvalidTarget, 400, "invalid_target", "The request target is invalid"},
    {Problem::InvalidParameter, 400, "invalid_parameter", "A query parameter is invalid"},
    {Problem::InvalidJson, 400, "invalid_json", "The body is not a JSON object"},
    {Problem::InvalidIdempotencyKey, 400, "invalid_idempotency_key",
     "The Idempotency-Key is invalid"},
    {Problem::UnexpectedBody, 400, "unexpected_body", "This request takes no body"},
    {Problem::Unauthorized, 401, "unauthorized", "The admin token is missing or wrong"},
    {Problem::NotFound, 404, "not_found", "Not found"},
    {Problem::MethodNotAllowed, 405, "method_not_allowed",
     "This resource does not have this method"},
    {Problem::Conflict, 409, "conflict", "The current state does not allow this"},
    {Problem::PreconditionFailed, 412, "precondition_failed",
     "The resource is not as the request demands"},
    {Problem::UnsupportedMediaType, 415, "unsupported_media_type",
     "The body must be JSON in UTF-8"},
    {Problem::MisdirectedRequest, 421, "misdirected_request",
     "The service does not have this host name"},
    {Problem::InvalidValue, 422, "invalid_value", "The request has invalid values"},
    {Problem::PriceMismatch, 422, "price_mismatch", "The price differs from the catalogue"},
    {Problem::UnknownSku, 422, "unknown_sku", "The catalogue does not have this SKU"},
    {Problem::IdempotencyKeyReused, 422, "idempotency_key_reused",
     "The Idempotency-Key was used for another request"},
    {Problem::Internal, 500, "internal_error", "Internal error"},
    {Problem::Unavailable, 503, "unavailable", "The service cannot do this now"},
    {Problem::StorageFull, 503, "storage_full", "The storage is full"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].problem != static_cast<Problem>(i)) return false;
  }
  return true;
}
static_assert(in_order());

const ProblemKind& kind_of(Problem problem) { return kKinds[static_cast<std::size_t>(problem)]; }

std::string errors_json(std::span<const FieldError> errors) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const FieldError& error : errors) {
    json.begin_object()
        .member("pointer", error.pointer)
        .member("detail", error.detail)
        .end_object();
  }
  json.end_array();
  return out;
}

/// The detail of an error is half a sentence, that of a problem a whole one.
std::string as_sentence(std::string text) {
  if (text.empty()) return text;
  if (text.front() >= 'a' && text.front() <= 'z') text.front() += 'A' - 'a';
  if (!text.ends_with('.')) text += '.';
  return text;
}

Problem problem_of(std::span<const FieldError> errors) {
  const std::string_view code = errors.front().code;
  const bool agree =
      std::ranges::all_of(errors, [code](const FieldError& error) { return error.code == code; });
  if (agree && code == kind_of(Problem::PriceMismatch).code) return Problem::PriceMismatch;
  if (agree && code == kind_of(Problem::UnknownSku).code) return Problem::UnknownSku;
  return Problem::InvalidValue;
}

/// The one place that maps operational failures to HTTP.
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
    case ErrorCode::Refused:
      return Problem::Internal;
  }
  return Problem::Internal;
}

}  // namespace

HttpResponse problem_response(Problem problem, std::string_view detail,
                              std::string_view errors_json) {
  const ProblemKind& kind = kind_of(problem);
  auto response = problem_response({kind.status, kind.code, kind.title, detail}, errors_json);
  if (kind.status == 503) response.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return response;
}

HttpResponse problem_response(const Error& error) {
  const Problem problem = problem_of(error.code);
  if (kind_of(problem).status < 500) return problem_response(problem, as_sentence(error.detail));
  HttpResponse response =
      problem_response(problem, problem == Problem::Internal
                                    ? "The error is in the service's log."
                                    : "Nothing is lost; send the same request again later.");
  response.error_detail = error.detail;
  return response;
}

HttpResponse problem_response(std::span<const FieldError> errors) {
  const std::string count =
      errors.size() == 1 ? "1 value is" : std::to_string(errors.size()) + " values are";
  return problem_response(problem_of(errors), count + " invalid; `errors` lists where and why.",
                          errors_json(errors));
}

}  // namespace orderflow
