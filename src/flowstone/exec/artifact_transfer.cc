#include "flowstone/exec/artifact_transfer.h"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/mapped_file.h"

namespace flowstone::exec {
namespace {

bool CannotShrink(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (static_cast<unsigned>(seals) & F_SEAL_SHRINK) != 0;
}

// Bytes [offset, offset + size) of a file, whatever its position.
Result<std::string> ReadRange(int fd, std::uint64_t offset, std::uint64_t size) {
  std::string content(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count =
        ::pread(fd, content.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count > 0) {
      filled += static_cast<std::size_t>(count);
    } else if (count == 0) {
      return Error{.code = ErrorCode::kCorrupt, .message = "the file of the content is too short"};
    } else if (errno != EINTR) {
      return os::ErrnoError(errno, "read the content");
    }
  }
  return content;
}

Result<os::UniqueFd> SealedMemoryFile(std::string_view content) {
  os::UniqueFd file(::memfd_create("artifact", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) {
    return os::ErrnoError(errno, "create a memory file");
  }
  FLOWSTONE_TRY(os::WriteAll(file.get(), content, "memory file"));
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) !=
      0) {
    return os::ErrnoError(errno, "seal a memory file");
  }
  return file;
}

Result<OutgoingFrame> ContentFrame(ArtifactStore& store, ContentCache& cache,
                                   const Digest& sha256) {
  if (std::optional<ContentCache::Content> cached = cache.Find(sha256); cached) {
    return BlobFrame(sha256, std::move(cached->file), 0, cached->size);
  }
  FLOWSTONE_LET(OpenedArtifact content, store.Open(sha256));
  const bool is_inline = content.size <= kMaxInlineContent;
  if (content.file && is_inline) {
    FLOWSTONE_LET(content.bytes, ReadRange(content.file.get(), content.offset, content.size));
  }
  if (is_inline) {
    return BlobFrame(sha256, std::move(content.bytes));
  }
  if (!content.file) {
    FLOWSTONE_LET(content.file, SealedMemoryFile(content.bytes));
    cache.Insert(sha256, content.file, content.size);
  }
  return BlobFrame(sha256, std::move(content.file), content.offset, content.size);
}

}  // namespace

Result<Digest> StoreArtifact(ArtifactStore& store, const ArtifactMessage& artifact) {
  const int fd = artifact.descriptor.get();
  if (fd < 0) {
    return store.Put(artifact.payload);
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return os::ErrnoError(errno, "look at the file of the content");
  }
  if (static_cast<std::uint64_t>(status.st_size) != artifact.size) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "its file has " + std::to_string(status.st_size) + " bytes, not " +
                            std::to_string(artifact.size)};
  }
  if (CannotShrink(fd)) {
    FLOWSTONE_LET(const os::MappedFile mapping, os::MappedFile::MapFd(fd, artifact.name));
    return store.Put(mapping.bytes());
  }
  FLOWSTONE_LET(const std::string content, ReadRange(fd, 0, artifact.size));
  return store.Put(content);
}

OutgoingFrame AnswerGet(ArtifactStore& store, ContentCache& cache, const Digest& sha256) {
  Result<OutgoingFrame> frame = ContentFrame(store, cache, sha256);
  return frame ? *std::move(frame) : BlobErrorFrame(sha256, frame.error().message);
}

}  // namespace flowstone::exec
