#include "flowstone/install/record_check.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/base/check.h"

namespace flowstone::install {
namespace {

// Room for the base64 of any digest, and the zero that OpenSSL appends.
constexpr std::size_t kEncodedSize = 2UL * EVP_MAX_MD_SIZE;

Error Broken(std::string message) {
  return {.code = ErrorCode::kCorrupt, .message = std::move(message)};
}

const EVP_MD* AlgorithmNamed(std::string_view name) {
  if (name == "sha256") {
    return EVP_sha256();
  }
  if (name == "sha384") {
    return EVP_sha384();
  }
  if (name == "sha512") {
    return EVP_sha512();
  }
  return nullptr;
}

// Urlsafe base64 without padding, as RECORD writes hashes.
std::string UrlsafeHash(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  FLOWSTONE_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) == 1);
  std::array<unsigned char, kEncodedSize> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  std::string text(encoded.begin(), encoded.begin() + length);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.resize(std::min(text.find('='), text.size()));
  return text;
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
    if (!row.algorithm.empty() && AlgorithmNamed(row.algorithm) == nullptr) {
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

Result<RecordVerdict> RecordCheck::Compare(const std::string& member,
                                           std::string_view bytes) const {
  const auto place = rows_.find(member);
  if (place == rows_.end()) {
    return RecordVerdict::kUnlisted;
  }
  const pypi::RecordRow& row = place->second;
  if (row.size && *row.size != bytes.size()) {
    return Broken(member + " has " + std::to_string(bytes.size()) + " bytes, but RECORD says " +
                  std::to_string(*row.size));
  }
  if (row.algorithm.empty()) {
    return RecordVerdict::kUnlisted;
  }
  const std::string actual = UrlsafeHash(AlgorithmNamed(row.algorithm), bytes);
  if (actual != row.digest) {
    return Broken(member + " has the " + row.algorithm + " " + actual + ", but RECORD says " +
                  row.digest);
  }
  return RecordVerdict::kVerified;
}

Error RecordCheck::Missing(const std::string& path) {
  return Broken("RECORD lists " + path + ", which is not in the wheel");
}

}  // namespace flowstone::install
