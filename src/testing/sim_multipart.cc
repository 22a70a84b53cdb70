#include "testing/sim_multipart.h"

namespace objectstore::testing {

namespace {

Task<Result<std::string>> read_all(ByteStream& stream) {
  std::string text;
  while (true) {
    CO_TRY_ASSIGN(const auto piece, co_await stream.next());
    if (piece.empty()) co_return text;
    text.append(piece);
  }
}

// The payload of a blob; unset: there is none.
std::optional<std::string> payload_of(SimWorld& world, MemoryBlobStore& blobs,
                                      const Revision& name) {
  auto opened = world.immediately(blobs.open(name));
  if (!opened.ok() || *opened == nullptr) return std::nullopt;
  const auto stream = (*opened)->stream(ByteRange{0, (*opened)->size()});
  return world.immediately(read_all(*stream)).value();
}

}  // namespace

Task<Result<std::string_view>> TextStream::next() {
  const auto rest = std::string_view(text_).substr(offset_);
  const auto piece = rest.substr(0, (rest.size() + 1) / 2);
  offset_ += piece.size();
  co_return piece;
}

template <class T, class F>
Task<Result<T>> SimMultipart::ask(std::string what, F apply) {
  auto& world = network_.process().world();
  std::function<Result<T>()> at_far_end = [&world, apply = std::move(apply)] {
    return world.immediately(apply());
  };
  return network_.ask<T>(std::move(what), std::move(at_far_end));
}

Task<Result<std::string>> SimMultipart::initiate(const Revision& name, const Metadata& metadata) {
  return ask<std::string>("initiate", [&blobs = backends_.blobs, name, metadata] {
    return blobs.initiate(name, metadata);
  });
}

Task<Result<std::variant<std::string, NoSuchUpload, PartRefused>>> SimMultipart::put_part(
    const Revision& name, std::string_view upload_id, PartToUpload part) {
  CO_TRY_ASSIGN(auto bytes, co_await read_all(*part.stream));
  auto& world = network_.process().world();
  using Outcome = std::variant<std::string, NoSuchUpload, PartRefused>;
  std::function<Result<Outcome>()> apply = [&world, &blobs = backends_.blobs, name,
                                            id = std::string(upload_id), part,
                                            bytes = std::move(bytes)] {
    TextStream stream(bytes);
    auto copy = part;
    copy.stream = &stream;
    return world.immediately(blobs.put_part(name, id, copy));
  };
  co_return co_await network_.ask<Outcome>("part", std::move(apply));
}

Task<Result<std::variant<PartPage, NoSuchUpload>>> SimMultipart::list_parts(
    const Revision& name, std::string_view upload_id, ListParts request) {
  return ask<std::variant<PartPage, NoSuchUpload>>(
      "list", [&blobs = backends_.blobs, name, id = std::string(upload_id), request] {
        return blobs.list_parts(name, id, request);
      });
}

Task<Result<std::variant<BlobCompleted, NoSuchUpload, PartRefused>>> SimMultipart::complete(
    const Revision& name, std::string_view upload_id, const std::vector<ListedPart>& parts) {
  auto& world = network_.process().world();
  using Outcome = std::variant<BlobCompleted, NoSuchUpload, PartRefused>;
  std::function<Result<Outcome>()> apply = [&world, &backends = backends_, name,
                                            id = std::string(upload_id), parts] {
    const bool existed = backends.blobs.blobs().contains(name);
    auto completed = world.immediately(backends.blobs.complete(name, id, parts));
    const auto payload = payload_of(world, backends.blobs, name);
    if (!existed && payload) backends.monitor.finish_applied(name, *payload, true);
    return completed;
  };
  return network_.ask<Outcome>("complete", std::move(apply));
}

Task<Result<void>> SimMultipart::abort(const Revision& name, std::string_view upload_id) {
  return ask<void>("abort", [&blobs = backends_.blobs, name, id = std::string(upload_id)] {
    return blobs.abort(name, id);
  });
}

Task<Result<void>> SimMultipart::abort_all(const Revision& name) {
  return ask<void>("abort", [&blobs = backends_.blobs, name] { return blobs.abort_all(name); });
}

}  // namespace objectstore::testing
