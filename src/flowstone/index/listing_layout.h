// The layout of a packed listing (docs/formats/index-cache.md). Internal to Listing and its writer.
#pragma once

#include <cstdint>

namespace flowstone::index::listing_layout {

// At offset 0. The columns follow in this order, without gaps: version heads, version rows, file
// facts, file details, the texts of tag sets and of Requires-Python values (an offset each; those
// of id 0 are left out). Texts come last.
struct Header {
  std::uint32_t magic = 0;
  std::uint32_t versions = 0;
  std::uint32_t files = 0;
  std::uint32_t tag_sets = 0;
  std::uint32_t pythons = 0;
  std::uint32_t status = 0;
  std::uint32_t status_reason = 0;  // text
  std::uint32_t warnings = 0;       // text, a line each
};

inline constexpr std::uint32_t kMagic = 0x3247'534C;  // "LSG2"

struct VersionRow {
  std::uint32_t text = 0;                  // as the first file spells it
  std::uint32_t key = 0;                   // text; 0 when the head is all of it
  std::uint32_t first_file = 0;            // its files end where those of the next version begin
  std::uint32_t shape_and_prerelease = 0;  // id * 2, plus 1 for a pre-release
  std::int64_t newest_upload_us = 0;       // INT64_MAX when a file does not say when
};

struct FactsRow {
  std::int64_t upload_time_us = 0;
  std::uint32_t tag_set_and_yank = 0;  // id * 2, plus 1 when it is yanked
  std::uint32_t python = 0;
};

struct DetailsRow {
  std::uint64_t size = 0;          // UINT64_MAX: not known
  std::uint32_t filename = 0;      // text
  std::uint32_t url = 0;           // text: UrlForm and what it says
  std::uint32_t sha256 = 0;        // text of 32 bytes
  std::uint32_t metadata = 0;      // kNoOffer, kOfferWithoutDigest, or a text of 32 bytes
  std::uint32_t yank_reason = 0;   // text, or kYankedByEmptyText
  std::uint32_t other_hashes = 0;  // text, a line "algorithm:hex" each
};

inline constexpr std::uint32_t kNoOffer = 0;
inline constexpr std::uint32_t kOfferWithoutDigest = 1;
inline constexpr std::uint32_t kYankedByEmptyText = 1;

// How a URL is written, its first byte.
enum class UrlForm : std::uint8_t {
  kWhole,      // the URL
  kDirectory,  // the offset (4 bytes) of what the file name follows
  // The same, followed by 32 bytes whose hexadecimal form in three segments of 2, 2 and 60 digits
  // stands between the two: how large indexes name files.
  kHashed,
};

}  // namespace flowstone::index::listing_layout
