// ForeignLock: a lock that another tool wrote, as a lock of ours. Nothing is resolved: versions,
// files, hashes, markers, extras and groups are those of the document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/project/written_requirement.h"

namespace flowstone::project {

enum class LockFormat : std::uint8_t { kPylock, kUv, kPoetry, kPipfile };

// By the name of the file, or by what it says: "-" and other names are looked into. Nothing for a
// text that is no lock.
std::optional<LockFormat> LockFormatOf(std::string_view file_name, std::string_view text);

// A package whose files the document names only by their hashes: an index has to say which those
// are.
struct FilesByHash {
  std::size_t package = 0;  // in Lock::packages
  std::vector<FileHash> hashes = {};
};

struct ForeignLock {
  lock::Lock lock;
  std::vector<FilesByHash> by_hash = {};
  std::vector<std::string> warnings = {};  // what could not be taken over, one sentence each
};

struct ForeignDocument {
  std::string_view text;
  std::string file;  // as people know it
  // The pyproject.toml beside it: locks of Poetry before 2.0 do not say what was asked for.
  std::optional<std::string> pyproject = {};
};

// kInvalid, naming file and line, for a document that is not of the format or of a version of it
// that is not known.
Result<ForeignLock> ReadForeignLock(LockFormat format, const ForeignDocument& document);

Result<ForeignLock> ReadUvLock(const ForeignDocument& document);
Result<ForeignLock> ReadPoetryLock(const ForeignDocument& document);
Result<ForeignLock> ReadPipfileLock(const ForeignDocument& document);

}  // namespace flowstone::project
