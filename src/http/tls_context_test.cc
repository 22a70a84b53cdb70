#include "http/tls_context.h"

#include <gtest/gtest.h>

#include <functional>

#include "http/tls_test_support.h"
#include "testing/recording_logger.h"

namespace objectstore {
namespace {

using http_test::ManualClock;
using http_test::pem_of;
using http_test::TlsFiles;
using objectstore::testing::KeyKind;
using objectstore::testing::make_test_certificate;
using objectstore::testing::make_test_key;
using objectstore::testing::RecordingLogger;

// The same key behind a password.
std::string locked(const std::string& private_pem) {
  const std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>> in(
      BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())));
  const std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>> key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  const std::string password = "secret";
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), password.data(),
                                          static_cast<int>(password.size()), nullptr, nullptr),
            1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// With the third line of its text, within the base64, made another.
std::string damaged(std::string pem) {
  pem.insert(pem.find('\n') + 10, "AAAA");
  return pem;
}

struct BadFiles {
  const char* name;
  std::function<void(TlsFiles&)> spoil;
  const char* file;  // the end of the name that the error holds
  const char* says;
};

const std::vector<BadFiles>& bad_files() {
  static const std::vector<BadFiles> table = {
      {"no certificate file", [](TlsFiles& f) { std::remove(f.files().cert_file.c_str()); },
       "cert.pem", "there is no file"},
      {"no key file", [](TlsFiles& f) { std::remove(f.files().key_file.c_str()); }, "key.pem",
       "there is no file"},
      {"empty certificate", [](TlsFiles& f) { f.write_certificate(""); }, "cert.pem",
       "holds no PEM certificate"},
      {"text for a certificate", [](TlsFiles& f) { f.write_certificate("hello\n"); }, "cert.pem",
       "holds no PEM certificate"},
      {"key for a certificate", [](TlsFiles& f) { f.write_certificate(f.pair.private_pem); },
       "cert.pem", "holds no PEM certificate"},
      {"damaged certificate",
       [](TlsFiles& f) { f.write_certificate(damaged(f.pair.certificate_pem)); }, "cert.pem",
       "holds a damaged certificate"},
      {"damaged issuer",
       [](TlsFiles& f) {
         f.write_certificate(f.pair.certificate_pem + damaged(f.pair.certificate_pem));
       },
       "cert.pem", "holds a damaged certificate"},
      {"certificate for a key", [](TlsFiles& f) { f.write_key(f.pair.certificate_pem); }, "key.pem",
       "holds no PEM private key"},
      {"damaged key", [](TlsFiles& f) { f.write_key(damaged(f.pair.private_pem)); }, "key.pem",
       "holds a damaged key"},
      {"locked key", [](TlsFiles& f) { f.write_key(locked(f.pair.private_pem)); }, "key.pem",
       "is protected by a password"},
      {"another key",
       [](TlsFiles& f) { f.write_key(make_test_key(KeyKind::elliptic).private_pem); }, "key.pem",
       "does not fit the certificate in"},
      {"key of another kind",
       [](TlsFiles& f) { f.write_key(make_test_key(KeyKind::rsa).private_pem); }, "key.pem",
       "does not fit the certificate in"},
      {"too large", [](TlsFiles& f) { f.write_key(std::string((1 << 20) + 1, ' ')); }, "key.pem",
       "larger"},
  };
  return table;
}

// The certificate that new connections are shown.
std::string shown(const ServerTls& tls) {
  const auto ssl = tls.accept();
  return pem_of(SSL_get_certificate(ssl.get()));
}

TEST(TlsContext, errors_name_the_file_and_say_what_is_wrong_with_it) {
  ManualClock clock;
  NullLogger logger;
  for (const auto& bad : bad_files()) {
    SCOPED_TRACE(bad.name);
    TlsFiles files;
    bad.spoil(files);
    const auto loaded = ServerTls::load(files.files(), clock, logger);
    ASSERT_FALSE(loaded.ok());
    const auto text = loaded.error().describe();
    EXPECT_NE(text.find("http.tls"), std::string::npos) << text;
    EXPECT_NE(text.find(bad.file), std::string::npos) << text;
    EXPECT_NE(text.find(bad.says), std::string::npos) << text;
    EXPECT_EQ(text.find("BEGIN"), std::string::npos) << "no secrets: " << text;
  }
}

TEST(TlsContext, refused_reload_keeps_what_was_loaded) {
  for (const auto& bad : bad_files()) {
    SCOPED_TRACE(bad.name);
    TlsFiles files;
    const auto before = files.pair.certificate_pem;
    const auto tls = files.load();
    bad.spoil(files);
    EXPECT_FALSE(tls->reload().ok());
    EXPECT_EQ(shown(*tls), before);
    files.renew();
    EXPECT_TRUE(tls->reload().ok());
    EXPECT_EQ(shown(*tls), files.pair.certificate_pem);
    EXPECT_NE(shown(*tls), before);
  }
}

TEST(TlsContext, one_file_may_hold_both) {
  ManualClock clock;
  NullLogger logger;
  TlsFiles files;
  files.write_certificate(files.pair.private_pem + files.pair.certificate_pem);
  const auto path = files.files().cert_file;
  EXPECT_TRUE(ServerTls::load({path, path}, clock, logger).ok());
}

TEST(TlsContext, certificate_out_of_its_time_is_a_warning) {
  using namespace std::chrono_literals;
  struct Case {
    Duration since_2026;
    const char* warning;
  };
  // Certificates of tests are valid for an hour on either side of the real time.
  for (const auto& [shift, warning] :
       {Case{24h * 365 * 50, "has expired"}, Case{-24h * 365 * 50, "is not valid yet"}}) {
    ManualClock clock;
    clock.advance(shift);
    RecordingLogger logger;
    const TlsFiles files;
    EXPECT_TRUE(ServerTls::load(files.files(), clock, logger).ok());
    EXPECT_EQ(logger.count(warning), 1U);
    EXPECT_EQ(logger.count(files.files().cert_file), 1U);
  }
}

}  // namespace
}  // namespace objectstore
