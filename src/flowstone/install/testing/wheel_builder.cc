#include "flowstone/install/testing/wheel_builder.h"

#include <utility>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/record.h"
#include "flowstone/testing/zip_builder.h"

namespace flowstone::install {

WheelBuilder::WheelBuilder(std::string name, std::string version)
    : name_(std::move(name)),
      version_(std::move(version)),
      wheel_file_(
          "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
      metadata_("Metadata-Version: 2.1\nName: " + name_ + "\nVersion: " + version_ + "\n") {}

WheelBuilder& WheelBuilder::Add(std::string path, std::string content, std::uint32_t mode) {
  files_.push_back({.path = std::move(path), .content = std::move(content), .mode = mode});
  return *this;
}

WheelBuilder& WheelBuilder::AddUnlisted(std::string path, std::string content) {
  files_.push_back({.path = std::move(path), .content = std::move(content), .is_listed = false});
  return *this;
}

WheelBuilder& WheelBuilder::AddRecordLine(std::string line) {
  record_lines_.push_back(std::move(line));
  return *this;
}

WheelBuilder& WheelBuilder::SetEntryPoints(std::string_view text) {
  return Add(DistInfo() + "/entry_points.txt", std::string(text));
}

WheelBuilder& WheelBuilder::SetWheelFile(std::optional<std::string> text) {
  wheel_file_ = std::move(text);
  return *this;
}

WheelBuilder& WheelBuilder::SetMetadata(std::string text) {
  metadata_ = std::move(text);
  return *this;
}

std::string WheelBuilder::DistInfo() const {
  return name_ + "-" + version_ + ".dist-info";
}

std::string WheelBuilder::FileName() const {
  return name_ + "-" + version_ + "-py3-none-any.whl";
}

std::string WheelBuilder::Build() const {
  std::vector<File> files = files_;
  files.push_back({.path = DistInfo() + "/METADATA", .content = metadata_});
  if (wheel_file_) {
    files.push_back({.path = DistInfo() + "/WHEEL", .content = *wheel_file_});
  }
  testing::ZipBuilder zip;
  std::string record;
  for (const File& file : files) {
    zip.Add({.name = file.path, .content = file.content, .mode = file.mode});
    if (file.is_listed) {
      const pypi::RecordRow row =
          pypi::RecordRow::Of(file.path, Digest::Of(file.content), file.content.size());
      record += pypi::WriteRecord({&row, 1});
    }
  }
  for (const std::string& line : record_lines_) {
    record += line + "\n";
  }
  zip.Add(DistInfo() + "/RECORD", record + DistInfo() + "/RECORD,,\n");
  return zip.Build();
}

WheelArtifact WheelBuilder::Artifact(std::string location) const {
  const std::string bytes = Build();
  return {.name = pypi::NormalizeName(name_),
          .version = version_,
          .file_name = FileName(),
          .location = std::move(location),
          .digest = Digest::Of(bytes),
          .size = bytes.size()};
}

}  // namespace flowstone::install
