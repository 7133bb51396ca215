#include "flowstone/store/datastore.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "flowstone/os/file_operations.h"
#include "flowstone/store/blob_format.h"
#include "flowstone/store/object_key.h"

namespace flowstone::store {
namespace {

constexpr const char* kVersionKey = "version";
constexpr std::string_view kVersionPrefix = "flowstone-datastore ";
constexpr std::string_view kVersionText = "flowstone-datastore 1\n";
constexpr std::uint64_t kChunkSize = std::uint64_t{4} << 20U;

std::string BlobKey(const Digest& sha256) {
  return ContentKey("blob", sha256);
}

std::string RequestKey(const Digest& request) {
  return ContentKey("req", request);
}

std::string BuildKey(const Digest& inputs) {
  return ContentKey("build", inputs);
}

Error Damaged(const std::string& key, const Digest& found) {
  return Error{
      .code = ErrorCode::kCorrupt,
      .message = "object '" + key + "' is damaged: its content has the sha256 " + found.ToString(),
      .hints = {"`flowstone store verify` lists everything that is damaged"}};
}

Status CheckDigest(const std::string& key, const Digest& expected, const Digest& found) {
  return found == expected ? Ok() : Status(Damaged(key, found));
}

// The digest of bytes [offset, end) of an object, read in chunks.
Result<Digest> HashRange(ObjectStore& objects, const std::string& key, std::uint64_t offset,
                         std::uint64_t end) {
  Hasher hasher;
  while (offset < end) {
    const std::uint64_t length = std::min(kChunkSize, end - offset);
    FLOWSTONE_LET(const std::string chunk, objects.GetRange(key, offset, length));
    hasher.Update(chunk);
    offset += length;
  }
  return hasher.Finish();
}

// Copies an object of `size` bytes into `file` and returns the digest of what was written.
Result<Digest> CopyObject(ObjectStore& objects, const std::string& key, std::uint64_t size,
                          os::OutputFile& file) {
  Hasher hasher;
  for (std::uint64_t offset = 0; offset < size; offset += kChunkSize) {
    const std::uint64_t length = std::min(kChunkSize, size - offset);
    FLOWSTONE_LET(const std::string chunk, objects.GetRange(key, offset, length));
    hasher.Update(chunk);
    FLOWSTONE_TRY(file.Write(chunk));
  }
  FLOWSTONE_TRY(file.Close());
  return hasher.Finish();
}

// Whether the object of `stored_size` bytes is as long as the blob it should be: what a power cut
// tears is noticed when the same content is stored again.
Result<bool> IsWholeBlob(ObjectStore& objects, const std::string& key, std::uint64_t stored_size,
                         std::uint64_t content_size) {
  if (stored_size < kBlobHeaderSize) {
    return false;
  }
  FLOWSTONE_LET(const std::string bytes, objects.GetRange(key, 0, kBlobHeaderSize));
  const Result<BlobHeader> header = BlobHeader::Parse(bytes);
  return header && header->size == content_size &&
         (header->encoding != BlobEncoding::kStored ||
          stored_size == kBlobHeaderSize + content_size);
}

Status CheckVersion(const std::string& text) {
  if (text == kVersionText) {
    return Ok();
  }
  if (!text.starts_with(kVersionPrefix)) {
    return Error{.code = ErrorCode::kInvalid, .message = "this is no datastore of flowstone"};
  }
  const std::string version =
      text.substr(kVersionPrefix.size(), text.find('\n') - kVersionPrefix.size());
  return Error{.code = ErrorCode::kInvalid,
               .message = "the datastore has version " + version + ", which is not version 1",
               .hints = {"use the version of flowstone that made it, or a newer one"}};
}

}  // namespace

std::string_view ContentFamilyName(ContentFamily family) {
  switch (family) {
    case ContentFamily::kArtifact:
      return "art";
    case ContentFamily::kLock:
      return "lock";
    case ContentFamily::kTree:
      return "tree";
    case ContentFamily::kPack:
      return "pack";
  }
  FLOWSTONE_CHECK(false);
}

Result<std::unique_ptr<Datastore>> Datastore::Open(ObjectStore& objects, MissingDatastore missing) {
  Result<std::string> version = objects.Get(kVersionKey);
  if (!version && version.error().code == ErrorCode::kNotFound) {
    if (missing == MissingDatastore::kRefuse) {
      return Error{.code = ErrorCode::kNotFound,
                   .message = "there is no datastore",
                   .hints = {"the first run of a flow makes one"}};
    }
    FLOWSTONE_TRY(objects.PutIfAbsent(kVersionKey, kVersionText));
    version = objects.Get(kVersionKey);  // another process may have been first
  }
  FLOWSTONE_TRY(version);
  FLOWSTONE_TRY(CheckVersion(*version));
  return std::unique_ptr<Datastore>(new Datastore(objects));
}

bool Datastore::IsVerified(const Digest& blob) {
  const std::lock_guard lock(mutex_);
  return verified_blobs_.contains(blob);
}

void Datastore::RememberVerified(const Digest& blob) {
  const std::lock_guard lock(mutex_);
  verified_blobs_.insert(blob);
}

Result<BlobReference> Datastore::PutBlob(std::string_view content) {
  const BlobReference reference{.sha256 = Digest::Of(content), .size = content.size()};
  const std::string key = BlobKey(reference.sha256);
  FLOWSTONE_LET(const std::optional<std::uint64_t> stored_size, objects_.Head(key));
  if (stored_size) {
    FLOWSTONE_LET(const bool whole, IsWholeBlob(objects_, key, *stored_size, content.size()));
    if (whole) {
      return reference;
    }
    FLOWSTONE_TRY(objects_.Remove(key));
  }
  const EncodedBlob blob(content);
  FLOWSTONE_LET(const PutOutcome outcome, objects_.PutPiecesIfAbsent(key, blob.Pieces()));
  if (outcome == PutOutcome::kStored) {
    RememberVerified(reference.sha256);  // these very bytes were hashed a moment ago
  }
  return reference;
}

Result<std::string> Datastore::GetBlob(const Digest& sha256) {
  const std::string key = BlobKey(sha256);
  FLOWSTONE_LET(std::string blob, objects_.Get(key));
  FLOWSTONE_LET(std::string content,
                Annotate(DecodeBlob(std::move(blob)), "while reading object '" + key + "'"));
  FLOWSTONE_TRY(CheckDigest(key, sha256, Digest::Of(content)));
  return content;
}

Result<OpenedBlob> Datastore::OpenBlob(const Digest& sha256) {
  const std::string key = BlobKey(sha256);
  FLOWSTONE_LET(const std::optional<std::uint64_t> stored_size, objects_.Head(key));
  const std::optional<std::string> path = objects_.LocalPath(key);
  if (path && stored_size && *stored_size >= kBlobHeaderSize) {
    FLOWSTONE_LET(const std::string bytes, objects_.GetRange(key, 0, kBlobHeaderSize));
    FLOWSTONE_LET(const BlobHeader header,
                  Annotate(BlobHeader::Parse(bytes), "while reading object '" + key + "'"));
    if (header.encoding == BlobEncoding::kStored && *stored_size == kBlobHeaderSize + header.size) {
      if (!IsVerified(sha256)) {
        FLOWSTONE_LET(const Digest found, HashRange(objects_, key, kBlobHeaderSize, *stored_size));
        FLOWSTONE_TRY(CheckDigest(key, sha256, found));
        RememberVerified(sha256);
      }
      return OpenedBlob{
          .slice = FileSlice{.path = *path, .offset = kBlobHeaderSize, .size = header.size},
          .bytes = {}};
    }
  }
  FLOWSTONE_LET(std::string content, GetBlob(sha256));
  return OpenedBlob{.slice = std::nullopt, .bytes = std::move(content)};
}

Result<Digest> Datastore::PutContent(ContentFamily family, std::string_view bytes) {
  const Digest sha256 = Digest::Of(bytes);
  FLOWSTONE_TRY(objects_.PutIfAbsent(ContentKey(ContentFamilyName(family), sha256), bytes));
  return sha256;
}

Result<std::string> Datastore::GetContent(ContentFamily family, const Digest& sha256) {
  const std::string key = ContentKey(ContentFamilyName(family), sha256);
  FLOWSTONE_LET(std::string bytes, objects_.Get(key));
  FLOWSTONE_TRY(CheckDigest(key, sha256, Digest::Of(bytes)));
  return bytes;
}

Result<bool> Datastore::HasContent(ContentFamily family, const Digest& sha256) {
  FLOWSTONE_LET(const std::optional<std::uint64_t> size,
                objects_.Head(ContentKey(ContentFamilyName(family), sha256)));
  return size.has_value();
}

Result<PutOutcome> Datastore::PutArtifact(const Digest& sha256, os::FileSystem& files,
                                          const std::string& path) {
  FLOWSTONE_LET(const bool there, HasContent(ContentFamily::kArtifact, sha256));
  if (there) {
    return PutOutcome::kAlreadyThere;
  }
  FLOWSTONE_LET(const os::FileDigest found, os::DigestOfFile(files, path));
  if (found.digest != sha256) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "'" + path + "' has the sha256 " + found.digest.ToString() + ", not " +
                            sha256.ToString()};
  }
  return objects_.PutFileIfAbsent(ContentKey(ContentFamilyName(ContentFamily::kArtifact), sha256),
                                  path, FileHandover::kCopy);
}

