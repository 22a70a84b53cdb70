#include "net/credentials_file.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace objectstore {

Result<CredentialsFile> CredentialsFile::parse(std::string path, std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return Error(ErrorCode::invalid_argument, "credentials file " + path + " is no JSON object");
  }
  return CredentialsFile(std::move(path), std::make_shared<const nlohmann::json>(std::move(json)));
}

const nlohmann::json* CredentialsFile::find(std::string_view member) const {
  const nlohmann::json* value = json_.get();
  while (!member.empty()) {
    if (!value->is_object()) return nullptr;
    const auto name = member.substr(0, member.find('.'));
    const auto found = value->find(std::string(name));
    if (found == value->end()) return nullptr;
    value = &*found;
    member.remove_prefix(std::min(member.size(), name.size() + 1));
  }
  return value;
}

Error CredentialsFile::bad(std::string_view member, std::string_view what) const {
  std::string message("member ");
  message.append(member).append(" of credentials file ").append(path_).append(" ").append(what);
  return Error(ErrorCode::invalid_argument, std::move(message));
}

bool CredentialsFile::has(std::string_view member) const {
  return find(member) != nullptr;
}

Result<std::string> CredentialsFile::text(std::string_view member) const {
  const auto* value = find(member);
  if (value == nullptr) return bad(member, "is missing");
  if (!value->is_string()) return bad(member, "is no string");
  auto text = value->get<std::string>();
  if (text.empty()) return bad(member, "is empty");
  return text;
}

Result<std::string> CredentialsFile::text_or(std::string_view member, std::string absent) const {
  if (!has(member)) return absent;
  return text(member);
}

Result<std::string> CredentialsFile::url(std::string_view member) const {
  TRY_ASSIGN(auto url, text(member));
  if (!may_carry_secrets(url)) return bad(member, "is no https:// URL");
  return url;
}

Result<std::string> CredentialsFile::url_or(std::string_view member, std::string absent) const {
  if (!has(member)) return absent;
  return url(member);
}

Result<std::int64_t> CredentialsFile::number_or(std::string_view member,
                                                std::int64_t absent) const {
  const auto* value = find(member);
  if (value == nullptr) return absent;
  if (!value->is_number_integer()) return bad(member, "is no whole number");
  return value->get<std::int64_t>();
}

bool may_carry_secrets(std::string_view url) {
  const auto origin = origin_of(url);
  if (origin.starts_with("https://")) return origin != "https://";
  for (const std::string_view local : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!origin.starts_with(local)) continue;
    const auto rest = std::string_view(origin).substr(local.size());
    if (rest.empty() || rest.front() == ':') return true;
  }
  return false;
}

std::string origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto host = scheme + 3;
  const auto end = std::min(url.find_first_of("/?#\\", host), url.size());
  if (url.substr(host, end - host).find('@') != std::string_view::npos) return {};
  return std::string(url.substr(0, end));
}

}  // namespace objectstore
