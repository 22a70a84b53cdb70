#include "testing/test_keys.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/assert.h"

namespace objectstore::testing {

namespace {

template <auto free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

Key make_key(KeyKind kind) {
  Key key(kind == KeyKind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  OBJECTSTORE_ASSERT(key != nullptr);
  return key;
}

template <class Write>
std::string written(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  OBJECTSTORE_ASSERT(write(bio.get()) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string private_pem(EVP_PKEY* key) {
  return written([key](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  OBJECTSTORE_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension.get(), -1);
}

}  // namespace

TestKey make_test_key(KeyKind kind) {
  const auto key = make_key(kind);
  return {private_pem(key.get()),
          written([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); })};
}

bool verify_rs256(const std::string& public_pem, std::string_view text,
                  std::string_view signature) {
  const Bio bio(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())));
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  const Digest digest(EVP_MD_CTX_new());
  OBJECTSTORE_ASSERT(
      EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  return EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

TestCertificate make_test_certificate(const std::string& subject_alt_name) {
  const auto key = make_key(KeyKind::elliptic);
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  auto* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), NID_subject_alt_name, subject_alt_name);
  OBJECTSTORE_ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return {private_pem(key.get()),
          written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); })};
}

}  // namespace objectstore::testing
