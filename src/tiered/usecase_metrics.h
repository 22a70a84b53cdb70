// The instruments of one usecase, and the families that they belong to.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "tiered/tiered_metrics.h"

namespace objectstore {

// The tier that an operation ended in.
enum class Tier : std::uint8_t { high_volume, long_term };

enum class TimedCall : std::uint8_t { put, get, head, remove };
enum class MultipartCall : std::uint8_t { initiate, put_part, list_parts, abort, complete };
enum class UploadType : std::uint8_t { direct, multipart };

// Usecases with series of their own; those beyond share one set, as "other".
inline constexpr std::size_t metered_usecases = 100;

struct UsecaseFamilies {
  UsecaseFamilies(Metrics& metrics, TierTypes the_types);

  TierTypes types;
  std::array<Family<Histogram>*, 4> calls;      // by TimedCall
  std::array<Family<Histogram>*, 5> multipart;  // by MultipartCall
  Family<Histogram>& first_chunk;
  Family<Histogram>& put_size;
  Family<Histogram>& get_size;
  Family<Histogram>& part_size;
  Family<Histogram>& part_count;
  Family<Counter>& origin_missing;
};

// Thread-safe: every series is looked up once.
class UsecaseMetrics {
 public:
  UsecaseMetrics(UsecaseFamilies& families, std::string usecase)
      : families_(families), usecase_(std::move(usecase)) {}

  // `tier` is unset where the operation failed before that was known.
  void ended(TimedCall call, std::optional<Tier> tier, bool success, Duration took);
  void ended(MultipartCall call, bool success, Duration took);
  // `complete`: the payload ended, and is a small one.
  void first_chunk(bool complete, Duration took);
  void origin_missing();
  void stored(Tier tier, UploadType type, std::uint64_t bytes);
  // Bytes of the object, or the range of it, that was asked for.
  void served(Tier tier, std::uint64_t bytes);
  void part_stored(std::uint64_t bytes);
  void parts_listed(std::size_t parts);

 private:
  using Series = LazySeries<Histogram>;
  [[nodiscard]] const std::string& type_of(Tier tier) const;

  UsecaseFamilies& families_;
  const std::string usecase_;
  // By call, by tier (the last: unknown), by success.
  std::array<std::array<std::array<Series, 2>, 3>, 4> calls_;
  std::array<std::array<Series, 2>, 5> multipart_;  // by call, by success
  std::array<Series, 2> first_chunk_;               // by completeness
  std::array<std::array<Series, 2>, 2> put_size_;   // by tier, by type of upload
  std::array<Series, 2> get_size_;                  // by tier
  Series part_size_;
  Series part_count_;
  LazySeries<Counter> origin_missing_;
};

}  // namespace objectstore
