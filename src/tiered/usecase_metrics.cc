#include "tiered/usecase_metrics.h"

namespace objectstore {

namespace {

constexpr std::array<double, 9> part_counts = {1, 2, 5, 10, 50, 100, 500, 1000, 10'000};

template <class Enum>
constexpr std::size_t place(Enum value) {
  return static_cast<std::size_t>(value);
}

std::string_view text(bool value) {
  return value ? "true" : "false";
}

std::string_view text(Tier tier) {
  return tier == Tier::high_volume ? "high-volume" : "long-term";
}

// Room for all usecases, each with every combination of its other labels.
MetricInfo info(std::string name, std::string help, std::string statsd,
                std::vector<std::string> labels, std::size_t combinations) {
  MetricInfo info{std::move(name), std::move(help), std::move(statsd), std::move(labels),
                  "usecase"};
  info.max_series = (metered_usecases + 1) * combinations;
  return info;
}

Family<Histogram>* call_times(Metrics& metrics, const std::string& call,
                              const std::string& statsd) {
  auto described =
      info("objectstore_" + call + "_duration_seconds",
           "How long `" + call + "` takes in the tiered store, until the answer can begin.", statsd,
           {"usecase", "backend_choice", "backend_type", "success"}, 6);
  return &metrics.histograms(std::move(described), latency_bounds());
}

Family<Histogram>* multipart_times(Metrics& metrics, const std::string& call) {
  auto described = info("objectstore_multipart_" + call + "_duration_seconds",
                        "How long `" + call + "` of multipart uploads takes in the tiered store.",
                        "multipart." + call + ".latency", {"usecase", "success"}, 2);
  return &metrics.histograms(std::move(described), latency_bounds());
}

}  // namespace

UsecaseFamilies::UsecaseFamilies(Metrics& metrics, TierTypes the_types)
    : types(std::move(the_types)),
      calls{call_times(metrics, "put", "put.latency"),
            call_times(metrics, "get", "get.latency.pre-response"),
            call_times(metrics, "head", "head.latency"),
            call_times(metrics, "delete", "delete.latency")},
      multipart{multipart_times(metrics, "initiate"), multipart_times(metrics, "upload_part"),
                multipart_times(metrics, "list_parts"), multipart_times(metrics, "abort"),
                multipart_times(metrics, "complete")},
      first_chunk(metrics.histograms(
          info("objectstore_put_first_chunk_duration_seconds",
               "Until a payload is here, or so much of it that it is a large one.",
               "put.first_chunk.latency", {"usecase", "complete"}, 2),
          latency_bounds())),
      put_size(metrics.histograms(
          info("objectstore_put_size_bytes", "Sizes of payloads that were stored.", "put.size",
               {"usecase", "backend_choice", "backend_type", "upload_type"}, 4),
          size_bounds())),
      get_size(metrics.histograms(
          info("objectstore_get_size_bytes", "Sizes of payloads, or ranges of them, asked for.",
               "get.size", {"usecase", "backend_choice", "backend_type"}, 2),
          size_bounds())),
      part_size(metrics.histograms(
          info("objectstore_multipart_upload_part_size_bytes", "Sizes of parts that were stored.",
               "multipart.upload_part.size", {"usecase"}, 1),
          size_bounds())),
      part_count(metrics.histograms(info("objectstore_multipart_complete_parts",
                                         "Parts that multipart uploads were completed from.",
                                         "multipart.complete.part_count", {"usecase"}, 1),
                                    part_counts)),
      origin_missing(metrics.counters(info("objectstore_put_origin_missing_total",
                                           "Objects stored without telling their origin.",
                                           "put.origin_missing", {"usecase"}, 1))) {}

const std::string& UsecaseMetrics::type_of(Tier tier) const {
  return tier == Tier::high_volume ? families_.types.high_volume : families_.types.long_term;
}

void UsecaseMetrics::ended(TimedCall call, std::optional<Tier> tier, bool success, Duration took) {
  const auto tier_place = tier ? place(*tier) : 2;
  auto& series = calls_[place(call)][tier_place][success ? 1 : 0];
  const auto choice = tier ? text(*tier) : std::string_view();
  const auto type = tier ? std::string_view(type_of(*tier)) : std::string_view();
  series.in(*families_.calls[place(call)], {usecase_, choice, type, text(success)})
      .observe(in_seconds(took));
}

void UsecaseMetrics::ended(MultipartCall call, bool success, Duration took) {
  multipart_[place(call)][success ? 1 : 0]
      .in(*families_.multipart[place(call)], {usecase_, text(success)})
      .observe(in_seconds(took));
}

void UsecaseMetrics::first_chunk(bool complete, Duration took) {
  first_chunk_[complete ? 1 : 0]
      .in(families_.first_chunk, {usecase_, complete ? "yes" : "no"})
      .observe(in_seconds(took));
}

void UsecaseMetrics::origin_missing() {
  origin_missing_.in(families_.origin_missing, {usecase_}).add();
}

void UsecaseMetrics::stored(Tier tier, UploadType type, std::uint64_t bytes) {
  const std::string_view how = type == UploadType::direct ? "direct" : "multipart";
  put_size_[place(tier)][place(type)]
      .in(families_.put_size, {usecase_, text(tier), type_of(tier), how})
      .observe(static_cast<double>(bytes));
}

void UsecaseMetrics::served(Tier tier, std::uint64_t bytes) {
  get_size_[place(tier)]
      .in(families_.get_size, {usecase_, text(tier), type_of(tier)})
      .observe(static_cast<double>(bytes));
}

void UsecaseMetrics::part_stored(std::uint64_t bytes) {
  part_size_.in(families_.part_size, {usecase_}).observe(static_cast<double>(bytes));
}

void UsecaseMetrics::parts_listed(std::size_t parts) {
  part_count_.in(families_.part_count, {usecase_}).observe(static_cast<double>(parts));
}

}  // namespace objectstore
