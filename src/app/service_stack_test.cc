#include "app/service_stack.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>

#include "auth/test_support.h"
#include "testing/manual_clock.h"
#include "testing/recording_logger.h"
#include "testing/scratch_directory.h"
#include "testing/seeded_random.h"
#include "testing/test_keys.h"

namespace objectstore {
namespace {

namespace fs = std::filesystem;
using testing::Signer;

// Opens no file while it lasts.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit none = before_;
    none.rlim_cur = 0;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

// A service over files in a directory, and the three kinds of files that it watches.
class ServiceStackTest : public ::testing::Test {
 protected:
  ServiceStackTest() {
    config_.storage = FilesystemStorage{path("objects")};
    config_.options.directory = path("options");
    config_.auth.keys["relay"] = AuthKey{{path("relay.pem")}, {}};
    config_.http.tls = TlsConfig{path("cert.pem"), path("key.pem")};
    fs::create_directories(path("options/values/objectstore"));
    replace_all("first", 'a');
  }
  ~ServiceStackTest() override {
    if (!stack_) return;
    boost::asio::co_spawn(context_, stack_->stop(), boost::asio::detached);
    testing::run_ready(context_);
  }

  void read() {
    auto files = ServiceFiles::read(config_, clock_, logger_);
    ASSERT_TRUE(files.ok()) << files.error().describe();
    files_ = std::move(files).value();
  }
  void start() {
    auto storage = Storage::open(config_.storage, machine_, OpenFor::service);
    ASSERT_TRUE(storage.ok()) << storage.error().describe();
    storage_ = std::move(storage).value();
    stack_.emplace(config_, std::move(files_), *storage_, machine_, metrics_);
    stack_->start(context_.get_executor());
    testing::run_ready(context_);
  }
  void next_look() { testing::run_for(context_, clock_, std::chrono::seconds(4)); }

  void replace_all(const std::string& usecase, char seed) {
    write("options/values/objectstore/values.json",
          R"({"options":{"killswitches":[{"usecase":")" + usecase + R"("}]}})");
    write("relay.pem", Signer(seed).public_pem());
    const auto pair = testing::make_test_certificate("IP:127.0.0.1");
    write("cert.pem", pair.certificate_pem);
    write("key.pem", pair.private_pem);
  }
  // Of the certificate that a client is shown.
  [[nodiscard]] std::string fingerprint() const {
    const auto ssl = stack_->tls()->accept();
    const auto* shown = SSL_get_certificate(ssl.get());
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EXPECT_EQ(
        X509_digest(shown, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()), &size),
        1);
    return digest.substr(0, size);
  }
  [[nodiscard]] bool off(const std::string& usecase) {
    return stack_->parts().kill_switches.matches(usecase, {}, std::nullopt);
  }
  // Of the three kinds.
  [[nodiscard]] std::size_t taken_over() const { return logger_.count("changed files taken over"); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path() / name; }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path("new"), std::ios::binary) << text;
    fs::rename(path("new"), path(name));
  }

  testing::ScratchDirectory directory_;
  boost::asio::io_context context_{1};
  testing::ManualClock clock_;
  testing::SeededRandom random_;
  testing::RecordingLogger logger_;
  InlinePool pool_;
  Metrics metrics_{false};
  Config config_;
  Machine machine_{
      clock_,         random_,     logger_,         pool_,    {context_.get_executor()},
      config_.google, config_.aws, config_.network, &metrics_};
  ServiceFiles files_;
  std::unique_ptr<Storage> storage_;
  std::optional<ServiceStack> stack_;
};

TEST_F(ServiceStackTest, files_that_stay_as_they_were_read_are_not_read_again) {
  read();
  start();
  const auto shown = fingerprint();
  next_look();
  EXPECT_EQ(taken_over(), 0U);
  EXPECT_EQ(fingerprint(), shown);
  EXPECT_TRUE(off("first"));
}

TEST_F(ServiceStackTest, files_that_change_while_the_storage_is_opened_are_taken_over) {
  read();
  replace_all("second", 'b');
  start();
  const auto shown = fingerprint();
  next_look();
  EXPECT_EQ(taken_over(), 3U);
  EXPECT_EQ(logger_.count("auth keys read again"), 1U);
  EXPECT_NE(fingerprint(), shown);
  EXPECT_TRUE(off("second"));
  EXPECT_FALSE(off("first"));
}

TEST_F(ServiceStackTest, files_that_could_not_be_opened_are_taken_over_when_they_can) {
  read();
  start();
  const auto shown = fingerprint();
  replace_all("second", 'b');
  {
    const NoDescriptors none;
    next_look();
    next_look();
  }
  EXPECT_EQ(logger_.count("Too many open files"), 3U) << "told once for each kind";
  EXPECT_EQ(taken_over(), 0U);
  EXPECT_EQ(fingerprint(), shown);
  EXPECT_TRUE(off("first"));
  next_look();
  EXPECT_EQ(taken_over(), 3U);
  EXPECT_EQ(logger_.count("auth keys read again"), 1U);
  EXPECT_NE(fingerprint(), shown);
  EXPECT_TRUE(off("second"));
  next_look();
  EXPECT_EQ(taken_over(), 3U) << "told once";
}

}  // namespace
}  // namespace objectstore
