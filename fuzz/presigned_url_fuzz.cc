// Signed URLs: a query of any pieces, signed as it is; and what is taken for a credential in it.
#include "auth/presigned_url.h"

#include "auth_key.h"
#include "base/query_pairs.h"

namespace objectstore {
namespace {

constexpr std::string_view path = "/v1/objects/u/org=1/key%20a";

std::vector<std::string> pieces_of(std::string_view query) {
  std::vector<std::string> list;
  for (QueryPieces pieces(query); const auto piece = pieces.next();)
    list.emplace_back(*piece);
  return list;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string query;
  for (const auto& piece : pieces)
    query.append("&").append(piece);
  return query;
}

void check_canonical(std::string_view query) {
  const auto canonical = canonical_request("GET", path, query);
  FUZZ_CHECK(canonical == canonical_request("HEAD", path, query));
  const auto start = "GET\n" + std::string(path) + "\n";
  FUZZ_CHECK(canonical.starts_with(start));
  // What is signed is its own canonical form, whatever the order was.
  const auto line = canonical.substr(start.size());
  FUZZ_CHECK(canonical_request("GET", path, line) == canonical);
  auto pieces = pieces_of(query);
  fuzz::Choices choices(query);
  for (auto& piece : pieces)
    std::swap(piece, pieces[choices.up_to(pieces.size() - 1)]);
  FUZZ_CHECK(canonical_request("GET", path, joined(pieces)) == canonical);
  FUZZ_CHECK(canonical_request("GET", path, std::string(query) + "&&OS_sig=x&os_sig") == canonical);
  // No other piece is lost.
  const auto kept = pieces_of(line);
  FUZZ_CHECK(kept.size() <= pieces.size());
  FUZZ_CHECK(canonical_request("GET", path, std::string(query) + "&a") != canonical);
}

std::optional<AuthFailure> refused(const fuzz::AuthKey& key, std::string_view query, WallTime now) {
  const PresentedCredential shown{"GET", path, query, std::nullopt, std::nullopt};
  return refuse_presigned_url(shown, key.rings(), now);
}

// A query that was signed now verifies, unless its parameters are bad; with more in it, it doesn't.
void check_signed(std::string_view query) {
  static const fuzz::AuthKey key;
  const auto signed_at = parse_signing_time(find_parameter(query, "os_timestamp").value);
  const auto now = signed_at.value_or(WallTime());
  FUZZ_CHECK(now >= WallTime());
  const auto signature = key.sign(canonical_request("GET", path, query));
  const auto whole = std::string(query) + "&os_sig=" + signature;
  const auto failure = refused(key, whole, now);
  if (failure) {
    FUZZ_CHECK(failure->kind == AuthFailureKind::bad_request ||
               failure->kind == AuthFailureKind::unknown_key);
    FUZZ_CHECK(refused(key, whole + "&more", now) == failure);
    return;
  }
  FUZZ_CHECK(signed_at.has_value());
  FUZZ_CHECK(refused(key, whole + "&more", now) == unverified_credential());
  FUZZ_CHECK(refused(key, whole, now - std::chrono::seconds(61)) == unverified_credential());
  FUZZ_CHECK(refused(key, whole + "A", now) == unverified_credential());
}

void check_choice(std::string_view query) {
  const PresentedCredential shown{"GET", path, query, std::nullopt, std::nullopt};
  const auto chosen = choose_credential(shown);
  const auto* credential = std::get_if<0>(&chosen);
  const auto pieces = pieces_of(query);
  const bool has_signature = std::any_of(pieces.begin(), pieces.end(), [](const auto& piece) {
    return piece == "os_sig" || piece.starts_with("os_sig=");
  });
  const auto tokens = find_parameter(query, "os_auth");
  FUZZ_CHECK(has_signature ==
             (credential != nullptr && std::holds_alternative<PresignedUrl>(*credential)));
  if (has_signature) return;
  FUZZ_CHECK((credential != nullptr) == (tokens.count == 1));
  if (credential != nullptr) FUZZ_CHECK(std::get<Token>(*credential).text == tokens.value);
}

}  // namespace

FUZZ_TARGET(input) {
  check_canonical(input);
  check_signed(input);
  check_choice(input);
}

}  // namespace objectstore
