// ObjectStore: named immutable bytes, on a directory, in memory, later on S3.
//
// Keys are "/"-separated, of [A-Za-z0-9._=+-] and never empty, ".", or "..": "art/ab/abcd…"
// (object_key.h checks them and makes them from other text).
// A put is atomic: a reader sees nothing or everything. Thread-safe, and safe against other
// processes that use the same store.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::store {

enum class PutOutcome : std::uint8_t { kStored, kAlreadyThere };

// What becomes of a file whose bytes are put.
enum class FileHandover : std::uint8_t {
  kTake,  // it is gone after a put that succeeds, whatever the outcome; costs no copy if possible
  kCopy,  // it stays as it is
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // kNotFound when there is no such object.
  virtual Result<std::string> Get(const std::string& key) = 0;
  // Bytes [offset, offset + length) of the object; kInvalid when it is shorter.
  virtual Result<std::string> GetRange(const std::string& key, std::uint64_t offset,
                                       std::uint64_t length) = 0;
  // Size in bytes, or nothing when there is no such object.
  virtual Result<std::optional<std::uint64_t>> Head(const std::string& key) = 0;
  // A path under which the object can be opened and mapped, for stores that are a directory of
  // this machine. Nothing otherwise, or when there is no such object.
  virtual std::optional<std::string> LocalPath(const std::string& key) = 0;

  // Stores unless the key exists; what is there stays.
  Result<PutOutcome> PutIfAbsent(const std::string& key, std::string_view bytes) {
    return PutPiecesIfAbsent(key, std::span(&bytes, 1));
  }
  // The same for the concatenation of `pieces`, which is not made in memory.
  virtual Result<PutOutcome> PutPiecesIfAbsent(const std::string& key,
                                               std::span<const std::string_view> pieces) = 0;
  // The same from a file.
  virtual Result<PutOutcome> PutFileIfAbsent(const std::string& key, const std::string& path,
                                             FileHandover handover) = 0;
  // Stores, replacing what is there. For the few mutable names (a latest-run pointer), never for
  // content.
  virtual Status Replace(const std::string& key, std::string_view bytes) = 0;

  // Keys that start with `prefix`, sorted bytewise.
  virtual Result<std::vector<std::string>> List(const std::string& prefix) = 0;
  // The names directly below `prefix` (which ends in "/" or is empty), sorted; folders end in "/".
  // Nothing below it: an empty list.
  virtual Result<std::vector<std::string>> ListChildren(const std::string& prefix) = 0;
  // Ok when it is not there.
  virtual Status Remove(const std::string& key) = 0;
};

}  // namespace flowstone::store
