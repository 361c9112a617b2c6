#include "http/problem_details.h"

#include "base/json_writer.h"

namespace orderflow {

HttpResponse problem_response(const ProblemDetails& problem, std::string_view errors_json) {
  HttpResponse response{.status = problem.status, .content_type = "application/problem+json"};
  JsonWriter json(response.body);
  json.begin_object()
      .member("type", "urn:orderflow:problem:" + std::string(problem.code))
      .member("title", problem.title)
      .member("status", problem.status)
      .member("detail", problem.detail)
      .member("code", problem.code);
  if (!errors_json.empty()) json.key("errors").raw(errors_json);
  json.end_object();
  return response;
}

}  // namespace orderflow
