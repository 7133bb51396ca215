// RecordCheck: holds the files of a wheel against its RECORD while they are unpacked.
//
// Hashes must be sha256, sha384 or sha512. The check is thread-safe: files may be compared from
// several threads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/record.h"

namespace flowstone::install {

enum class RecordVerdict : std::uint8_t {
  kVerified,
  kUnlisted,  // RECORD does not have the file, or not its hash
};

class RecordCheck {
 public:
  // kCorrupt when `text` is no RECORD, names a file twice with different hashes, or uses a hash
  // that does not protect.
  static Result<RecordCheck> Parse(std::string_view text);

  // kCorrupt, naming the file, when the bytes, whose sha256 is known, are not those that RECORD
  // lists.
  Result<RecordVerdict> Compare(const std::string& member, std::string_view bytes,
                                const Digest& sha256) const;
  // Whether the sha256 of a member is enough to compare it. Then this does: the same.
  bool IsEnough(const std::string& member) const;
  Result<RecordVerdict> CompareDigest(const std::string& member, std::uint64_t size,
                                      const Digest& sha256) const;
  // kCorrupt when RECORD lists a file that `has` does not know.
  template <class Has>
  Status CheckNothingIsMissing(const Has& has) const {
    for (const auto& [path, row] : rows_) {
      if (!has(path)) {
        return Missing(path);
      }
    }
    return Ok();
  }
  // Rows that are outside the wheel and were left out.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  static Error Missing(const std::string& path);
  // `hash_of` gives what a row has for the bytes.
  template <class HashOf>
  Result<RecordVerdict> Judge(const std::string& member, std::uint64_t size,
                              const HashOf& hash_of) const;

  std::map<std::string, pypi::RecordRow> rows_;  // by member name
  std::vector<std::string> warnings_;
};

}  // namespace flowstone::install
