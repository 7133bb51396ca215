#include "flowstone/pypi/sdist_name.h"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace flowstone::pypi {
namespace {

constexpr std::string_view kStandardExtensions[] = {".tar.gz", ".zip"};
constexpr std::string_view kPublishedExtensions[] = {".tar.gz",  ".zip",    ".tgz",
                                                     ".tar.bz2", ".tar.xz", ".tar.zst"};

Error InvalidSdistName(std::string_view filename, std::string_view reason) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + std::string(filename) +
                          "' is not a source distribution file name: " + std::string(reason)};
}

std::optional<std::string_view> StemOf(std::string_view filename,
                                       std::span<const std::string_view> extensions) {
  for (const std::string_view extension : extensions) {
    if (filename.ends_with(extension)) {
      return filename.substr(0, filename.size() - extension.size());
    }
  }
  return std::nullopt;
}

}  // namespace

Result<SdistName> SdistName::Parse(std::string_view filename) {
  const std::optional<std::string_view> stem = StemOf(filename, kStandardExtensions);
  if (!stem) {
    return InvalidSdistName(filename, "it ends neither with '.tar.gz' nor with '.zip'");
  }
  const std::size_t dash = stem->rfind('-');
  if (dash == std::string_view::npos) {
    return InvalidSdistName(filename, "there is no '-' between name and version");
  }
  const std::string frame = "while reading the file name '" + std::string(filename) + "'";
  FLOWSTONE_LET(Name name, Annotate(Name::Parse(stem->substr(0, dash)), frame));
  FLOWSTONE_LET(Version version, Annotate(Version::Parse(stem->substr(dash + 1)), frame));
  return SdistName{.name = std::move(name), .version = std::move(version)};
}

Result<SdistName> SdistName::ParseFor(const Name& project, std::string_view filename) {
  const std::optional<std::string_view> stem = StemOf(filename, kPublishedExtensions);
  if (!stem) {
    return InvalidSdistName(filename, "its extension is none of a source archive");
  }
  for (std::size_t dash = stem->find('-'); dash != std::string_view::npos;
       dash = stem->find('-', dash + 1)) {
    if (NormalizeName(stem->substr(0, dash)) == project.ToString()) {
      Result<Version> version = Version::Parse(stem->substr(dash + 1));
      if (version) {
        return SdistName{.name = project, .version = *std::move(version)};
      }
    }
  }
  return InvalidSdistName(filename, "no version of '" + project.ToString() + "' is in it");
}

}  // namespace flowstone::pypi
