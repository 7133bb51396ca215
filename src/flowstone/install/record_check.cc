#include "flowstone/install/record_check.h"

// For the reason that base/digest.cc gives. The one-shot functions are EVP in disguise.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "flowstone/base/base64.h"
#include "flowstone/base/check.h"
#include "flowstone/base/digest.h"

namespace flowstone::install {
namespace {

Error Broken(std::string message) {
  return {.code = ErrorCode::kCorrupt, .message = std::move(message)};
}

// The algorithms that protect a file. The weaker ones of hashlib do not.
enum class RecordAlgorithm : std::uint8_t { kSha256, kSha384, kSha512 };

std::optional<RecordAlgorithm> AlgorithmNamed(std::string_view name) {
  if (name == "sha256") {
    return RecordAlgorithm::kSha256;
  }
  if (name == "sha384") {
    return RecordAlgorithm::kSha384;
  }
  if (name == "sha512") {
    return RecordAlgorithm::kSha512;
  }
  return std::nullopt;
}

// Urlsafe base64 without padding, as RECORD writes hashes.
std::string UrlsafeHash(RecordAlgorithm algorithm, std::string_view bytes, const Digest& sha256) {
  if (algorithm == RecordAlgorithm::kSha256) {
    return Base64UrlEncode(std::as_bytes(std::span(sha256.bytes())));
  }
  // SHA-384 is a SHA-512 that starts from other numbers and is cut.
  const bool is_whole = algorithm == RecordAlgorithm::kSha512;
  SHA512_CTX context;
  FLOWSTONE_CHECK((is_whole ? SHA512_Init(&context) : SHA384_Init(&context)) == 1);
  SHA512_Update(&context, bytes.data(), bytes.size());
  std::array<unsigned char, SHA512_DIGEST_LENGTH> digest{};
  SHA512_Final(digest.data(), &context);
  const std::size_t size = is_whole ? SHA512_DIGEST_LENGTH : SHA384_DIGEST_LENGTH;
  return Base64UrlEncode(std::as_bytes(std::span(digest.data(), size)));
}

// The member that a row is about, or nothing for paths outside the wheel. Builders on Windows wrote
// backslashes, others "./".
std::string MemberOf(std::string path) {
  std::ranges::replace(path, '\\', '/');
  while (path.starts_with("./")) {
    path.erase(0, 2);
  }
  const bool is_outside =
      path.starts_with('/') || path.starts_with("../") || (path.size() > 1 && path[1] == ':');
  return is_outside ? "" : path;
}

}  // namespace

Result<RecordCheck> RecordCheck::Parse(std::string_view text) {
  Result<std::vector<pypi::RecordRow>> rows = pypi::ParseRecord(text);
  if (!rows) {
    return Broken("the wheel's RECORD cannot be read: " + rows.error().message);
  }
  RecordCheck check;
  for (pypi::RecordRow& row : *rows) {
    const std::string member = MemberOf(row.path);
    if (member.empty()) {
      check.warnings_.push_back("RECORD lists " + row.path + ", which is outside the wheel");
      continue;
    }
    if (member.ends_with('/')) {
      continue;  // a directory
    }
    if (!row.algorithm.empty() && !AlgorithmNamed(row.algorithm)) {
      return Broken("RECORD hashes " + member + " with " + row.algorithm +
                    ", which does not protect it");
    }
    row.digest.resize(std::min(row.digest.find('='), row.digest.size()));
    row.path = member;
    const auto [place, is_new] = check.rows_.try_emplace(member, row);
    if (!is_new && place->second != row) {
      return Broken("RECORD lists " + member + " twice, differently");
    }
  }
  return check;
}

template <class HashOf>
Result<RecordVerdict> RecordCheck::Judge(const std::string& member, std::uint64_t size,
                                         const HashOf& hash_of) const {
  const auto place = rows_.find(member);
  if (place == rows_.end()) {
    return RecordVerdict::kUnlisted;
  }
  const pypi::RecordRow& row = place->second;
  if (row.size && *row.size != size) {
    return Broken(member + " has " + std::to_string(size) + " bytes, but RECORD says " +
                  std::to_string(*row.size));
  }
  if (row.algorithm.empty()) {
    return RecordVerdict::kUnlisted;
  }
  const std::string actual = hash_of(row);
  if (actual != row.digest) {
    return Broken(member + " has the " + row.algorithm + " " + actual + ", but RECORD says " +
                  row.digest);
  }
  return RecordVerdict::kVerified;
}

Result<RecordVerdict> RecordCheck::Compare(const std::string& member, std::string_view bytes,
                                           const Digest& sha256) const {
  return Judge(member, bytes.size(), [&](const pypi::RecordRow& row) {
    return UrlsafeHash(*AlgorithmNamed(row.algorithm), bytes, sha256);
  });
}

bool RecordCheck::IsEnough(const std::string& member) const {
  const auto place = rows_.find(member);
  return place == rows_.end() || place->second.algorithm.empty() ||
         AlgorithmNamed(place->second.algorithm) == RecordAlgorithm::kSha256;
}

Result<RecordVerdict> RecordCheck::CompareDigest(const std::string& member, std::uint64_t size,
                                                 const Digest& sha256) const {
  FLOWSTONE_CHECK(IsEnough(member));
  return Judge(member, size, [&](const pypi::RecordRow&) {
    return UrlsafeHash(RecordAlgorithm::kSha256, {}, sha256);
  });
}

Error RecordCheck::Missing(const std::string& path) {
  return Broken("RECORD lists " + path + ", which is not in the wheel");
}

}  // namespace flowstone::install
