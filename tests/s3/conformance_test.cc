// What every store does, on real S3 servers.
#include "base/percent.h"
#include "s3/s3_server.h"
#include "testing/blob_lister_conformance.h"
#include "testing/blob_store_conformance.h"
#include "testing/forwarding_stores.h"
#include "testing/multipart_blobs_conformance.h"

namespace objectstore::testing {
namespace {

struct TestedServer {
  std::string name;
  S3Server* server;
  bool (*takes)(std::string_view object_path);  // S3 itself takes all of them
};

// Objects are files.
bool versitygw_takes(std::string_view object_path) {
  for (auto rest = object_path; !rest.empty();) {
    const auto component = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), component.size() + 1));
    if (component.empty() || component == "." || component == "..") return false;
  }
  return true;
}
// Its router splits lines.
bool moto_takes(std::string_view object_path) {
  return object_path.find('\n') == std::string_view::npos;
}

std::vector<TestedServer> servers() {
  std::vector<TestedServer> there;
  if (auto* server = S3Server::versitygw(); server != nullptr) {
    there.push_back({"versitygw", server, &versitygw_takes});
  }
  if (auto* server = S3Server::moto(); server != nullptr) {
    there.push_back({"moto", server, &moto_takes});
  }
  return there;
}

// Says so of names that the server doesn't take.
class TakenNames final : public ForwardingBlobStore {
 public:
  TakenNames(BlobStore& store, bool (*takes)(std::string_view))
      : ForwardingBlobStore(store), takes_(takes) {}

  [[nodiscard]] Result<void> check_name(std::string_view object_path) const override {
    if (!takes_(object_path)) return Error(ErrorCode::invalid_argument, "not a name here");
    return ForwardingBlobStore::check_name(object_path);
  }

 private:
  bool (*takes_)(std::string_view);
};

struct S3Blobs final : BlobStoreUnderTest {
  S3Blobs(const TestedServer& tested, const S3Settings& settings)
      : bucket(*tested.server, settings), store(bucket.store(), tested.takes) {}
  [[nodiscard]] BlobStore& blobs() override { return store; }
  [[nodiscard]] bool readers_survive_discard() const override { return false; }
  S3TestBucket bucket;
  TakenNames store;
};

struct S3Listing final : BlobListerUnderTest {
  explicit S3Listing(const TestedServer& tested) : bucket(*tested.server) {}
  [[nodiscard]] BlobStore& blobs() override { return bucket.store(); }
  [[nodiscard]] BlobLister& lister() override { return bucket.store(); }
  [[nodiscard]] WallTime now() override { return bucket.now(); }
  // Puts an object that is no blob in its place.
  [[nodiscard]] bool spoil(const Revision& name) override {
    (void)run(bucket.store().discard(name, ""));
    const auto other = percent_encode(name.object_path() + "/no-revision", percent_plain::path);
    return bucket.ask("PUT", "/" + other).status == 200;
  }
  S3TestBucket bucket;
};

struct S3Multipart final : MultipartBlobsUnderTest {
  explicit S3Multipart(const TestedServer& tested)
      : bucket(*tested.server), store(bucket.store(), tested.takes) {}
  [[nodiscard]] BlobStore& blobs() override { return store; }
  [[nodiscard]] MultipartBlobs& multipart() override { return bucket.store(); }
  [[nodiscard]] WallTime now() override { return bucket.now(); }
  S3TestBucket bucket;
  TakenNames store;
};

std::vector<BlobStoreCase> blob_cases() {
  S3Settings plain;
  plain.checksums = false;
  plain.conditional_writes = false;
  std::vector<BlobStoreCase> cases;
  for (const auto& tested : servers()) {
    cases.push_back(
        {tested.name, [tested] { return std::make_unique<S3Blobs>(tested, S3Settings()); }});
    cases.push_back({tested.name + "_plain",
                     [tested, plain] { return std::make_unique<S3Blobs>(tested, plain); }});
  }
  return cases;
}

std::vector<BlobListerCase> lister_cases() {
  std::vector<BlobListerCase> cases;
  for (const auto& tested : servers())
    cases.push_back({tested.name, [tested] { return std::make_unique<S3Listing>(tested); }});
  return cases;
}

// moto's list of parts is not the one of S3's documents.
std::vector<MultipartBlobsCase> multipart_cases() {
  std::vector<MultipartBlobsCase> cases;
  for (const auto& tested : servers()) {
    if (tested.server == S3Server::moto()) continue;
    MultipartBlobsCase param;
    param.name = tested.name;
    param.make = [tested] { return std::make_unique<S3Multipart>(tested); };
    param.min_part_size = 5 << 20;
    param.tells_late_completions = false;
    param.tick = std::chrono::seconds(1);
    cases.push_back(std::move(param));
  }
  return cases;
}

std::string name_of(const auto& info) {
  return info.param.name;
}

TEST(S3Servers, are_there) {
  if (S3Server::versitygw() == nullptr) GTEST_SKIP() << "OBJECTSTORE_S3_SERVER is not set";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobStoreConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlobListerConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MultipartBlobsConformance);
INSTANTIATE_TEST_SUITE_P(S3, BlobStoreConformance, ::testing::ValuesIn(blob_cases()),
                         name_of<::testing::TestParamInfo<BlobStoreCase>>);
INSTANTIATE_TEST_SUITE_P(S3, BlobListerConformance, ::testing::ValuesIn(lister_cases()),
                         name_of<::testing::TestParamInfo<BlobListerCase>>);
INSTANTIATE_TEST_SUITE_P(S3, MultipartBlobsConformance, ::testing::ValuesIn(multipart_cases()),
                         name_of<::testing::TestParamInfo<MultipartBlobsCase>>);

}  // namespace
}  // namespace objectstore::testing
