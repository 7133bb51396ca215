// Pack: many contents in one object, compressed with zstd and readable one by one
// (docs/formats/code-package.md, "Pack"). A content of 256 KiB or more has a frame of its own;
// smaller ones share frames. An index by sha256 is at the tail, so a reader needs no other file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/store/object_store.h"

namespace flowstone::store {

// Not thread-safe. The same contents in the same order give the same bytes with the same zstd.
class PackWriter {
 public:
  // A content that was added before is not added again.
  Status Add(const Digest& sha256, std::string_view content);
  bool empty() const { return locations_.empty(); }
  // The bytes of the pack. The writer is used up.
  std::string Finish() &&;

 private:
  friend class PackReader;
  struct Frame {
    std::uint64_t offset = 0;  // in the pack
    std::uint32_t stored_size = 0;
    std::uint32_t decoded_size = 0;
  };
  struct Location {
    std::uint32_t frame = 0;
    std::uint32_t offset = 0;  // in the decoded frame
    std::uint32_t size = 0;
  };
  void CloseFrame();

  std::string bytes_;
  std::string group_;  // decoded content of the frame being filled
  std::vector<Frame> frames_;
  std::map<Digest, Location> locations_;
};

// Reads a pack that is an object of a store. Not thread-safe: it keeps the last decoded frame.
class PackReader {
 public:
  // Reads the index. kCorrupt when the object is no pack. `objects` outlives the reader.
  static Result<PackReader> Open(ObjectStore& objects, std::string key);

  bool Contains(const Digest& sha256) const;
  // In the order of their frames, in which reading them decodes each frame once.
  std::vector<Digest> ContentsInOrder() const;
  // The content, verified against its digest; kNotFound when the pack does not have it.
  Result<std::string> Read(const Digest& sha256);

 private:
  PackReader(ObjectStore& objects, std::string key) : objects_(&objects), key_(std::move(key)) {}
  Status ParseIndex(std::string_view index, std::uint64_t frames_end);
  Status LoadFrame(std::uint32_t frame);

  ObjectStore* objects_;
  std::string key_;
  std::vector<PackWriter::Frame> frames_;
  std::map<Digest, PackWriter::Location> locations_;
  std::optional<std::uint32_t> loaded_frame_;
  std::string loaded_;
};

}  // namespace flowstone::store
