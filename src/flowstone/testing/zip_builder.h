// ZipBuilder: makes ZIP archives for tests, wheels among them, good ones and hostile ones.
//
//   ZipBuilder zip;
//   zip.Add("demo/__init__.py", "x = 1\n");
//   zip.Add({.name = "../evil", .content = "boo"});
//   const std::string bytes = zip.Build();
//
// What an entry's optional fields hold is written instead of the truth, so each lie is one field.
// A module's tests that use it list ../testing/zip_builder.cc in TEST_SOURCES and link `archive`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::testing {

enum class ZipDescriptor : std::uint8_t { kNone, kSigned, kUnsigned };
enum class ZipWidth : std::uint8_t { k32, k64 /* sizes and offset in ZIP64 extra fields */ };

struct ZipEntry {
  std::string name;
  std::string content = {};
  std::uint16_t method = 8;      // 0 stored, 8 deflate, 93 zstd; others are written as stored
  std::uint32_t mode = 0100644;  // st_mode, for the external attributes
  std::uint8_t made_by = 3;      // 3 Unix, 0 DOS
  std::uint16_t flags = 0;       // added to those that the builder sets
  ZipDescriptor descriptor = ZipDescriptor::kNone;
  ZipWidth width = ZipWidth::k32;
  std::string extra = {};           // more extra fields, in both headers
  std::string padding_before = {};  // bytes before the local header: a gap

  // Lies, in both headers.
  std::optional<std::uint32_t> crc32 = {};
  std::optional<std::uint32_t> size = {};
  std::optional<std::string> compressed = {};  // these bytes instead of the compressed content
  // Lies of the local header alone.
  std::optional<std::string> local_name = {};
  std::optional<std::uint32_t> local_crc32 = {};
  std::optional<std::uint32_t> local_size = {};
  std::optional<std::uint32_t> local_compressed_size = {};
  std::optional<std::uint16_t> local_method = {};
  std::optional<std::uint16_t> local_flags = {};
  // A lie of the central directory alone.
  std::optional<std::uint32_t> header_offset = {};
};

// What is at the end of the archive.
struct ZipEnd {
  std::string comment = {};
  std::string trailing = {};                      // after the end record
  std::optional<std::uint16_t> entry_count = {};  // instead of the true one
  std::optional<std::uint32_t> directory_offset = {};
  std::string before_directory = {};  // bytes between the last member and the directory
  std::string after_directory = {};   // bytes between the directory and the end record
  ZipWidth width = ZipWidth::k32;     // k64: a ZIP64 end record and locator too
  std::string zip64_extensible_data = {};
};

class ZipBuilder {
 public:
  ZipBuilder& Add(std::string_view name, std::string_view content);
  ZipBuilder& Add(ZipEntry entry);
  // "name/" without content.
  ZipBuilder& AddDirectory(std::string_view name);
  ZipBuilder& SetEnd(ZipEnd end);
  std::string Build() const;

 private:
  std::vector<ZipEntry> entries_;
  ZipEnd end_;
};

}  // namespace flowstone::testing
