#include "http/response.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

namespace objectstore {

void Response::reset() {
  status = 200;
  framing = Framing::content_length;
  length = 0;
  server_header = true;
  close = false;
  headers.clear();
  text.clear();
  bytes = {};
  stream.reset();
  live.reset();
  first_piece = {};
}

void Response::set_empty(unsigned new_status) {
  reset();
  status = new_status;
}

void Response::set_no_content() {
  set_empty(204);
  framing = Framing::none;
}

void Response::set_text(unsigned new_status, std::string_view body) {
  reset();
  status = new_status;
  headers = "content-type: text/plain; charset=utf-8\r\n";
  text = body;
  length = text.size();
}

void Response::set_json(unsigned new_status, std::string body) {
  reset();
  status = new_status;
  headers = "content-type: application/json\r\n";
  text = std::move(body);
  length = text.size();
}

void Response::add_header(std::string_view name, std::string_view value) {
  // What a store returns may have been written by others.
  const auto bad_in_name = [](char c) { return c <= 0x20 || c >= 0x7f || c == ':'; };
  const auto bad_in_value = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  };
  if (name.empty() || std::any_of(name.begin(), name.end(), bad_in_name) ||
      std::any_of(value.begin(), value.end(), bad_in_value)) {
    return;
  }
  headers.append(name).append(": ").append(value).append("\r\n");
}

void append_response_head(std::string& out, const Response& response, bool http_1_0,
                          std::string_view date) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.{} {} {}\r\n", http_1_0 ? 0 : 1, response.status,
                 reason_phrase(response.status));
  out += response.headers;
  if (response.server_header) out += "server: objectstore/0.1.0\r\n";
  out.append("date: ").append(date).append("\r\n");
  if (!response.request_id.empty()) {
    out.append("x-request-id: ").append(response.request_id).append("\r\n");
  }
  switch (response.framing) {
    case Response::Framing::none:
      break;
    case Response::Framing::content_length:
      fmt::format_to(std::back_inserter(out), "content-length: {}\r\n", response.length);
      break;
    case Response::Framing::chunked:
      if (!http_1_0) out += "transfer-encoding: chunked\r\n";
      break;
  }
  if (response.close) out += "connection: close\r\n";
  out += "\r\n";
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Payload Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

std::string format_http_date(std::int64_t seconds) {
  static constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                           "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using std::chrono::floor;
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace objectstore
