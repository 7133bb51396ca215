// WheelBuilder: makes wheels for this module's tests, with a true RECORD unless told to lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/install/wheel_artifact.h"

namespace flowstone::install {

class WheelBuilder {
 public:
  WheelBuilder(std::string name, std::string version);

  // A file, listed in RECORD; `mode` is the st_mode in the archive.
  WheelBuilder& Add(std::string path, std::string content, std::uint32_t mode = 0100644);
  // A file that RECORD does not list.
  WheelBuilder& AddUnlisted(std::string path, std::string content);
  // A line of RECORD, without its newline.
  WheelBuilder& AddRecordLine(std::string line);
  WheelBuilder& SetEntryPoints(std::string_view text);
  // Instead of the good one; nothing leaves the file out.
  WheelBuilder& SetWheelFile(std::optional<std::string> text);
  WheelBuilder& SetMetadata(std::string text);

  std::string DistInfo() const;
  std::string FileName() const;
  std::string Build() const;
  // As a lock would name it, at `location`.
  WheelArtifact Artifact(std::string location) const;

 private:
  struct File {
    std::string path;
    std::string content;
    std::uint32_t mode = 0100644;
    bool is_listed = true;
  };

  std::string name_;
  std::string version_;
  std::vector<File> files_;
  std::vector<std::string> record_lines_;
  std::optional<std::string> wheel_file_;
  std::string metadata_;
};

}  // namespace flowstone::install
