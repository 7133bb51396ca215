#include "flowstone/install/wheel_download.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/index/status_error.h"
#include "flowstone/net/content_range.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::size_t kDownloadPiece = std::size_t{1} << 20U;
// Larger than any wheel that was seen, for locks that do not say the size.
constexpr std::uint64_t kSizeLimit = std::uint64_t{16} << 30U;
// A transfer that breaks off again and again is given up when this many attempts each brought less
// than this.
constexpr int kLeanAttempts = 5;
constexpr std::chrono::nanoseconds kStaleAfter = std::chrono::hours(7 * 24);
constexpr std::uint64_t kGoodProgress = std::uint64_t{1} << 20U;

Error WrongSize(const WheelArtifact& wheel, std::uint64_t actual, const std::string& origin) {
  return {.code = ErrorCode::kCorrupt,
          .message = wheel.file_name + " from " + origin + " has " + std::to_string(actual) +
                     " bytes, but " + wheel.promised_by + " says " +
                     std::to_string(wheel.size.value_or(0))};
}

Status Check(const WheelArtifact& wheel, std::uint64_t size, const Digest& digest,
             const std::string& origin) {
  if (wheel.size && *wheel.size != size) {
    return WrongSize(wheel, size, origin);
  }
  if (digest != wheel.digest) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = wheel.file_name + " from " + origin + " has the sha256 " +
                            digest.ToString() + ", but " + wheel.promised_by + " says " +
                            wheel.digest.ToString()}
        .WithHint("the file changed after it was locked: lock again when that is expected");
  }
  return Ok();
}

// What If-Range may name of a response: a strong entity tag, else its date (RFC 9110 §13.1.5).
std::string ValidatorOf(const net::Headers& headers) {
  const std::string tag = headers.Get("etag").value_or("");
  return tag.starts_with('"') ? tag : headers.Get("last-modified").value_or("");
}

std::string ValidatorPath(const std::string& path) {
  return path + ".validator";
}

// Writes a body to a file and hashes it. A 200 starts the file anew; a 206 continues it, be it that
// an earlier attempt or an earlier process began it.
class FileSink final : public net::BodySink {
 public:
  FileSink(os::FileSystem& filesystem, ProgressSink& progress, std::string path)
      : filesystem_(filesystem), progress_(progress), path_(std::move(path)) {}

  // Counts and hashes what is in the file already. `limit`: a longer one is of no use.
  Status TakeUp(std::optional<std::uint64_t> limit) {
    Result<std::unique_ptr<os::InputFile>> file = filesystem_.OpenInput(path_);
    if (!file) {
      return file.error().code == ErrorCode::kNotFound ? Ok() : Status(file.error());
    }
    FLOWSTONE_LET(const std::uint64_t size, (*file)->Size());
    if (limit && size > *limit) {
      return StartOver();
    }
    while (true) {
      FLOWSTONE_LET(const std::string piece, (*file)->ReadAt(received_, kDownloadPiece));
      if (piece.empty()) {
        break;
      }
      hasher_.Update(piece);
      received_ += piece.size();
    }
    Report();
    return Ok();
  }

  Status Start(int status, const net::Headers& headers) override {
    is_content_ = status == 200 || status == 206;
    attempt_start_ = status == 200 ? 0 : received_;
    if (status == 206) {
      return Continue(headers);
    }
    if (status == 200) {
      FLOWSTONE_TRY(StartOver());
      FLOWSTONE_LET(file_, filesystem_.OpenOutput(path_, os::Existing::kReplace, 0644));
      if (const std::string validator = ValidatorOf(headers); !validator.empty()) {
        return os::ReplaceFile(filesystem_, ValidatorPath(path_), validator);
      }
    }
    return Ok();
  }

  Status Write(std::string_view bytes) override {
    if (!is_content_) {
      return Ok();  // the page of an error
    }
    FLOWSTONE_TRY(file_->Write(bytes));
    hasher_.Update(bytes);
    received_ += bytes.size();
    Report();
    return Ok();
  }

  bool HoldsProgress() const override { return is_content_ && received_ > attempt_start_; }