Status Datastore::FetchArtifact(const Digest& sha256, os::FileSystem& files,
                                const std::string& path) {
  const std::string key = ContentKey(ContentFamilyName(ContentFamily::kArtifact), sha256);
  FLOWSTONE_LET(const std::optional<std::uint64_t> size, objects_.Head(key));
  if (!size) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "the datastore does not have the package " + sha256.ToString()};
  }
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                files.OpenOutput(path, os::Existing::kRefuse, 0644));
  const Result<Digest> found = CopyObject(objects_, key, *size, *file);
  Status status = found ? CheckDigest(key, sha256, *found) : Status(found.error());
  if (!status) {
    (void)files.RemoveFile(path);  // the first failure is the one to report
  }
  return status;
}

Status Datastore::PutRequest(const Digest& request, const ResolvedRequest& resolved) {
  const nlohmann::json record = {
      {"version", 1}, {"lock", resolved.lock.ToString()}, {"created_ms", resolved.created_ms}};
  return objects_.Replace(RequestKey(request), record.dump() + "\n");
}

Result<std::optional<ResolvedRequest>> Datastore::FindRequest(const Digest& request) {
  const std::string key = RequestKey(request);
  const Result<std::string> text = objects_.Get(key);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) {
      return std::optional<ResolvedRequest>();
    }
    return text.error();
  }
  const nlohmann::json record = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const bool is_record = record.is_object() && record.value("version", nlohmann::json()) == 1 &&
                         record.contains("lock") && record["lock"].is_string() &&
                         record.contains("created_ms") && record["created_ms"].is_number_integer();
  if (!is_record) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "object '" + key + "' is no record of a resolved request"};
  }
  FLOWSTONE_LET(const Digest lock, Digest::Parse(record["lock"].get<std::string>()));
  return std::optional(ResolvedRequest{.lock = lock, .created_ms = record["created_ms"]});
}

Status Datastore::PutBuild(const Digest& inputs, const BuiltArtifact& built) {
  const nlohmann::json record = {
      {"version", 1}, {"wheel", built.wheel.ToString()}, {"file_name", built.file_name}};
  FLOWSTONE_TRY(objects_.PutIfAbsent(BuildKey(inputs), record.dump() + "\n"));
  return Ok();
}

Result<std::optional<BuiltArtifact>> Datastore::FindBuild(const Digest& inputs) {
  const std::string key = BuildKey(inputs);
  const Result<std::string> text = objects_.Get(key);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) {
      return std::optional<BuiltArtifact>();
    }
    return text.error();
  }
  const nlohmann::json record = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const bool is_record = record.is_object() && record.value("version", nlohmann::json()) == 1 &&
                         record.contains("wheel") && record["wheel"].is_string() &&
                         record.contains("file_name") && record["file_name"].is_string();
  if (!is_record) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "object '" + key + "' is no record of a build"};
  }
  FLOWSTONE_LET(const Digest wheel, Digest::Parse(record["wheel"].get<std::string>()));
  return std::optional(
      BuiltArtifact{.wheel = wheel, .file_name = record["file_name"].get<std::string>()});
}

}  // namespace flowstone::store
