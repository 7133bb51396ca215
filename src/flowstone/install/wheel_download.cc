#include "flowstone/install/wheel_download.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/index/status_error.h"
#include "flowstone/net/content_range.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"

namespace flowstone::install {
namespace {

constexpr std::size_t kDownloadPiece = std::size_t{1} << 20U;
// Larger than any wheel that was seen, for locks that do not say the size.
constexpr std::uint64_t kSizeLimit = std::uint64_t{16} << 30U;

Error WrongSize(const WheelArtifact& wheel, std::uint64_t actual, const std::string& origin) {
  return {.code = ErrorCode::kCorrupt,
          .message = wheel.file_name + " from " + origin + " has " + std::to_string(actual) +
                     " bytes, but the lock says " + std::to_string(wheel.size.value_or(0))};
}

Status Check(const WheelArtifact& wheel, std::uint64_t size, const Digest& digest,
             const std::string& origin) {
  if (wheel.size && *wheel.size != size) {
    return WrongSize(wheel, size, origin);
  }
  if (digest != wheel.digest) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = wheel.file_name + " from " + origin + " has the sha256 " +
                            digest.ToString() + ", but the lock says " + wheel.digest.ToString()}
        .WithHint("the file changed after it was locked: lock again when that is expected");
  }
  return Ok();
}

// Writes a body to a file and hashes it. A 200 starts the file anew; a 206 continues it.
class FileSink final : public net::BodySink {
 public:
  FileSink(os::FileSystem& filesystem, ProgressSink& progress, std::string path)
      : filesystem_(filesystem), progress_(progress), path_(std::move(path)) {}

  Status Start(int status, const net::Headers& headers) override {
    is_content_ = status == 200 || status == 206;
    if (status == 206) {
      return Continue(headers);
    }
    if (status == 200) {
      hasher_ = Hasher();
      received_ = 0;
      FLOWSTONE_LET(file_, filesystem_.OpenOutput(path_, os::Existing::kReplace, 0644));
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
    if (received_ > reported_) {
      progress_.Advance(Phase::kDownload, received_ - reported_, "");
      reported_ = received_;
    }
    return Ok();
  }

  Result<Digest> Finish() {
    if (file_ != nullptr) {
      FLOWSTONE_TRY(file_->Close());
      file_.reset();
    }
    return hasher_.Finish();
  }
  std::uint64_t received() const { return received_; }

 private:
  Status Continue(const net::Headers& headers) {
    const std::optional<net::ContentRange> range =
        net::ParseContentRange(headers.Get("content-range").value_or(""));
    if (file_ == nullptr || !range || range->offset != received_) {
      return Error{.code = ErrorCode::kUnavailable,
                   .message = "the server continued at another place than asked"};
    }
    return Ok();
  }

  os::FileSystem& filesystem_;
  ProgressSink& progress_;
  std::string path_;
  std::unique_ptr<os::OutputFile> file_;
  Hasher hasher_;
  std::uint64_t received_ = 0;
  std::uint64_t reported_ = 0;  // progress never goes back
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

}  // namespace

bool IsLocal(const WheelArtifact& wheel) {
  return wheel.location.starts_with('/') || wheel.location.starts_with("file:");
}

Status DownloadWheel(os::FileSystem& filesystem, net::Transport& transport, ProgressSink& progress,
                     const WheelArtifact& wheel, const std::string& path) {
  FLOWSTONE_LET(const net::Url url, net::Url::Parse(wheel.location));
  const std::string origin = url.WithoutFragment().Redacted();
  FileSink sink(filesystem, progress, path);
  net::Request request{.url = url.WithoutFragment().ToString(),
                       .headers = {},
                       .body = {},
                       .range = {},
                       .sink = &sink,
                       .body_limit = wheel.size.value_or(kSizeLimit)};
  Result<net::Response> response = net::Fetch(transport, request);
  if (!response && response.error().code == ErrorCode::kUnavailable && sink.received() > 0) {
    request.range = net::ByteRange{.first = sink.received(), .last = {}, .suffix = {}};
    response = net::Fetch(transport, request);
  }
  if (!response) {
    return std::move(response.error());
  }
  if (response->status != 200 && response->status != 206) {
    return BadStatus(wheel, *response, url);
  }
  const std::uint64_t received = sink.received();
  FLOWSTONE_LET(const Digest digest, sink.Finish());
  return Check(wheel, received, digest, origin);
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

Status CopyLocalWheel(os::FileSystem& filesystem, const WheelArtifact& wheel,
                      const std::string& path) {
  std::string from = wheel.location;
  if (!from.starts_with('/')) {
    FLOWSTONE_LET(const net::Url url, net::Url::Parse(from));
    from = url.DecodedPath();
  }
  return CopyWheel(filesystem, wheel, from, path);
}

Status VerifyWheel(os::FileSystem& filesystem, const WheelArtifact& wheel, const std::string& path,
                   const std::string& origin) {
  FLOWSTONE_LET(const os::FileDigest actual, os::DigestOfFile(filesystem, path));
  return Check(wheel, actual.size, actual.digest, origin);
}

}  // namespace flowstone::install
