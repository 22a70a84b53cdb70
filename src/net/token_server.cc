#include "net/token_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "net/plain_element.h"

namespace objectstore {

namespace {

constexpr std::size_t longest_answer_bytes = 256 << 10;
constexpr std::size_t longest_shown = 200;
// Parts of a secret that are shorter tell nothing.
constexpr std::size_t telling_length = 12;

bool holds_part(std::string_view text, std::string_view secret) {
  if (secret.empty()) return false;
  const auto size = std::min(secret.size(), telling_length);
  for (std::size_t at = 0; at + size <= secret.size(); ++at) {
    if (text.find(secret.substr(at, size)) != std::string_view::npos) return true;
  }
  return false;
}

bool may_be_shown(std::string_view text, const std::vector<std::string>& secrets) {
  const auto decoded = percent_decode(text);  // a form may come back as it was sent
  return std::none_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    return holds_part(text, secret) || holds_part(decoded, secret);
  });
}

void append_shown(std::string& out, std::string_view text,
                  const std::vector<std::string>& secrets) {
  if (text.empty() || !may_be_shown(text, secrets)) return;
  out += ": ";
  for (const char c : text.substr(0, longest_shown))
    out += c < ' ' || c > '~' ? '?' : c;
}

void append_shown(std::string& out, const nlohmann::json& object, const char* member,
                  const std::vector<std::string>& secrets) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return;
  append_shown(out, found->get_ref<const std::string&>(), secrets);
}

nlohmann::json parse_object(std::string_view body) {
  auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : nlohmann::json::object();
}

}  // namespace

HttpRequest make_form_post(std::string url, FormFields fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    if (!form.empty()) form += '&';
    form += percent_encode(name, percent_plain::form);
    form += '=';
    form += percent_encode(value, percent_plain::form);
  }
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = SharedBytes(std::move(form));
  return request;
}

std::string describe_refusal(int status, std::string_view body,
                             const std::vector<std::string>& secrets) {
  auto text = "status " + std::to_string(status);
  for (const auto* element : {"Code", "Message"})
    append_shown(text, plain_element(body, element).value_or(""), secrets);
  const auto json = parse_object(body);
  append_shown(text, json, "error", secrets);
  append_shown(text, json, "error_description", secrets);
  if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
    append_shown(text, *error, "status", secrets);
    append_shown(text, *error, "message", secrets);
  }
  return text;
}

Task<Result<std::string>> ask_token_server(TokenParts parts, std::string server,
                                           HttpRequest request, std::vector<std::string> secrets) {
  request.deadline = parts.clock.monotonic_now() + parts.timeout;
  request.repeatable = true;  // at worst there is one token more
  auto result = co_await fetch(parts.http, std::move(request), longest_answer_bytes);
  if (auto* failure = std::get_if<HttpFailure>(&result)) {
    co_return std::move(failure->error).wrap(std::move(server));
  }
  auto& reply = *std::get_if<HttpReply>(&result);
  if (reply.status == 200) co_return std::move(reply.body);
  const bool passing = reply.status == 408 || reply.status == 429 || reply.status >= 500;
  co_return Error(passing ? ErrorCode::unavailable : ErrorCode::invalid_argument,
                  server + ": " + describe_refusal(reply.status, reply.body, secrets));
}

bool is_token_text(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Result<AccessToken> parse_token_response(std::string_view body, std::string_view server) {
  const auto bad = [server](const std::string& what) {
    return Error(ErrorCode::unavailable, std::string(server) + ": a response " + what);
  };
  const auto json = parse_object(body);
  const auto token = json.find("access_token");
  if (token == json.end() || !token->is_string()) return bad("without access_token");
  AccessToken result{token->get<std::string>(), Duration()};
  if (!is_token_text(result.value)) return bad("whose access_token is none");
  const auto expiry = json.find("expires_in");
  constexpr std::int64_t longest = 30 * 24 * 3600;
  if (expiry == json.end() || !expiry->is_number_integer()) return bad("without expires_in");
  const auto seconds = expiry->get<std::int64_t>();
  if (seconds <= 0) return bad("whose expires_in is not above zero");
  result.lifetime = std::chrono::seconds(std::min(seconds, longest));
  return result;
}

}  // namespace objectstore
