// TarReader: reads tar archives (POSIX ustar and pax, GNU long names) from a stream, in one pass.
//
// Source distributions and conda packages come from anywhere, so members are filtered as PEP 721's
// "data" filter does: no devices or pipes, no links out of the tree, no set-id bits, no writing for
// others, ownership ignored. It is stricter in two ways: absolute names are refused, not stripped,
// and nothing may lie below a symbolic link or replace an earlier member. "./" before a name, which
// many writers put there, is dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"

namespace flowstone::archive {

struct TarLimits {
  std::uint64_t max_members = 200'000;
  std::uint64_t max_total_bytes = std::uint64_t{16} << 30U;
};

enum class TarMemberType : std::uint8_t { kFile, kDirectory, kSymlink, kHardLink };

struct TarMember {
  std::string path;  // guarded: relative and normalised
  TarMemberType type = TarMemberType::kFile;
  std::uint64_t size = 0;   // of a file
  std::uint32_t mode = 0;   // filtered: files 0644 or 0755, directories 0755, links 0777
  std::int64_t mtime = 0;   // seconds since the Unix epoch
  std::string link_target;  // of a symbolic link as written; of a hard link the guarded path of an
                            // earlier file
};

class TarReader {
 public:
  // `stream` is borrowed: the inflated archive.
  explicit TarReader(ByteStream& stream, const TarLimits& limits = {});

  // The next member, or nothing at the end of the archive. Data not read is skipped. After an
  // error the reader is of no further use.
  Result<std::optional<TarMember>> Next();
  // The data of the file that Next returned last. Once.
  Result<std::string> ReadData();
  // The same in pieces.
  Status ReadPieces(const ByteSink& sink);

 private:
  struct Header;
  // What pax headers and GNU long names say about the member behind them.
  struct Overrides {
    std::optional<std::string> path = {};
    std::optional<std::string> link_target = {};
    std::optional<std::uint64_t> size = {};
  };

  Result<std::optional<Header>> ReadHeader();
  Result<std::string> ReadExtension(const Header& header);
  Status ApplyExtension(const Header& header, Overrides& next);
  Result<TarMember> MakeMember(const Header& header, const Overrides& next);
  Status Admit(const TarMember& member);
  Status SkipData();

  ByteStream& stream_;
  TarLimits limits_;
  Overrides global_;  // what a pax global header says about all that follow
  std::unordered_map<std::string, TarMemberType> seen_;
  std::uint64_t data_left_ = 0;
  std::uint64_t padding_left_ = 0;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t header_count_ = 0;
};

}  // namespace flowstone::archive
