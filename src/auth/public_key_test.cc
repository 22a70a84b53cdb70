#include "auth/public_key.h"

#include <gmock/gmock.h>
#include <openssl/bn.h>
#include <openssl/sha.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "auth/test_support.h"
#include "testing/test_keys.h"

namespace objectstore {
namespace {

using testing::from_hex;
using ::testing::HasSubstr;
using testing::Signer;
using testing::vector_seed;

std::string little_endian(const BIGNUM* number) {
  std::string bytes(32, '\0');
  EXPECT_EQ(BN_bn2lebinpad(number, reinterpret_cast<unsigned char*>(bytes.data()), 32), 32);
  return bytes;
}

struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;

Number number_of(std::string_view bytes) {
  return Number(BN_lebin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr));
}

// The order of the group, 2^252 + 27742317777372353535851937790883648493.
Number group_order() {
  return number_of(from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"));
}

std::string sha512(const std::string& bytes) {
  std::string digest(64, '\0');
  SHA512(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// What OpenSSL alone says: the cases below are to be ones that get through where they can.
bool openssl_verifies(const Signer& signer, std::string_view message, std::string_view signature) {
  const auto raw = signer.raw_public_key();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                  reinterpret_cast<const unsigned char*>(raw.data()), raw.size()),
      &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EXPECT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()), 1);
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                          message.size()) == 1;
}

// A signature with the R that is given, of no size but 0: S = H(R, A, message) * a.
std::string signature_with_small_r(std::string_view seed, const std::string& r,
                                   std::string_view message) {
  auto secret = sha512(std::string(seed)).substr(0, 32);
  secret[0] = static_cast<char>(secret[0] & 0xf8);
  secret[31] = static_cast<char>((secret[31] & 0x7f) | 0x40);
  const auto public_key = Signer(seed).raw_public_key();
  const auto hash = number_of(sha512(r + public_key + std::string(message)));
  const auto a = number_of(secret);
  const auto order = group_order();
  const Number s(BN_new());
  BN_CTX* context = BN_CTX_new();
  EXPECT_EQ(BN_mod_mul(s.get(), hash.get(), a.get(), order.get(), context), 1);
  BN_CTX_free(context);
  return r + little_endian(s.get());
}

