// What is known of Python's names without asking anybody: which project a popular module is in,
// which modules come with Python, which projects are popular. Only hints rest on it: a name that
// was not found is compared with these, and what looks like it is looked up before it is told.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace flowstone::resolve {

// The project that has the module, where their names differ: "scikit-learn" for "sklearn". `module`
// is normalised like the name of a project (PEP 503).
std::optional<std::string_view> ProjectOfModule(std::string_view module);

// Whether the module is one of the standard library; normalised as above.
bool IsStandardModule(std::string_view module);

// Names of projects that are asked for often, normalised.
std::span<const std::string_view> PopularProjects();

}  // namespace flowstone::resolve
