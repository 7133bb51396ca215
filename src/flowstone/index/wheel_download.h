// WheelDownload: a whole wheel on its way into a scratch file, hashed as it arrives. The file is
// removed with this object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/net/transport.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

class WheelDownload final : public net::BodySink {
 public:
  // Makes a new file in `directory`, whose name starts with `stem`. `files` outlives this.
  static Result<std::unique_ptr<WheelDownload>> Create(os::FileSystem& files,
                                                       const std::string& directory,
                                                       const std::string& stem);
  ~WheelDownload() override;
  WheelDownload(const WheelDownload&) = delete;
  WheelDownload& operator=(const WheelDownload&) = delete;

  // BodySink: keeps the bodies of successes only.
  Status Start(int status, const net::Headers& headers) override;
  Status Write(std::string_view bytes) override;

  // When the transfer has ended: closes the file and gives the digest of what is in it.
  Result<Digest> Finish();
  Result<std::unique_ptr<os::InputFile>> Open() { return files_.OpenInput(path_); }

 private:
  WheelDownload(os::FileSystem& files, std::string path, std::unique_ptr<os::OutputFile> file);

  os::FileSystem& files_;
  const std::string path_;
  std::unique_ptr<os::OutputFile> file_;
  Hasher hasher_;
  bool begun_ = false;
  bool keeping_ = false;
};

}  // namespace flowstone::index
