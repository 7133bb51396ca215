// RECORD: the list of the files of a wheel or of an installed distribution, a CSV of path, hash and
// size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::pypi {

struct RecordRow {
  std::string path;
  std::string algorithm = {};  // "sha256"; empty when the row has no hash, as RECORD's own
  std::string digest = {};     // urlsafe base64 without padding, as in the file
  std::optional<std::uint64_t> size = {};

  // A row with the sha256 of the content.
  static RecordRow Of(std::string path, const Digest& sha256, std::uint64_t size);
  // The digest of a sha256 row; kInvalid for other algorithms and malformed text.
  Result<Digest> Sha256() const;

  friend bool operator==(const RecordRow&, const RecordRow&) = default;
};

// Quotes as Python's csv module does, "\n" or "\r\n" ends lines; empty lines are skipped. kInvalid
// names the line when a quote is open at the end, a row has no path or more than three fields, or a
// size is no number.
Result<std::vector<RecordRow>> ParseRecord(std::string_view text);
// The inverse: rows in their order, "\n" ends lines.
std::string WriteRecord(std::span<const RecordRow> rows);

}  // namespace flowstone::pypi
