#include "maintenance/row_audit.h"

#include "storage/row_cells.h"

namespace objectstore {

namespace {

// A deep page is long at work; the run resumes at its start.
constexpr std::size_t deep_page = 16;

// A row that changes each time it is looked at is alive.
constexpr int rounds = 4;

Finding finding_of(Finding::Kind kind, std::string detail) {
  Finding finding;
  finding.kind = kind;
  finding.detail = std::move(detail);
  return finding;
}

// What an error says about a row or a blob; what the store may answer otherwise later says nothing,
// and stays an error.
Result<std::optional<Finding>> flaw_of(const Error& error, Finding::Kind kind) {
  if (error.retryable() || error.code() == ErrorCode::cancelled) return error;
  return std::optional(finding_of(kind, error.describe()));
}

// Of reading a payload to its end.
Finding::Kind kind_of(const Error& error, Finding::Kind otherwise) {
  return error.code() == ErrorCode::corrupt ? Finding::Kind::checksum_mismatch : otherwise;
}

bool same_row(const ListedRow& before, const ListedRow& after) {
  return before.problem.empty() == after.problem.empty() && same_write(before.row, after.row) &&
         deadline_of(before.row.state) == deadline_of(after.row.state);
}

}  // namespace

Task<Result<std::string>> RowAudit::page(std::string from) {
  const auto limit =
      context_.options.deep ? std::min(deep_page, context_.options.page) : context_.options.page;
  auto ask = [this, &from, limit] { return context_.parts.rows.list_rows(from, limit); };
  CO_TRY_ASSIGN(auto page, co_await context_.insist(ask));
  for (auto& row : page.rows) {
    CO_TRY(co_await context_.go_on());
    CO_TRY(co_await check(std::move(row)));
  }
  co_return std::move(page.next);
}

// A flaw is told when it is found twice in one state of the row.
Task<Result<void>> RowAudit::check(ListedRow row) {
  const bool absent = std::holds_alternative<AbsentRow>(row.row.state) && row.problem.empty();
  if (!absent) ++context_.report.totals.rows;
  for (int round = 0; round < rounds; ++round) {
    CO_TRY_ASSIGN(const auto first, co_await look(row));
    if (!first) co_return Result<void>();
    CO_TRY_ASSIGN(auto now, co_await context_.inspect(row.key));
    if (same_row(row, now)) {
      CO_TRY_ASSIGN(auto second, co_await look(now));
      if (!second) co_return Result<void>();
      second->object = row.key;
      context_.tell(*second);
      co_return Result<void>();
    }
    row = std::move(now);
  }
  co_return Result<void>();
}

Task<Result<RowAudit::Flaw>> RowAudit::look(const ListedRow& row) {
  if (!row.problem.empty()) {
    co_return Flaw(finding_of(Finding::Kind::unreadable_row, row.problem));
  }
  const auto deadline = deadline_of(row.row.state);
  const auto now = context_.parts.clock.now();
  if (deadline && *deadline < now) {
    // To clients it is absent, and its blob may have expired as well.
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *deadline);
    if (age <= context_.options.leftover) co_return Flaw();
    auto flaw = finding_of(Finding::Kind::expired_leftover,
                           "expired " + std::to_string(age.count()) + " s ago");
    if (const auto* target = redirect_target(row.row.state)) flaw.name = target->path();
    co_return Flaw(std::move(flaw));
  }
  if (const auto* redirect = std::get_if<RedirectRow>(&row.row.state)) {
    auto ask = [this, redirect] { return look_at_blob(*redirect); };
    co_return co_await context_.insist(ask);
  }
  const bool has_payload = std::holds_alternative<InlineRow>(row.row.state);
  if (!has_payload || !context_.options.deep) co_return Flaw();
  auto ask = [this, &row] { return look_at_payload(row.key); };
  co_return co_await context_.insist(ask);
}

Task<Result<RowAudit::Flaw>> RowAudit::look_at_payload(const std::string& key) {
  const auto row = co_await context_.parts.row_store.read(key, RowPart::everything);
  if (!row.ok()) {
    co_return flaw_of(row.error(), kind_of(row.error(), Finding::Kind::unreadable_row));
  }
  if (const auto* value = std::get_if<InlineRow>(&row->state)) {
    context_.report.totals.bytes_verified += value->payload.size();
    co_await context_.pay_for(value->payload.size());
  }
  co_return Flaw();
}

Task<Result<RowAudit::Flaw>> RowAudit::look_at_blob(const RedirectRow& redirect) {
  const auto& name = redirect.target;
  const auto opened = co_await context_.parts.blob_store.open(name);
  Result<Flaw> flaw = Flaw();
  std::uint64_t size = 0;
  if (!opened.ok()) {
    flaw = flaw_of(opened.error(), Finding::Kind::unreadable_blob);
  } else if (*opened == nullptr) {
    // Whose clock is ahead may have seen it expire already.
    const auto soon = context_.parts.clock.now() + context_.options.clock_skew;
    if (redirect.deadline && *redirect.deadline < soon) co_return Flaw();
    flaw = Flaw(
        finding_of(Finding::Kind::dangling_row, "the row points to a blob that does not exist"));
  } else if (context_.options.deep) {
    size = (*opened)->size();
    const auto verified = co_await verify(**opened);
    if (!verified.ok()) {
      flaw = flaw_of(verified.error(), kind_of(verified.error(), Finding::Kind::unreadable_blob));
    }
  }
  if (flaw.ok() && *flaw) {
    (*flaw)->name = name.path();
    (*flaw)->bytes = size;
  }
  co_return std::move(flaw);
}

Task<Result<void>> RowAudit::verify(BlobReader& reader) {
  const auto stream = reader.stream(ByteRange{0, reader.size()});
  std::uint64_t read = 0;
  while (true) {
    CO_TRY(co_await context_.go_on());
    CO_TRY_ASSIGN(const auto bytes, co_await stream->next());
    if (bytes.empty()) break;
    read += bytes.size();
    co_await context_.pay_for(bytes.size());
  }
  if (read != reader.size()) {
    co_return Error(ErrorCode::corrupt, "the payload ends after " + std::to_string(read) + " of " +
                                            std::to_string(reader.size()) + " bytes");
  }
  context_.report.totals.bytes_verified += read;
  co_return Result<void>();
}

}  // namespace objectstore
