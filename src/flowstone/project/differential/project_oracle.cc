// project_oracle: says what this module and `lock` read in a text, so that tests/differential can
// compare them with pip and `packaging`. Test only.
//
//   project_oracle files FILE…   requirements files: a JSON value each. The working directory is
//                                that of the files.
//   project_oracle texts         a JSON object a line on standard input, {kind, text, …}, and a
//                                JSON value a line on standard output: null for what is refused
#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/project/requirements_file.h"
#include "flowstone/project/script_metadata.h"

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

int ReadFiles(const std::vector<std::string>& names) {
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
  for (const std::string& name : names) {
    const auto file = ReadRequirementsFile(name, FileRole::kRequirements, context);
    const Json answer = file ? Describe(*file) : Json{{"error", file.error().ToString()}};
    std::printf("%s\n", answer.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  }
  return 0;
}

Json TextsOf(const std::vector<WrittenRequirement>& requirements) {
  Json list = Json::array();
  for (const WrittenRequirement& written : requirements) {
    list.push_back(written.requirement.ToString());
  }
  return list;
}

// The requirements of each group that the question asks for.
Json AnswerGroups(const Json& question) {
  const auto project =
      ParsePyProject(question.at("text").get<std::string>(), "pyproject.toml", "/work");
  if (!project) {
    return nullptr;
  }
  Json answers = Json::array();
  for (const Json& asked : question.at("groups")) {
    const auto name = pypi::GroupName::Parse(asked.get<std::string>());
    const auto group = name ? project->groups.Expand(*name)
                            : Result<std::vector<WrittenRequirement>>(name.error());
    answers.push_back(group ? TextsOf(*group) : Json(nullptr));
  }
  return answers;
}

// False when the text has no block.
Json AnswerScript(const Json& question) {
  const auto script =
      ParseScriptMetadata(question.at("text").get<std::string>(), "script.py", "/work");
  if (!script) {
    return nullptr;
  }
  if (!*script) {
    return false;
  }
  return {{"requires_python", (*script)->requires_python.ToString()},
          {"dependencies", TextsOf((*script)->dependencies)}};
}

// The lock as it is written again.
Json AnswerLock(const Json& question) {
  const auto lock = lock::ParseLock(question.at("text").get<std::string>());
  return lock ? Json(lock::WriteLock(*lock)) : Json(nullptr);
}

int ReadTexts() {
  static const std::map<std::string, Json (*)(const Json&)> answers = {
      {"groups", AnswerGroups}, {"script", AnswerScript}, {"lock", AnswerLock}};
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json question = Json::parse(line);
    const Json answer = answers.at(question.at("kind").get<std::string>())(question);
    std::printf("%s\n", answer.dump().c_str());
  }
  return 0;
}

int Run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "files") {
    return ReadFiles({arguments.begin() + 1, arguments.end()});
  }
  if (arguments == std::vector<std::string>{"texts"}) {
    return ReadTexts();
  }
  std::fprintf(stderr, "usage: project_oracle files FILE... | project_oracle texts\n");
  return 2;
}

}  // namespace
}  // namespace flowstone::project

int main(int count, char** arguments) {
  try {
    return flowstone::project::Run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "project_oracle: %s\n", error.what());
    return 1;
  }
}