  // What If-Range should name, as far as the server told.
  std::string Validator() const {
    Result<std::string> validator = filesystem_.ReadFile(ValidatorPath(path_));
    return validator ? *std::move(validator) : std::string();
  }

  Result<Digest> Finish() {
    if (file_ != nullptr) {
      FLOWSTONE_TRY(file_->Close());
      file_.reset();
    }
    return hasher_.Finish();
  }

  // Forgets and removes what is there.
  Status StartOver() {
    hasher_ = Hasher();
    received_ = 0;
    file_.reset();
    return RemovePartialWheel(filesystem_, path_);
  }

  std::uint64_t received() const { return received_; }

 private:
  Status Continue(const net::Headers& headers) {
    const std::optional<net::ContentRange> range =
        net::ParseContentRange(headers.Get("content-range").value_or(""));
    if (!range || range->offset != received_) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "the server continued at another place than asked"};
    }
    FLOWSTONE_LET(file_, filesystem_.OpenAppend(path_, 0644));
    return Ok();
  }

  void Report() {
    if (received_ > reported_) {
      progress_.Advance(Phase::kDownload, received_ - reported_, "");
      reported_ = received_;
    }
  }

  os::FileSystem& filesystem_;
  ProgressSink& progress_;
  std::string path_;
  std::unique_ptr<os::OutputFile> file_;
  Hasher hasher_;
  std::uint64_t received_ = 0;
  std::uint64_t attempt_start_ = 0;  // what was there when the present attempt began
  std::uint64_t reported_ = 0;       // progress never goes back
  bool is_content_ = false;
};

Error BadStatus(const WheelArtifact& wheel, const net::Response& response, const net::Url& url) {
  const int status = response.status;
  if (status == 401 || status == 403) {
    return index::ErrorOfStatus(response, url);
  }
  const std::string message = wheel.file_name + " was not sent by " + url.Redacted() +
                              ": HTTP status " + std::to_string(status);
  if (status == 404 || status == 410) {
    return Error{.code = ErrorCode::kNotFound, .message = message}.WithHint(
        "the file was removed from the index: lock again");
  }
  return {.code = ErrorCode::kUnavailable, .message = message};
}

// The transfer of one wheel, over as many requests as it takes.
class WheelTransfer {
 public:
  WheelTransfer(os::FileSystem& filesystem, net::Transport& transport, ProgressSink& progress,
                const WheelArtifact& wheel, net::Url url, const std::string& path)
      : transport_(transport),
        wheel_(wheel),
        url_(std::move(url)),
        sink_(filesystem, progress, path) {}

  Status Run() {
    FLOWSTONE_TRY(sink_.TakeUp(wheel_.size));
    const bool is_continued = sink_.received() > 0;
    Status done = Complete();
    if (!done && done.error().code == ErrorCode::kCorrupt && is_continued) {
      // What an earlier process left may be of another file.
      FLOWSTONE_TRY(sink_.StartOver());
      done = Complete();
    }
    if (!done && done.error().code == ErrorCode::kCorrupt) {
      FLOWSTONE_TRY(sink_.StartOver());
    }
    return done;
  }

 private:
  // Brings what is missing, and checks the whole.
  Status Complete() {
    if (wheel_.size != sink_.received()) {
      FLOWSTONE_TRY(Receive());
    }
    const std::uint64_t received = sink_.received();
    FLOWSTONE_LET(const Digest digest, sink_.Finish());
    return Check(wheel_, received, digest, url_.WithoutFragment().Redacted());
  }

  // A transfer that breaks off is continued as long as it moves on.
  Status Receive() {
    int attempts_left = kLeanAttempts;
    while (true) {
      const std::uint64_t before = sink_.received();
      Result<net::Response> response = Ask(before);
      if (response) {
        return Judge(*response, before);
      }
      const std::uint64_t gained = sink_.received() - std::min(before, sink_.received());
      const bool is_lean = gained < kGoodProgress;
      if (response.error().code != ErrorCode::kUnavailable || gained == 0 ||
          (is_lean && --attempts_left == 0)) {
        return std::move(response.error());
      }
    }
  }

