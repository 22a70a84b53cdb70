#include "power_cut/inspection.h"

#include "storage/row_cells.h"

namespace objectstore::testing {

namespace {

constexpr std::size_t page = 1000;
// An expired object that seems to be written is left alone for less than this.
constexpr Duration intents_are_kept = std::chrono::hours(8 * 24);

std::string text_of(const Value& value) {
  if (!value) return "nothing";
  const auto name_end = value->find(' ', value->find('#') + 1);
  return "\"" + value->substr(0, std::min<std::size_t>(name_end, 40)) + "\" (" +
         std::to_string(value->size()) + " bytes)";
}

Task<Result<void>> read_through(BlobReader& blob) {
  auto stream = blob.stream(ByteRange{0, blob.size()});
  while (true) {
    CO_TRY_ASSIGN(const auto bytes, co_await stream->next());
    if (bytes.empty()) co_return Result<void>();
  }
}

}  // namespace

std::string_view to_string(Violation::Kind kind) {
  switch (kind) {
    case Violation::Kind::cannot_open:
      return "can't open";
    case Violation::Kind::temporary_left:
      return "temporary file left";
    case Violation::Kind::lost_write:
      return "lost write";
    case Violation::Kind::unreadable:
      return "unreadable object";
    case Violation::Kind::dangling_row:
      return "dangling row";
    case Violation::Kind::damaged:
      return "damaged";
    case Violation::Kind::orphaned_blob:
      return "orphaned blob";
    case Violation::Kind::entry_left:
      return "entry left";
    case Violation::Kind::expired_left:
      return "expired row left";
    case Violation::Kind::unwritable:
      break;
  }
  return "unwritable";
}

std::string to_string(const std::vector<Violation>& violations) {
  std::string text;
  for (const auto& violation : violations)
    text.append("  ").append(to_string(violation.kind)).append(": " + violation.text + "\n");
  return text;
}

Inspection::Inspection(const std::filesystem::path& root, Knowledge knowledge, WallTime now,
                       std::uint64_t seed)
    : root_(root), knowledge_(std::move(knowledge)), clock_(now), random_(seed) {}

void Inspection::found(Violation::Kind kind, std::string text) {
  violations_.push_back({kind, std::move(text)});
}

void Inspection::open_and_read() {
  auto opened = Embedded::open(root_, clock_, random_);
  if (!opened.ok()) return found(Violation::Kind::cannot_open, opened.error().describe());
  embedded_ = std::move(opened).value();
  const auto uploads = embedded_->wait(embedded_->blobs().list_temporary());
  if (!uploads.ok()) return found(Violation::Kind::damaged, uploads.error().describe());
  for (const auto& upload : *uploads)
    found(Violation::Kind::temporary_left, upload.file);
  read_all();
}

void Inspection::read_all() {
  for (auto& [object, allowed] : knowledge_) {
    const auto read = embedded_->read(object);
    if (!read.ok()) {
      found(Violation::Kind::unreadable, object + ": " + read.error().describe());
      continue;
    }
    if (!allowed.contains(*read)) {
      auto text = object + " holds " + text_of(*read) + " and may hold";
      for (const auto& value : allowed)
        text.append(" ").append(text_of(value));
      found(Violation::Kind::lost_write, std::move(text));
    }
    allowed = {*read};
  }
}

void Inspection::recover() {
  const auto left = embedded_->recover();
  if (!left.ok()) return found(Violation::Kind::entry_left, left.error().describe());
  if (*left > 0) found(Violation::Kind::entry_left, std::to_string(*left));
  const auto aside = embedded_->wait(embedded_->log().quarantined(UINT64_MAX, "", page));
  if (!aside.ok()) return found(Violation::Kind::entry_left, aside.error().describe());
  for (const auto& entry : *aside)
    found(Violation::Kind::entry_left, entry.key + " in quarantine: " + entry.reason);
}

void Inspection::sweep() {
  clock_.advance(intents_are_kept);
  const auto swept = embedded_->sweep();
  if (!swept.ok()) found(Violation::Kind::expired_left, swept.error().describe());
}

void Inspection::check_at_rest() {
  read_all();
  const auto targets = check_rows();
  const auto blobs = check_blobs();
  for (const auto& target : targets) {
    if (!blobs.contains(target)) found(Violation::Kind::dangling_row, target.path());
  }
  for (const auto& blob : blobs) {
    if (!targets.contains(blob)) found(Violation::Kind::orphaned_blob, blob.path());
  }
}

std::set<Revision> Inspection::check_rows() {
  std::set<Revision> targets;
  const auto listed = embedded_->wait(embedded_->rows().list_rows("", page));
  if (!listed.ok()) {
    found(Violation::Kind::damaged, listed.error().describe());
    return targets;
  }
  for (const auto& item : listed->rows) {
    if (!item.problem.empty()) found(Violation::Kind::damaged, item.problem);
    const auto deadline = deadline_of(item.row.state);
    if (deadline && *deadline < clock_.now()) found(Violation::Kind::expired_left, item.key);
    if (const auto* target = redirect_target(item.row.state)) targets.insert(*target);
  }
  return targets;
}

std::set<Revision> Inspection::check_blobs() {
  std::set<Revision> blobs;
  const auto listed = embedded_->wait(embedded_->blobs().list_blobs("", page));
  if (!listed.ok()) {
    found(Violation::Kind::damaged, listed.error().describe());
    return blobs;
  }
  for (const auto& blob : listed->blobs) {
    if (!blob.revision) {
      found(Violation::Kind::damaged, blob.name + ": " + blob.problem);
      continue;
    }
    blobs.insert(*blob.revision);
    const auto problem = problem_of_blob(*blob.revision);
    if (problem) found(Violation::Kind::damaged, blob.name + ": " + *problem);
  }
  return blobs;
}

std::optional<std::string> Inspection::problem_of_blob(const Revision& name) {
  const auto opened = embedded_->wait(embedded_->blobs().open(name));
  if (!opened.ok()) return opened.error().describe();
  if (!*opened) return "it is gone";
  const auto verified = embedded_->wait(read_through(**opened));
  if (!verified.ok()) return verified.error().describe();
  return std::nullopt;
}

void Inspection::write_on() {
  if (knowledge_.empty()) return;
  const auto large = payload("later", 1, 3 * embedded_inline_limit);
  write("later", large);
  write("later", payload("later", 2, 100));
  write("later", payload("later", 3, 4 * embedded_inline_limit));
  write("later and gone", large);
  write("later and gone", std::nullopt);
  // Over whatever the cut has left.
  const auto first = knowledge_.begin()->first;
  const auto last = knowledge_.rbegin()->first;
  write(first, large);
  write(last, payload(last, 4, 10));
  recover();
  check_at_rest();
}

void Inspection::write(const std::string& object, const Value& value) {
  const auto written = embedded_->wait(embedded_->write(object, value));
  if (!written.ok()) {
    found(Violation::Kind::unwritable, object + ": " + written.error().describe());
    return;
  }
  knowledge_[object] = {value};
}

std::vector<Violation> inspect(const std::filesystem::path& root, Knowledge knowledge, WallTime now,
                               std::uint64_t seed) {
  Inspection inspection(root, std::move(knowledge), now, seed);
  inspection.open_and_read();
  if (inspection.is_open()) {
    inspection.recover();
    inspection.sweep();
    inspection.check_at_rest();
    inspection.write_on();
  }
  return inspection.violations();
}

}  // namespace objectstore::testing
