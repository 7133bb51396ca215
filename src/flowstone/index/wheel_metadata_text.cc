#include "flowstone/index/wheel_metadata_text.h"

#include <vector>

#include "flowstone/archive/zip_reader.h"
#include "flowstone/base/text.h"

namespace flowstone::index {
namespace {

constexpr std::uint64_t kLargestMetadataMember = 8ULL << 20U;  // bytes
constexpr std::string_view kMetadataSuffix = ".dist-info/METADATA";

Error BrokenWheel(const std::string& reason) {
  return Error{.code = ErrorCode::kCorrupt, .message = "the wheel " + reason};
}

// The METADATA member at the top level. Sloppily repacked wheels have several; then the one of the
// project counts.
Result<const archive::ZipMember*> FindMetadata(const archive::ZipReader& reader,
                                               const pypi::Name& project) {
  std::vector<const archive::ZipMember*> all;
  std::vector<const archive::ZipMember*> own;
  for (const archive::ZipMember& member : reader.members()) {
    const std::string_view name = member.name;
    if (!name.ends_with(kMetadataSuffix) || name.find('/') != name.rfind('/')) {
      continue;
    }
    all.push_back(&member);
    if (pypi::NormalizeName(name.substr(0, name.find('-'))) == project.ToString()) {
      own.push_back(&member);
    }
  }
  if (own.size() == 1) {
    return own.front();
  }
  if (all.size() == 1) {
    return all.front();
  }
  return BrokenWheel(all.empty() ? "has no .dist-info/METADATA"
                                 : "has several .dist-info directories");
}

}  // namespace

Result<std::string> ReadWheelMetadata(archive::ByteSource& wheel, const pypi::Name& project) {
  FLOWSTONE_LET(
      const archive::ZipReader reader,
      archive::ZipReader::Open(wheel, archive::ZipLimits(), archive::ZipChecks::kNamedMembers));
  FLOWSTONE_LET(const archive::ZipMember* const member, FindMetadata(reader, project));
  if (member->size > kLargestMetadataMember) {
    return BrokenWheel("has a METADATA of " + std::to_string(member->size) + " bytes");
  }
  FLOWSTONE_LET(const std::string text, reader.Read(*member));
  return MetadataFields(text);
}

Result<std::string> MetadataFields(std::string_view text) {
  std::string fields;
  bool has_version = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.empty() || line == "\r") {
      break;
    }
    has_version = has_version || AsciiLower(line.substr(0, 17)) == "metadata-version:";
    fields.append(line).append("\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (!has_version) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the METADATA has no Metadata-Version field"};
  }
  return fields;
}

}  // namespace flowstone::index
