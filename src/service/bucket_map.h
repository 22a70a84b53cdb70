// Buckets by key, of which only so many are kept.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digests.h"

namespace objectstore {

// Not thread-safe. Where the map is full, a new key takes the place of one whose bucket is as good
// as new; a few are looked at, in turn. Where none of those is, it shares one bucket with all
// others to whom the same happens.
template <class Bucket>
class BucketMap {
 public:
  // `make` gives a new bucket.
  using Make = std::function<std::shared_ptr<Bucket>()>;
  BucketMap(std::size_t most, Make make) : most_(most), make_(std::move(make)), shared_(make_()) {}

  // The bucket of `key` or the shared one; null where it has none and the map has room.
  [[nodiscard]] Bucket* find(std::string_view key) const {
    const auto found = find_own(key);
    if (found != buckets_.end()) return found->second.get();
    return buckets_.size() < most_ ? nullptr : shared_.get();
  }

  // The same, made where there is none. `as_new(bucket)`: whether nobody would notice if it were
  // forgotten and made again.
  template <class AsNew>
  [[nodiscard]] const std::shared_ptr<Bucket>& get(std::string_view key, AsNew as_new) {
    const auto found = find_own(key);
    if (found != buckets_.end()) return found->second;
    if (buckets_.size() < most_) {
      turns_.push_back(add(key));
      return turns_.back()->second;
    }
    for (std::size_t i = 0; i < looks && i < turns_.size(); ++i) {
      auto& oldest = turns_[turn_++ % turns_.size()];
      // What somebody else holds is in use.
      if (oldest->second.use_count() > 1 || !as_new(*oldest->second)) continue;
      buckets_.erase(oldest);
      oldest = add(key);
      return oldest->second;
    }
    return shared_;
  }

  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  // Ordered: no choice of keys makes it slow.
  using Buckets = std::map<std::string, std::shared_ptr<Bucket>, std::less<>>;
  static constexpr std::size_t looks = 8;
  // Keys come from requests: long ones are kept as their digests, so that the map is bounded in
  // bytes too. A leading NUL tells those from texts.
  static constexpr std::size_t longest_text = 256;
  static bool is_kept_whole(std::string_view key) {
    return key.size() <= longest_text && !key.starts_with('\0');
  }
  static std::string digest_key(std::string_view key) {
    return std::string(1, '\0') + digest_of(Digest::Kind::sha256, key);
  }

  typename Buckets::const_iterator find_own(std::string_view key) const {
    return is_kept_whole(key) ? buckets_.find(key) : buckets_.find(digest_key(key));
  }
  typename Buckets::iterator add(std::string_view key) {
    auto kept = is_kept_whole(key) ? std::string(key) : digest_key(key);
    return buckets_.emplace(std::move(kept), make_()).first;
  }

  const std::size_t most_;
  const Make make_;
  std::shared_ptr<Bucket> shared_;
  Buckets buckets_;
  std::vector<typename Buckets::iterator> turns_;
  std::size_t turn_ = 0;
};

}  // namespace objectstore
