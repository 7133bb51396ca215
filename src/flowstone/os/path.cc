#include "flowstone/os/path.h"

#include <cstddef>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::os {
namespace {

std::string_view WithoutTrailingSlashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

// The components of the normalised path, without the root.
std::vector<std::string_view> Components(std::string_view path) {
  const bool absolute = IsAbsolutePath(path);
  std::vector<std::string_view> components;
  for (const std::string_view component : SplitText(path, '/')) {
    if (component.empty() || component == ".") {
      continue;
    }
    const bool cancels = component == ".." && !components.empty() && components.back() != "..";
    if (cancels) {
      components.pop_back();
    } else if (component != ".." || !absolute) {
      components.push_back(component);
    }
  }
  return components;
}

std::string Join(const std::vector<std::string_view>& components, std::string path) {
  for (const std::string_view component : components) {
    if (!path.empty() && !path.ends_with('/')) {
      path += '/';
    }
    path += component;
  }
  return path.empty() ? "." : path;
}

}  // namespace

std::string JoinPath(std::string_view directory, std::string_view name) {
  if (directory.empty() || IsAbsolutePath(name)) {
    return std::string(name);
  }
  std::string path(directory);
  if (!name.empty() && !path.ends_with('/')) {
    path += '/';
  }
  path += name;
  return path;
}

std::string DirName(std::string_view path) {
  path = WithoutTrailingSlashes(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return ".";
  }
  return std::string(WithoutTrailingSlashes(path.substr(0, slash == 0 ? 1 : slash)));
}

std::string BaseName(std::string_view path) {
  path = WithoutTrailingSlashes(path);
  const std::size_t slash = path.rfind('/');
  return std::string(path == "/" || slash == std::string_view::npos ? path
                                                                    : path.substr(slash + 1));
}

bool IsAbsolutePath(std::string_view path) {
  return path.starts_with('/');
}

std::string NormalizePath(std::string_view path) {
  return Join(Components(path), IsAbsolutePath(path) ? "/" : "");
}

std::string RelativePath(std::string_view from, std::string_view to) {
  FLOWSTONE_CHECK(IsAbsolutePath(from) == IsAbsolutePath(to));
  const std::vector<std::string_view> source = Components(from);
  const std::vector<std::string_view> target = Components(to);
  std::size_t shared = 0;
  while (shared < source.size() && shared < target.size() && source[shared] == target[shared]) {
    ++shared;
  }
  std::vector<std::string_view> steps(source.size() - shared, "..");
  steps.insert(steps.end(), target.begin() + static_cast<std::ptrdiff_t>(shared), target.end());
  return Join(steps, "");
}

std::string AbsolutePath(std::string_view cwd, std::string_view path) {
  FLOWSTONE_CHECK(IsAbsolutePath(cwd));
  return NormalizePath(JoinPath(cwd, path));
}

bool IsWithin(std::string_view directory, std::string_view path) {
  if (directory == "/") {
    return IsAbsolutePath(path);
  }
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace flowstone::os
