// What building a project starts from: its pyproject.toml and the reference that names it.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/build/build_system.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/project/pyproject.h"

using flowstone::build::BuildSystem;
using flowstone::build::DirectReference;
using flowstone::fuzz::Require;
using flowstone::fuzz::RequireRoundTrip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto system = flowstone::build::ParseBuildSystem(text)) {
    RequireRoundTrip(*system, system->CanonicalJson(), &BuildSystem::FromJson);
  }
  static_cast<void>(flowstone::project::ParseProjectTable(text, "pyproject.toml", "/"));
  static_cast<void>(BuildSystem::FromJson(text));
  if (const auto reference = DirectReference::Parse(text)) {
    const auto again = DirectReference::Parse(reference->ToString());
    DirectReference shown = *reference;
    shown.use = flowstone::build::EditableUse::kWheel;  // which is not about the source
    Require(again && again->IsSameSourceAs(shown), "what is shown names the same source");
    Require(!reference->subdirectory.starts_with('/') &&
                ("/" + reference->subdirectory + "/").find("/../") == std::string::npos,
            "a subdirectory is inside");
  }
  return 0;
}
