#include "flowstone/pypi/metadata.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/pypi/header_fields.h"

namespace flowstone::pypi {
namespace {

// What old tools wrote for a field they had no value for.
constexpr std::string_view kUnknown = "UNKNOWN";
// The metadata version from which fields that `Dynamic` does not name are final (PEP 643).
constexpr std::string_view kFirstWithDynamic = "2.2";

bool IsAbsent(std::string_view value) {
  return value.empty() || value == kUnknown;
}

template <class T>
Result<T> InField(std::string_view field, Result<T> result) {
  return Annotate(std::move(result), "in the field '" + std::string(field) + "'");
}

Result<std::string_view> Require(const HeaderFields& headers, std::string_view field,
                                 std::string_view spelling) {
  const std::optional<std::string_view> value = headers.Find(field);
  if (!value || IsAbsent(*value)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the metadata has no field '" + std::string(spelling) + "'"};
  }
  return *value;
}

Result<std::vector<CoreMetadata::Dependency>> ParseDependencies(const HeaderFields& headers) {
  std::vector<CoreMetadata::Dependency> dependencies;
  for (const std::string_view text : headers.FindAll("requires-dist")) {
    if (IsAbsent(text)) {
      continue;
    }
    FLOWSTONE_LET(Lenient<Requirement> parsed,
                  InField("Requires-Dist", ParseRequirementLeniently(text)));
    dependencies.push_back({.text = std::string(text),
                            .requirement = std::move(parsed.value),
                            .repairs = std::move(parsed.repairs)});
  }
  return dependencies;
}

std::vector<ExtraName> ParseExtras(const HeaderFields& headers) {
  std::vector<ExtraName> extras;
  for (const std::string_view text : headers.FindAll("provides-extra")) {
    Result<ExtraName> extra = ExtraName::Parse(text);
    if (extra && std::find(extras.begin(), extras.end(), *extra) == extras.end()) {
      extras.push_back(*std::move(extra));
    }
  }
  return extras;
}

}  // namespace

Result<CoreMetadata> CoreMetadata::Parse(std::string_view text) {
  const HeaderFields headers = HeaderFields::Parse(text);
  CoreMetadata metadata;
  metadata.metadata_version = headers.Find("metadata-version").value_or("");
  FLOWSTONE_LET(const std::string_view name, Require(headers, "name", "Name"));
  FLOWSTONE_LET(metadata.name, InField("Name", Name::Parse(name)));
  FLOWSTONE_LET(const std::string_view version, Require(headers, "version", "Version"));
  FLOWSTONE_LET(metadata.version, InField("Version", Version::Parse(version)));
  FLOWSTONE_LET(metadata.requires_dist, ParseDependencies(headers));
  const std::string_view requires_python = headers.Find("requires-python").value_or("");
  if (!IsAbsent(requires_python)) {
    metadata.requires_python_text = requires_python;
    FLOWSTONE_LET(Lenient<SpecifierSet> specifiers,
                  InField("Requires-Python", ParseSpecifiersLeniently(requires_python)));
    metadata.requires_python = std::move(specifiers.value);
  }
  metadata.provides_extra = ParseExtras(headers);
  for (const std::string_view field : headers.FindAll("dynamic")) {
    metadata.dynamic.push_back(AsciiLower(field));
  }
  return metadata;
}

bool CoreMetadata::MayChange(std::string_view field) const {
  const Result<Version> declared = Version::Parse(metadata_version);
  const bool promises = declared && *declared >= *Version::Parse(kFirstWithDynamic);
  return !promises || std::find(dynamic.begin(), dynamic.end(), field) != dynamic.end();
}

}  // namespace flowstone::pypi
