#include "flowstone/index/wheel_download.h"

#include <utility>

namespace flowstone::index {

Result<std::unique_ptr<WheelDownload>> WheelDownload::Create(os::FileSystem& files,
                                                             const std::string& directory,
                                                             const std::string& stem) {
  constexpr int most_names = 1000;  // of other downloads of this wheel, here and elsewhere
  const std::string prefix = directory + "/" + stem + "-";
  for (int i = 0; i < most_names; ++i) {
    const std::string path = prefix + std::to_string(i);
    auto file = files.OpenOutput(path, os::Existing::kRefuse, 0600);
    if (file) {
      return std::unique_ptr<WheelDownload>(new WheelDownload(files, path, *std::move(file)));
    }
    if (file.error().code != ErrorCode::kConflict) {
      return std::move(file.error());
    }
  }
  return Error{.code = ErrorCode::kIo,
               .message = directory + " is full of scratch files",
               .hints = {"remove the files in it while nothing runs"}};
}

WheelDownload::WheelDownload(os::FileSystem& files, std::string path,
                             std::unique_ptr<os::OutputFile> file)
    : files_(files), path_(std::move(path)), file_(std::move(file)) {}

WheelDownload::~WheelDownload() {
  file_.reset();
  // What stays behind is found by `cache clean`.
  (void)files_.RemoveFile(path_);
}

Status WheelDownload::Start(int status, const net::Headers& /*headers*/) {
  if (begun_) {
    FLOWSTONE_LET(file_, files_.OpenOutput(path_, os::Existing::kReplace, 0600));
    (void)hasher_.Finish();
  }
  begun_ = true;
  keeping_ = status == 200;
  return Ok();
}

Status WheelDownload::Write(std::string_view bytes) {
  if (!keeping_) {
    return Ok();
  }
  hasher_.Update(bytes);
  return file_->Write(bytes);
}

Result<Digest> WheelDownload::Finish() {
  FLOWSTONE_TRY(file_->Close());
  return hasher_.Finish();
}

}  // namespace flowstone::index
