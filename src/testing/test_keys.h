// Keys and certificates of a test's own, made anew in every run.
#pragma once

#include <string>
#include <string_view>

namespace objectstore::testing {

enum class KeyKind { rsa, elliptic };

struct TestKey {
  std::string private_pem;  // PKCS #8
  std::string public_pem;
};
[[nodiscard]] TestKey make_test_key(KeyKind kind);

// Whether `signature` is the one of RS256 (RFC 7518, 3.3) over `text`.
[[nodiscard]] bool verify_rs256(const std::string& public_pem, std::string_view text,
                                std::string_view signature);

struct TestCertificate {
  std::string private_pem;
  std::string certificate_pem;
};
// Self-signed, valid now; `subject_alt_name` as OpenSSL writes it: "IP:127.0.0.1", "DNS:localhost".
[[nodiscard]] TestCertificate make_test_certificate(const std::string& subject_alt_name);

}  // namespace objectstore::testing
