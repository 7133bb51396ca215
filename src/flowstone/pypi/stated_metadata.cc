#include "flowstone/pypi/stated_metadata.h"

#include "flowstone/base/text.h"

namespace flowstone::pypi {

CoreMetadata StatedMetadata::Of(const Version& of) const {
  CoreMetadata metadata{.metadata_version = "2.2",
                        .name = name,
                        .version = of,
                        .requires_python_text = requires_python.ToString(),
                        .requires_python = requires_python,
                        .provides_extra = provides_extra};
  metadata.requires_dist.reserve(requires_dist.size());
  for (const Requirement& requirement : requires_dist) {
    metadata.requires_dist.push_back({.text = requirement.ToString(), .requirement = requirement});
  }
  return metadata;
}

std::string StatedMetadata::ToString() const {
  std::vector<std::string> parts;
  parts.reserve(requires_dist.size() + provides_extra.size() + 1);
  for (const Requirement& requirement : requires_dist) {
    parts.push_back("requires-dist " + requirement.ToString());
  }
  if (const std::string python = requires_python.ToString(); !python.empty()) {
    parts.push_back("requires-python " + python);
  }
  for (const ExtraName& extra : provides_extra) {
    parts.push_back("provides-extra " + extra.ToString());
  }
  return parts.empty() ? "nothing" : JoinText(parts, ", ");
}

const StatedMetadata* FindStated(const std::vector<StatedMetadata>& all, const Name& name,
                                 const Version& version) {
  const StatedMetadata* of_all_versions = nullptr;
  for (const StatedMetadata& stated : all) {
    if (stated.name != name) {
      continue;
    }
    if (stated.version == version) {
      return &stated;
    }
    if (!stated.version && of_all_versions == nullptr) {
      of_all_versions = &stated;
    }
  }
  return of_all_versions;
}

const StatedMetadata* FindStated(const std::vector<StatedMetadata>& all, const Name& name) {
  const StatedMetadata* only = nullptr;
  for (const StatedMetadata& stated : all) {
    if (stated.name == name) {
      if (only != nullptr) {
        return nullptr;
      }
      only = &stated;
    }
  }
  return only != nullptr && only->version ? only : nullptr;
}

}  // namespace flowstone::pypi
