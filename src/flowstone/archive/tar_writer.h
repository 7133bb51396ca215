// TarWriter: writes tar archives whose bytes depend on nothing but what is added and in which
// order. Owner and group are 0 and nameless, modes are 0644 or 0755, times are what the caller
// says. POSIX ustar; a pax header precedes only members that do not fit (long or non-ASCII names,
// 8 GiB and more).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"

namespace flowstone::archive {

enum class TarFileMode : std::uint8_t { kRegular /* 0644 */, kExecutable /* 0755 */ };

class TarWriter {
 public:
  // `mtime` in seconds since the Unix epoch, for all members.
  explicit TarWriter(ByteSink sink, std::int64_t mtime = 0);

  // Paths are relative and pass path_guard.h.
  Status AddFile(const std::string& path, std::string_view bytes,
                 TarFileMode mode = TarFileMode::kRegular);
  // A file whose `size` bytes come next, by Append.
  Status BeginFile(const std::string& path, std::uint64_t size, TarFileMode mode);
  Status Append(std::string_view bytes);
  Status AddDirectory(const std::string& path);
  Status AddSymlink(const std::string& path, const std::string& target);
  // The end-of-archive mark. Nothing may be added afterwards.
  Status Finish();

 private:
  struct Entry;
  Status WriteEntry(const Entry& entry);
  Status WriteBlock(const Entry& entry, std::string_view name);

  ByteSink sink_;
  std::int64_t mtime_;
  std::uint64_t file_size_ = 0;  // of the file that BeginFile opened
  std::uint64_t file_left_ = 0;
};

}  // namespace flowstone::archive
