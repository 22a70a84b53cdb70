// How a Google Cloud Storage bucket is used.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "runtime/backoff.h"

namespace objectstore {

struct GcsSettings {
  std::string bucket;
  std::string endpoint = "https://storage.googleapis.com";  // or an emulator's URL
  // Blobs are named as their objects, and an upload replaces what is there: for a single tier.
  bool replace = false;
  std::string spool_directory;             // exists; for bytes on their way to the bucket
  std::uint64_t chunk_bytes = 8ULL << 20;  // of an upload; a multiple of 256 KiB

  Duration request_timeout = std::chrono::seconds(30);
  // A transfer may take as long again as its bytes do at this rate.
  std::uint64_t slowest_bytes_per_second = 256 << 10;
  // GCS takes minutes to put a large object together from its parts.
  Duration completion_timeout = std::chrono::minutes(10);

  // A transfer that breaks goes on where it broke, unless so many tries in a row get nowhere.
  int tries_without_progress = 4;
  BackoffSettings backoff;  // between those
};

}  // namespace objectstore
