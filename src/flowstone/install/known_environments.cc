#include "flowstone/install/known_environments.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/install/environment_spec.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

template <class Names>
std::string Sorted(const Names& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto& name : names) {
    texts.push_back(name.ToString());
  }
  std::ranges::sort(texts);
  return JoinText(texts, ",");
}

// An environment without packages stands for the interpreter, the layout and how bytecode is used.
Digest KeyOf(const LockUsage& usage) {
  const EnvironmentSpec empty{
      .interpreter = usage.interpreter, .packages = {}, .bytecode = usage.bytecode};
  std::string text = "flowstone-known 1\n" + EnvironmentId(empty).ToString() + "\n";
  text.append(Digest::Of(usage.text).ToString()).append("\n");
  text.append(Sorted(usage.selection.extras)).append("\n");
  text.append(usage.selection.groups ? "=" + Sorted(*usage.selection.groups) : "").append("\n");
  return Digest::Of(text.append(usage.directory));
}

std::string PathOf(const CacheLayout& layout, const LockUsage& usage) {
  return os::JoinPath(layout.known(), KeyOf(usage).ToString());
}

}  // namespace

std::optional<KnownEnvironment> KnownEnvironments::Find(const LockUsage& usage) const {
  return Read(PathOf(layout_, usage));
}

std::optional<KnownEnvironment> KnownEnvironments::Read(const std::string& path) const {
  const Result<std::string> text = filesystem_.ReadFile(path);
  if (!text) {
    return std::nullopt;
  }
  const std::size_t space = text->find(' ');
  const Result<Digest> id = Digest::Parse(std::string_view(*text).substr(0, space));
  if (!id || space == std::string::npos) {
    return std::nullopt;
  }
  KnownEnvironment found{.id = *id};
  const char* const end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data() + space + 1, end, found.package_count);
  const bool is_whole = error == std::errc() && std::string_view(rest, end) == "\n";
  return is_whole ? std::optional(found) : std::nullopt;
}

void KnownEnvironments::Remember(const LockUsage& usage,
                                 const KnownEnvironment& environment) const {
  const std::string path = PathOf(layout_, usage);
  if (Read(path) == environment) {
    return;
  }
  const std::string line =
      environment.id.ToString() + " " + std::to_string(environment.package_count) + "\n";
  if (os::MakeDirectories(filesystem_, layout_.known())) {
    // What cannot be remembered is found out again.
    static_cast<void>(os::ReplaceFile(filesystem_, path, line, 0644));
  }
}

}  // namespace flowstone::install
