// Datastore: the content-addressed store of a project over an ObjectStore
// (docs/formats/datastore.md).
//
// Everything is named by the sha256 of its content, so a put of something that is there writes
// nothing, and every read is verified: a flipped byte is kCorrupt, never a wrong answer. Runs and
// their records are in run_store.h. Thread-safe; hashing, compression and writing happen on the
// caller's thread, so callers store several artifacts in parallel by calling in parallel.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/store/object_store.h"

namespace flowstone::store {

// What a blob is known by: digest and length of its decoded content.
struct BlobReference {
  Digest sha256;
  std::uint64_t size = 0;
  friend bool operator==(const BlobReference&, const BlobReference&) = default;
};

// Content inside a file of this machine: bytes [offset, offset + size) of `path`.
struct FileSlice {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// Verified content of a blob: where it can be mapped, or, when it is compressed or not on this
// machine, the decoded bytes.
struct OpenedBlob {
  std::optional<FileSlice> slice;  // a multiple of 64 bytes into the file
  std::string bytes;               // empty when there is a slice
};

// Content that is stored as it is; its key is "<family>/<aa>/<sha256>".
enum class ContentFamily : std::uint8_t {
  kArtifact,  // art: a wheel, sdist or conda package as published
  kLock,      // lock: text of a pylock.toml
  kTree,      // tree: manifest of a code tree
  kPack,      // pack: files of code packages
};
std::string_view ContentFamilyName(ContentFamily family);

// The remembered answer to a request for an environment.
struct ResolvedRequest {
  Digest lock;
  std::int64_t created_ms = 0;
  friend bool operator==(const ResolvedRequest&, const ResolvedRequest&) = default;
};

// The wheel that a build gave.
struct BuiltArtifact {
  Digest wheel;
  std::string file_name;
  friend bool operator==(const BuiltArtifact&, const BuiltArtifact&) = default;
};

// What Open does when there is no datastore yet.
enum class MissingDatastore : std::uint8_t {
  kCreate,  // make one
  kRefuse,  // kNotFound
};

class Datastore {
 public:
  // Checks the version; kInvalid for a newer or unknown one. `objects` outlives the datastore.
  static Result<std::unique_ptr<Datastore>> Open(ObjectStore& objects, MissingDatastore missing);

  ObjectStore& objects() { return objects_; }

  // Stores the serialised bytes of a task's artifact. `content` is hashed and written from where it
  // is: give the mapping of a large one.
  Result<BlobReference> PutBlob(std::string_view content);
  // kNotFound when it is not there, kCorrupt when it is damaged.
  Result<std::string> GetBlob(const Digest& sha256);
  // As GetBlob, but what is stored uncompressed on this machine is left where it is. It is read
  // once by this Datastore, to be verified; later calls trust it.
  Result<OpenedBlob> OpenBlob(const Digest& sha256);

  Result<Digest> PutContent(ContentFamily family, std::string_view bytes);
  Result<std::string> GetContent(ContentFamily family, const Digest& sha256);
  Result<bool> HasContent(ContentFamily family, const Digest& sha256);

  // Stores a package file as published, after checking that it is `sha256` (else kCorrupt). The
  // file at `path` stays.
  Result<PutOutcome> PutArtifact(const Digest& sha256, os::FileSystem& files,
                                 const std::string& path);
  // Writes the verified package file to `path`, which must not exist (kConflict).
  Status FetchArtifact(const Digest& sha256, os::FileSystem& files, const std::string& path);

  // Remembers that `request` was resolved to `resolved.lock`, replacing an older answer.
  Status PutRequest(const Digest& request, const ResolvedRequest& resolved);
  Result<std::optional<ResolvedRequest>> FindRequest(const Digest& request);

  // Remembers which wheel (an artifact) the build with these inputs gave. The first answer stays:
  // a build that is repeated need not give the same bytes.
  Status PutBuild(const Digest& inputs, const BuiltArtifact& built);
  Result<std::optional<BuiltArtifact>> FindBuild(const Digest& inputs);

 private:
  explicit Datastore(ObjectStore& objects) : objects_(objects) {}
  bool IsVerified(const Digest& blob);
  void RememberVerified(const Digest& blob);

  ObjectStore& objects_;
  std::mutex mutex_;
  std::unordered_set<Digest> verified_blobs_;  // guarded by mutex_
};

}  // namespace flowstone::store
