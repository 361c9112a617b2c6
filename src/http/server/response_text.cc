#include "http/server/response_text.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>

#include "base/json_writer.h"
#include "http/problem_details.h"

namespace orderflow {
namespace {

std::string_view reason_phrase(int status) {
  return boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

void append_response(std::string& out, const HttpResponse& response, const Envelope& envelope) {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\nDate: ";
  } else {
    out += "HTTP/1.1 ";
    append_integer(out, response.status);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\nDate: ";
  }
  out += envelope.date;
  out += "\r\n";
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  if (!response.cache_control.empty()) append_header(out, "Cache-Control", response.cache_control);
  out += "Content-Length: ";
  append_integer(out, static_cast<std::int64_t>(response.body.size()));
  out += "\r\nX-Request-Id: ";
  out += envelope.request_id;
  out += "\r\n";
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (envelope.close) {
    out += "Connection: close\r\n";
  } else if (envelope.keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!envelope.head_only) out += response.body;
}

HttpResponse http_problem_response(const HttpProblem& problem) {
  return problem_response(
      {problem.status, problem.code, reason_phrase(problem.status), problem.detail});
}

std::string format_http_date(std::chrono::sys_seconds at) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays[std::chrono::weekday{day}.c_encoding()], unsigned{date.day()},
                     kMonths[unsigned{date.month()} - 1], int{date.year()}, time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

}  // namespace orderflow
