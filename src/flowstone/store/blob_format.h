// The file format of a blob, "FSB1" (docs/formats/datastore.md): 64 bytes of header, then the
// content, stored as it is or as zstd frames. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::store {

inline constexpr std::size_t kBlobHeaderSize = 64;

enum class BlobEncoding : std::uint8_t { kStored = 0, kZstd = 1 };

struct BlobHeader {
  BlobEncoding encoding = BlobEncoding::kStored;
  std::uint64_t size = 0;  // of the decoded content
  friend bool operator==(const BlobHeader&, const BlobHeader&) = default;

  std::string ToBytes() const;  // kBlobHeaderSize of them
  // From the first bytes of a blob; kCorrupt when they are no header.
  static Result<BlobHeader> Parse(std::string_view bytes);
};

// A blob as it is written: the concatenation of Pieces(). Content that stays as it is is borrowed.
class EncodedBlob {
 public:
  // Compresses what zstd shrinks by at least a tenth, judged on samples.
  explicit EncodedBlob(std::string_view content);

  BlobEncoding encoding() const { return encoding_; }
  std::vector<std::string_view> Pieces() const;

 private:
  BlobEncoding encoding_ = BlobEncoding::kStored;
  std::string header_;
  std::string_view content_;
  std::vector<std::string> frames_;  // when compressed
};

// The content of a whole blob. kCorrupt when it does not decode to the size its header states.
Result<std::string> DecodeBlob(std::string blob);

}  // namespace flowstone::store
