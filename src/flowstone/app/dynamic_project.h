// DynamicProject: a project whose pyproject.toml leaves what it depends on to its build backend
// (`dynamic`), completed with what the backend says.
#pragma once

#include <functional>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/project/pyproject.h"

namespace flowstone::app {

// The METADATA that the backend of the project in `directory` (absolute) gives. The document says
// how it is built.
using AskBackend = std::function<Result<std::string>(const std::string& directory,
                                                     const project::PyProject& document)>;

// Whether only the backend knows what the project depends on.
bool IsDynamic(const project::PyProject& document);

// The document with the dependencies, the extras and the Python versions of the METADATA in the
// place of those that it leaves open; what it states stays. REQUIRES: it has a project.
Result<project::PyProject> WithMetadata(project::PyProject document, const std::string& metadata);

}  // namespace flowstone::app
