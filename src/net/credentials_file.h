// The JSON file that credentials are in, read strictly: errors name file and member, never content.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace objectstore {

// All errors of it are invalid_argument.
class CredentialsFile {
 public:
  [[nodiscard]] static Result<CredentialsFile> parse(std::string path, std::string_view text);

  [[nodiscard]] const std::string& path() const { return path_; }

  // Members of objects within are named with dots: "credential_source.file".
  [[nodiscard]] bool has(std::string_view member) const;
  // A string that is not empty.
  [[nodiscard]] Result<std::string> text(std::string_view member) const;
  [[nodiscard]] Result<std::string> text_or(std::string_view member, std::string absent) const;
  // An https:// URL; http:// only to this machine, for secrets are sent there.
  [[nodiscard]] Result<std::string> url(std::string_view member) const;
  [[nodiscard]] Result<std::string> url_or(std::string_view member, std::string absent) const;
  [[nodiscard]] Result<std::int64_t> number_or(std::string_view member, std::int64_t absent) const;

  // "member private_key of credentials file /x " + what
  [[nodiscard]] Error bad(std::string_view member, std::string_view what) const;

 private:
  CredentialsFile(std::string path, std::shared_ptr<const nlohmann::json> json)
      : path_(std::move(path)), json_(std::move(json)) {}
  [[nodiscard]] const nlohmann::json* find(std::string_view member) const;

  std::string path_;
  std::shared_ptr<const nlohmann::json> json_;
};

// An https:// URL, or an http:// one to this machine.
[[nodiscard]] bool may_carry_secrets(std::string_view url);

// Scheme and host of a URL: what may be shown of it.
[[nodiscard]] std::string origin_of(std::string_view url);

}  // namespace objectstore