  Result<net::Response> Ask(std::uint64_t from) {
    net::Request request{.url = url_.WithoutFragment().ToString(),
                         .headers = {},
                         .body = {},
                         .range = {},
                         .sink = &sink_,
                         .body_limit = wheel_.size.value_or(kSizeLimit)};
    if (from > 0) {
      request.range = net::ByteRange{.first = from, .last = {}, .suffix = {}};
      if (const std::string validator = sink_.Validator(); !validator.empty()) {
        request.headers.Set("If-Range", validator);
      }
    }
    return net::Fetch(transport_, std::move(request));
  }

  Status Judge(const net::Response& response, std::uint64_t asked_from) {
    // Nothing is behind what is there. Whether it is the wheel, its digest tells.
    if (response.status == 200 || response.status == 206 ||
        (response.status == 416 && asked_from > 0)) {
      return Ok();
    }
    return BadStatus(wheel_, response, url_);
  }

  net::Transport& transport_;
  const WheelArtifact& wheel_;
  const net::Url url_;
  FileSink sink_;
};

}  // namespace

bool IsLocal(std::string_view location) {
  return location.starts_with('/') || location.starts_with("file:");
}

Result<std::string> LocalPath(const std::string& location) {
  if (location.starts_with('/')) {
    return location;
  }
  FLOWSTONE_LET(const net::Url url, net::Url::Parse(location));
  return url.DecodedPath();
}

Status DownloadWheel(os::FileSystem& filesystem, net::Transport& transport, ProgressSink& progress,
                     const WheelArtifact& wheel, const std::string& path) {
  FLOWSTONE_LET(net::Url url, net::Url::Parse(wheel.location));
  return WheelTransfer(filesystem, transport, progress, wheel, std::move(url), path).Run();
}

Status RemovePartialWheel(os::FileSystem& filesystem, const std::string& path) {
  for (const std::string& file : {path, ValidatorPath(path)}) {
    if (Status removed = filesystem.RemoveFile(file);
        !removed && removed.error().code != ErrorCode::kNotFound) {
      return removed;
    }
  }
  return Ok();
}

void RemoveStaleDownloads(os::FileSystem& filesystem, const CacheLayout& layout,
                          std::int64_t now_ns) {
  const Result<std::vector<os::DirectoryEntry>> entries =
      filesystem.ListDirectory(layout.downloads());
  if (!entries) {
    return;  // nothing was ever downloaded
  }
  for (const os::DirectoryEntry& entry : *entries) {
    const Result<Digest> wheel = Digest::Parse(entry.name.substr(0, entry.name.find('.')));
    const Result<os::FileInfo> info =
        filesystem.Lstat(os::JoinPath(layout.downloads(), entry.name));
    if (!wheel || !info || info->modified_ns > now_ns - kStaleAfter.count()) {
      continue;
    }
    const std::string lock_path = layout.WheelLock(*wheel);
    const Result<os::FileLock> lock =
        os::FileLock::Acquire(lock_path, os::LockMode::kExclusive, os::LockWait::kTry);
    if (lock && RemovePartialWheel(filesystem, layout.PartialWheel(*wheel))) {
      static_cast<void>(filesystem.RemoveFile(lock_path));
    }
  }
}

Status CopyWheel(os::FileSystem& filesystem, const WheelArtifact& wheel, const std::string& from,
                 const std::string& path) {
  FLOWSTONE_LET(const std::unique_ptr<os::InputFile> input, filesystem.OpenInput(from));
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> output,
                filesystem.OpenOutput(path, os::Existing::kRefuse, 0644));
  Hasher hasher;
  std::uint64_t offset = 0;
  while (true) {
    FLOWSTONE_LET(const std::string piece, input->ReadAt(offset, kDownloadPiece));
    if (piece.empty()) {
      break;
    }
    hasher.Update(piece);
    FLOWSTONE_TRY(output->Write(piece));
    offset += piece.size();
  }
  FLOWSTONE_TRY(output->Close());
  return Check(wheel, offset, hasher.Finish(), from);
}

Status VerifyWheel(os::FileSystem& filesystem, const WheelArtifact& wheel, const std::string& path,
                   const std::string& origin) {
  FLOWSTONE_LET(const os::FileDigest actual, os::DigestOfFile(filesystem, path));
  return Check(wheel, actual.size, actual.digest, origin);
}

}  // namespace flowstone::install
