// requirements_oracle: reads the requirements files that it is given and prints what they say, one
// JSON value per file, so that tests/differential/test_requirements_files.py can compare this
// module with pip. The working directory is that of the files. Test only.
#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <string>

#include "flowstone/os/environment.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/project/requirements_file.h"

namespace flowstone::project {
namespace {

using Json = nlohmann::json;

Json Describe(const WrittenRequirement& written) {
  Json extras = Json::array();
  for (const pypi::ExtraName& extra : written.requirement.extras) {
    extras.push_back(extra.ToString());
  }
  Json hashes = Json::array();
  for (const FileHash& hash : written.hashes) {
    hashes.push_back(hash.algorithm + ":" + hash.hex);
  }
  return {{"line", written.source.ToString()},
          {"name", written.requirement.name.ToString()},
          {"extras", extras},
          {"specifiers", written.requirement.specifiers.ToString()},
          {"url", written.requirement.url},
          {"marker", written.requirement.marker.ToString()},
          {"editable", written.editing == Editing::kEditable},
          {"hashes", hashes},
          {"config_settings", written.config_settings}};
}

Json Describe(const std::vector<WrittenRequirement>& requirements) {
  Json list = Json::array();
  for (const WrittenRequirement& written : requirements) {
    list.push_back(Describe(written));
  }
  return list;
}

Json Describe(const std::vector<SourcedText>& texts) {
  Json list = Json::array();
  for (const SourcedText& text : texts) {
    list.push_back(text.text);
  }
  return list;
}

Json Describe(const ChosenNames& chosen) {
  Json list = Json::array();
  if (chosen.scope == ChosenNames::Scope::kAll) {
    list.push_back(":all:");
  }
  for (const pypi::Name& name : chosen.names) {
    list.push_back(name.ToString());
  }
  return list;
}

Json Describe(const RequirementsFile& file) {
  const FileOptions& options = file.options;
  return {{"requirements", Describe(file.requirements)},
          {"constraints", Describe(file.constraints)},
          {"index_url", options.index_url ? Json(options.index_url->text) : Json()},
          {"extra_index_urls", Describe(options.extra_index_urls)},
          {"find_links", Describe(options.find_links)},
          {"trusted_hosts", Describe(options.trusted_hosts)},
          {"no_index", options.no_index},
          {"require_hashes", options.require_hashes.value_or(false)},
          {"only_binary", Describe(options.binaries.first())},
          {"no_binary", Describe(options.binaries.second())},
          {"pre", options.releases.first().scope == ChosenNames::Scope::kAll}};
}

int Run(int count, char** arguments) {
  os::PosixFileSystem files;
  const auto directory = files.RealPath(".");
  if (!directory) {
    return 1;
  }
  const os::Environment environment = os::Environment::FromProcess();
  const RequirementsContext context{
      .working_directory = *directory,
      .environment = environment,
      .read = [&](const std::string& place) { return files.ReadFile(place); },
      .exists =
          [&](const std::string& path) {
            const auto exists = os::Exists(files, path);
            return exists && *exists;
          }};
  for (int i = 1; i < count; ++i) {
    const auto file = ReadRequirementsFile(arguments[i], FileRole::kRequirements, context);
    const Json answer = file ? Describe(*file) : Json{{"error", file.error().ToString()}};
    std::printf("%s\n", answer.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  }
  return 0;
}

}  // namespace
}  // namespace flowstone::project

int main(int count, char** arguments) {
  try {
    return flowstone::project::Run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "requirements_oracle: %s\n", error.what());
    return 1;
  }
}
