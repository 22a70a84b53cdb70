#include "app/start_rehearsal.h"

#include <boost/asio/io_context.hpp>
#include <utility>

#include "app/bigtable_tier.h"
#include "app/gcs_tier.h"
#include "app/options_file.h"
#include "app/s3_tier.h"
#include "app/statsd_settings.h"
#include "auth/key_directory.h"
#include "http/tls_context.h"
#include "runtime/blocking_pool.h"
#include "runtime/real_clock.h"
#include "runtime/real_random.h"

namespace objectstore {

namespace {

// Keeps what would be logged.
class WarningList final : public Logger {
 public:
  explicit WarningList(std::vector<std::string>& warnings) : warnings_(warnings) {}
  [[nodiscard]] bool enabled(LogLevel level) const override { return level >= LogLevel::warn; }
  void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
    std::string text(message);
    for (const auto& field : fields)
      text.append(", ").append(field.name).append(": ").append(field.value);
    warnings_.push_back(std::move(text));
  }

 private:
  std::vector<std::string>& warnings_;
};

class Rehearsal {
 public:
  explicit Rehearsal(const Config& config) : config_(config) {}

  void look_at_metrics() {
    const auto settings = statsd_settings(config_.metrics);
    if (settings) note(StatsdExporter::open(*settings, metrics_, clock_, logger_));
  }
  // Each by itself, so that all that are bad are named.
  void look_at_keys() {
    for (const auto& [kid, key] : config_.auth.keys)
      note(load_key_rings(AuthConfig{config_.auth.enforce, {{kid, key}}}));
  }
  void look_at_certificate() {
    const auto& tls = config_.http.tls;
    if (tls) note(ServerTls::load({tls->cert_file, tls->key_file}, clock_, logger_));
  }
  void look_at_options() {
    const auto options = read_options_file(options_file(config_.options));
    note(options);
    if (!options.ok()) return;
    auto& warnings = findings_.warnings;
    warnings.insert(warnings.end(), options->notes.begin(), options->notes.end());
  }
  void look_at_storage() {
    std::visit([this](const auto& storage) { look_at("storage", storage); }, config_.storage);
  }
  [[nodiscard]] StartFindings take_findings() { return std::move(findings_); }

 private:
  template <class T>
  void note(const Result<T>& made) {
    if (!made.ok()) findings_.errors.push_back(made.error().describe());
  }
  template <class T>
  void note_at(const std::string& key, const Result<T>& made) {
    if (!made.ok()) note(Result<void>(Error(made.error()).wrap(key)));
  }

  // Stores on this machine are made by opening them: they are left alone.
  void look_at(const std::string&, const auto&) {}
  void look_at(const std::string& key, const GcsStorage& storage) {
    note_at(key, GcsTier::make(storage, false, machine_));
  }
  void look_at(const std::string& key, const S3Storage& storage) {
    note_at(key, S3Tier::make(storage, false, machine_));
  }
  void look_at(const std::string& key, const S3CompatibleStorage& storage) {
    note_at(key, S3Tier::make(storage, false, machine_));
  }
  void look_at(const std::string& key, const BigtableStorage& storage) {
    note_at(key, BigtableTier::make(storage, {}, bigtable::ExpiringRedirects::kept, machine_));
  }
  void look_at(const std::string& key, const TieredStorage& storage) {
    const auto look = [this, &key](const char* part, const auto& variant) {
      std::visit([&](const auto& store) { look_at(key + part, store); }, variant);
    };
    look(".high_volume", storage.high_volume);
    look(".long_term", storage.long_term);
    look(".changelog", storage.changelog.log);
  }

  const Config& config_;
  StartFindings findings_;
  RealClock clock_;
  RealRandom random_;
  WarningList logger_{findings_.warnings};
  InlinePool pool_;
  Metrics metrics_;
  boost::asio::io_context loop_{1};  // never run
  const Machine machine_{
      clock_,         random_,     logger_,         pool_,  {loop_.get_executor()},
      config_.google, config_.aws, config_.network, nullptr};
};

}  // namespace

StartFindings rehearse_start(const Config& config) {
  Rehearsal rehearsal(config);
  rehearsal.look_at_metrics();
  rehearsal.look_at_keys();
  rehearsal.look_at_certificate();
  rehearsal.look_at_options();
  rehearsal.look_at_storage();
  return rehearsal.take_findings();
}

}  // namespace objectstore