TEST(Ed25519PublicKey, verifies_what_its_secret_key_signed) {
  const Signer signer(vector_seed);
  EXPECT_EQ(signer.raw_public_key(),
            from_hex("1660f041ce5983f3c3332ebe73849520f73aa5a7f89a15273c85cdcac39fe641"));
  const auto key = Ed25519PublicKey::from_pem(testing::vector_public_pem);
  ASSERT_TRUE(key.ok()) << key.error().describe();
  for (const auto& message : {std::string(), std::string("a"), std::string(100'000, '\0')}) {
    const auto signature = signer.sign(message);
    EXPECT_TRUE(key->verify(message, signature));
    EXPECT_FALSE(key->verify(message + "x", signature));
    EXPECT_FALSE(Signer('b').public_key().verify(message, signature));
  }
}

TEST(Ed25519PublicKey, every_changed_bit_is_noticed) {
  const Signer signer(vector_seed);
  const auto key = signer.public_key();
  const auto signature = signer.sign("message");
  for (std::size_t bit = 0; bit < signature.size() * 8; bit += 7) {
    auto changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(key.verify("message", changed)) << bit;
  }
}

TEST(Ed25519PublicKey, signatures_of_another_size_are_refused) {
  const Signer signer(vector_seed);
  const auto key = signer.public_key();
  const auto signature = signer.sign("message");
  for (const std::size_t size : {0, 1, 31, 32, 63, 65, 128}) {
    auto other = signature;
    other.resize(size);
    EXPECT_FALSE(key.verify("message", other)) << size;
  }
}

TEST(Ed25519PublicKey, a_second_form_of_s_is_refused) {
  const Signer signer(vector_seed);
  const auto signature = signer.sign("message");
  const auto order = group_order();
  const auto s = number_of(signature.substr(32));
  ASSERT_LT(BN_cmp(s.get(), order.get()), 0);
  for (int times = 1; times < 8; ++times) {
    ASSERT_EQ(BN_add(s.get(), s.get(), order.get()), 1);
    const auto second = signature.substr(0, 32) + little_endian(s.get());
    EXPECT_FALSE(signer.public_key().verify("message", second)) << times;
  }
}

TEST(Ed25519PublicKey, r_of_small_order_is_refused_where_openssl_takes_it) {
  const Signer signer(vector_seed);
  const auto neutral = from_hex("01") + std::string(31, '\0');
  const auto signature = signature_with_small_r(vector_seed, neutral, "message");
  ASSERT_TRUE(openssl_verifies(signer, "message", signature));
  EXPECT_FALSE(signer.public_key().verify("message", signature));
}

TEST(Ed25519PublicKey, another_encoding_of_r_is_refused) {
  const Signer signer(vector_seed);
  const auto one_and_p = from_hex("ee") + std::string(30, '\xff') + from_hex("7f");
  const auto signature = signature_with_small_r(vector_seed, one_and_p, "message");
  EXPECT_FALSE(signer.public_key().verify("message", signature));
}

struct BadPem {
  std::string name;
  std::string pem;
  std::string error;
};

std::vector<BadPem> bad_pems() {
  const std::string good(testing::vector_public_pem);
  const std::string secret(testing::vector_private_pem);
  const auto rsa = testing::make_test_key(testing::KeyKind::rsa);
  const auto elliptic = testing::make_test_key(testing::KeyKind::elliptic);
  const auto der = from_hex("302a300506032b6570032100") + Signer('a').raw_public_key() + "x";
  const auto block = [](const std::string& text) {
    return "-----BEGIN PUBLIC KEY-----\n" + text + "\n-----END PUBLIC KEY-----\n";
  };
  return {
      {"nothing", "", "no PEM block PUBLIC KEY"},
      {"another text", "hello", "no PEM block PUBLIC KEY"},
      {"DER", from_hex("302a300506032b6570032100") + std::string(32, 'x'), "no PEM block"},
      {"private key", secret, "a private key"},
      {"private before public", secret + good, "a private key"},
      {"private behind public", good + secret, "a private key"},
      {"private RSA key", rsa.private_pem, "a private key"},
      {"RSA", rsa.public_pem, "not an Ed25519 key"},
      {"elliptic curve", elliptic.public_pem, "not an Ed25519 key"},
      {"two keys", good + good, "more than one PEM block"},
      {"certificate's label",
       "-----BEGIN CERTIFICATE-----\nMCowBQYDK2VwAyEAFmDwQc5Zg/PDMy6+c4SVIPc6paf4mhUnPIXNysOf5kE=\n"
       "-----END CERTIFICATE-----\n",
       "no PEM block PUBLIC KEY"},
      {"cut off", good.substr(0, 60), "no PEM block PUBLIC KEY"},
      {"not base64", block("????"), "no PEM block PUBLIC KEY"},
      {"not DER", block(base64_encode("hello")), "no SubjectPublicKeyInfo"},
      {"more behind it", block(base64_encode(der)), "bytes behind"},
  };
}

TEST(Ed25519PublicKey, files_of_anything_else_are_refused) {
  for (const auto& bad : bad_pems()) {
    const auto key = Ed25519PublicKey::from_pem(bad.pem);
    ASSERT_FALSE(key.ok()) << bad.name;
    EXPECT_EQ(key.error().code(), ErrorCode::invalid_argument) << bad.name;
    EXPECT_THAT(key.error().message(), HasSubstr(bad.error)) << bad.name;
  }
}

TEST(Ed25519PublicKey, text_around_the_key_does_not_matter) {
  const auto commented = "kid relay\n" + std::string(testing::vector_public_pem) + "\n# 2026\n";
  EXPECT_TRUE(Ed25519PublicKey::from_pem(commented).ok());
}

TEST(Ed25519PublicKey, points_without_a_secret_key_are_refused) {
  const std::string zeros(30, '\0');
  const std::string ones(30, '\xff');
  const std::vector<std::string> points = {
      from_hex("00") + zeros + from_hex("00"),
      from_hex("01") + zeros + from_hex("00"),
      from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
      from_hex("ec") + ones + from_hex("7f"),
      from_hex("ed") + ones + from_hex("7f"),
      from_hex("ee") + ones + from_hex("7f"),
      // Not of small order, but with a y that is not below p.
      from_hex("f0") + ones + from_hex("7f"),
      from_hex("ff") + ones + from_hex("7f"),
  };
  for (auto point : points) {
    EXPECT_FALSE(Ed25519PublicKey::from_pem(testing::public_pem_of(point)).ok());
    point[31] = static_cast<char>(point[31] | 0x80);  // the other x
    EXPECT_FALSE(Ed25519PublicKey::from_pem(testing::public_pem_of(point)).ok());
  }
}

TEST(Ed25519PublicKey, many_threads_verify_at_once) {
  const Signer signer(vector_seed);
  const auto key = signer.public_key();
  const auto signature = signer.sign("message");
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  threads.reserve(good.size());
  for (auto& count : good) {
    threads.emplace_back([&key, &signature, &count] {
      for (int i = 0; i < 100; ++i) {
        if (key.verify("message", signature) && !key.verify("other", signature)) ++count;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_THAT(good, ::testing::Each(100));
}

}  // namespace
}  // namespace objectstore
