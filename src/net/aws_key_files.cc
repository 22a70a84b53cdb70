#include "net/aws_key_files.h"

#include <utility>

#include "base/trim.h"
#include "net/aws_keys.h"
#include "net/ini_file.h"
#include "runtime/small_file.h"

namespace objectstore {

namespace {

using Keys = Expiring<AwsCredentials>;

// --- a secret alone

Result<Keys> read_secret(const std::string& access_key_id, const std::string& path) {
  const auto file = "secret file " + path;
  TRY_ASSIGN(const auto text, read_small_file(path));
  if (!text) return Error(ErrorCode::io, file + " does not exist");
  AwsCredentials keys{access_key_id, std::string(trimmed(*text)), std::string()};
  return lasting_keys(std::move(keys), file);
}

class SecretFile final : public AwsCredentialsFetcher {
 public:
  SecretFile(std::string access_key_id, std::string path, BlockingPool& pool)
      : access_key_id_(std::move(access_key_id)), path_(std::move(path)), pool_(pool) {}

  [[nodiscard]] Task<Result<Keys>> fetch() override {
    auto read = [this] { return read_secret(access_key_id_, path_); };
    auto keys = co_await pool_.run(std::move(read));
    co_return std::move(keys);
  }
  [[nodiscard]] std::string describe() const override { return "secret file " + path_; }

 private:
  std::string access_key_id_;
  std::string path_;
  BlockingPool& pool_;
};

// --- profiles

std::string name_of(const AwsProfile& profile) {
  return profile.name.empty() ? "default" : profile.name;
}

// "profile x of /y"
std::string place_of(const AwsProfile& profile, const std::string& path) {
  return "profile " + name_of(profile) + " of " + path;
}

std::string setting(const IniFile::Section& section, const std::string& name) {
  const auto found = section.find(name);
  return found == section.end() ? std::string() : found->second;
}

// What a profile may have instead of keys.
Result<void> check_supported(const IniFile::Section& section, const std::string& place) {
  for (const auto* name : {"role_arn", "web_identity_token_file", "credential_process",
                           "sso_session", "sso_start_url", "credential_source"}) {
    if (section.find(name) == section.end()) continue;
    return Error(ErrorCode::unsupported, place + " takes its credentials from " + name +
                                             "; only aws_access_key_id with "
                                             "aws_secret_access_key is supported");
  }
  return {};
}

// nullopt: the file has none.
Result<std::optional<Keys>> read_keys(const AwsProfile& profile, const std::string& path,
                                      const std::string& section_name) {
  if (path.empty()) return std::optional<Keys>();
  TRY_ASSIGN(const auto text, read_small_file(path));
  if (!text) return std::optional<Keys>();
  TRY_ASSIGN(const auto file, IniFile::parse(path, *text));
  const auto* section = file.section(section_name);
  if (section == nullptr) return std::optional<Keys>();
  const auto place = place_of(profile, path);
  AwsCredentials keys;
  keys.access_key_id = setting(*section, "aws_access_key_id");
  keys.secret_access_key = setting(*section, "aws_secret_access_key");
  keys.session_token = setting(*section, "aws_session_token");
  if (keys.access_key_id.empty() && keys.secret_access_key.empty()) {
    TRY(check_supported(*section, place));
    return std::optional<Keys>();
  }
  TRY_ASSIGN(auto checked, lasting_keys(std::move(keys), place));
  return std::optional<Keys>(std::move(checked));
}

Result<std::optional<Keys>> read_profile(const AwsProfile& profile) {
  const auto name = name_of(profile);
  TRY_ASSIGN(auto keys, read_keys(profile, profile.credentials_file, name));
  if (keys) return keys;
  TRY_ASSIGN(keys, read_keys(profile, profile.config_file, "profile " + name));
  if (keys || name != "default") return keys;
  return read_keys(profile, profile.config_file, name);
}

Error no_keys(const AwsProfile& profile) {
  return Error(ErrorCode::invalid_argument,
               place_of(profile, profile.credentials_file) + " has no keys" +
                   (profile.config_file.empty() ? "" : ", nor has it in " + profile.config_file));
}

class ProfileFetcher final : public AwsCredentialsFetcher {
 public:
  ProfileFetcher(AwsProfile profile, BlockingPool& pool)
      : profile_(std::move(profile)), pool_(pool) {}

  [[nodiscard]] Task<Result<Keys>> fetch() override {
    auto read = [this] { return read_profile(profile_); };
    CO_TRY_ASSIGN(auto keys, co_await pool_.run(std::move(read)));
    if (!keys) co_return no_keys(profile_);
    co_return std::move(*keys);
  }
  [[nodiscard]] std::string describe() const override { return "AWS profile " + name_of(profile_); }

 private:
  AwsProfile profile_;
  BlockingPool& pool_;
};

}  // namespace

Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_secret_file(std::string access_key_id,
                                                                    std::string path,
                                                                    BlockingPool& pool) {
  TRY(read_secret(access_key_id, path));
  return std::unique_ptr<AwsCredentialsFetcher>(
      std::make_unique<SecretFile>(std::move(access_key_id), std::move(path), pool));
}

Result<std::unique_ptr<AwsCredentialsFetcher>> make_aws_profile(AwsProfile profile,
                                                                BlockingPool& pool) {
  TRY_ASSIGN(const auto keys, read_profile(profile));
  if (!keys && !profile.name.empty()) return no_keys(profile);
  std::unique_ptr<AwsCredentialsFetcher> fetcher;
  if (keys) fetcher = std::make_unique<ProfileFetcher>(std::move(profile), pool);
  return fetcher;
}

}  // namespace objectstore
