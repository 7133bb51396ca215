#include "flowstone/build/static_metadata.h"

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/os/path.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::build {
namespace {

// The text of a file that need not be there.
Result<std::optional<std::string>> ReadOptional(os::FileSystem& filesystem,
                                                const std::string& path) {
  Result<std::string> text = filesystem.ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return std::optional<std::string>();
  }
  FLOWSTONE_TRY(text);
  return std::optional(*std::move(text));
}

// Fields that decide what is installed.
constexpr std::array<const char*, 3> kDecidingFields = {"requires-dist", "requires-python",
                                                        "provides-extra"};

// The text when it binds whoever builds.
std::optional<std::string> BindingFields(const std::string& pkg_info) {
  const Result<pypi::CoreMetadata> metadata = pypi::CoreMetadata::Parse(pkg_info);
  if (!metadata || std::ranges::any_of(kDecidingFields, [&](const char* field) {
        return metadata->MayChange(field);
      })) {
    return std::nullopt;
  }
  return pkg_info.substr(0, std::min(pkg_info.find("\n\n"), pkg_info.find("\r\n\r\n"))) + "\n";
}

Result<std::string> UnderExtra(const pypi::Requirement& requirement, const pypi::ExtraName& extra) {
  FLOWSTONE_LET(const pypi::Marker condition,
                pypi::Marker::Parse("extra == \"" + extra.ToString() + "\""));
  pypi::Requirement conditional = requirement;
  conditional.marker =
      requirement.marker.is_always() ? condition : pypi::Marker::And(requirement.marker, condition);
  return conditional.ToString();
}

// The METADATA that a build of this project gives; nothing when a deciding field is dynamic.
Result<std::optional<std::string>> MetadataOf(const project::ProjectTable& project,
                                              const std::optional<pypi::Version>& published) {
  for (const char* field : {"dependencies", "optional-dependencies", "requires-python"}) {
    if (project.IsDynamic(field)) {
      return std::optional<std::string>();
    }
  }
  const std::optional<pypi::Version>& version = project.version ? project.version : published;
  if (!version) {
    return std::optional<std::string>();
  }
  std::string text = "Metadata-Version: 2.2\nName: " + project.name.ToString() +
                     "\nVersion: " + version->ToString() + "\n";
  if (!project.requires_python.empty()) {
    text += "Requires-Python: " + project.requires_python.ToString() + "\n";
  }
  for (const project::WrittenRequirement& written : project.dependencies) {
    text += "Requires-Dist: " + written.requirement.ToString() + "\n";
  }
  for (const auto& [extra, requirements] : project.optional_dependencies) {
    text += "Provides-Extra: " + extra.ToString() + "\n";
    for (const project::WrittenRequirement& written : requirements) {
      FLOWSTONE_LET(const std::string conditional, UnderExtra(written.requirement, extra));
      text += "Requires-Dist: " + conditional + "\n";
    }
  }
  return std::optional(std::move(text));
}

}  // namespace

Result<std::optional<std::string>> ReadStaticMetadata(
    os::FileSystem& filesystem, const std::string& directory, SourceKind kind,
    const std::optional<pypi::Version>& published) {
  if (kind == SourceKind::kSdist) {
    FLOWSTONE_LET(const std::optional<std::string> pkg_info,
                  ReadOptional(filesystem, os::JoinPath(directory, "PKG-INFO")));
    if (pkg_info) {
      if (std::optional<std::string> fields = BindingFields(*pkg_info)) {
        return fields;
      }
    }
  }
  FLOWSTONE_LET(const std::optional<std::string> pyproject,
                ReadOptional(filesystem, os::JoinPath(directory, "pyproject.toml")));
  if (!pyproject) {
    return std::optional<std::string>();
  }
  FLOWSTONE_LET(const std::optional<project::ProjectTable> table,
                project::ParseProjectTable(*pyproject, "pyproject.toml", directory));
  return table ? MetadataOf(*table, published) : std::optional<std::string>();
}

}  // namespace flowstone::build
