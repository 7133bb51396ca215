#include "flowstone/project/lock_markers.h"

#include <charconv>
#include <optional>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::project {
namespace {

pypi::Marker LockMarker(const std::string& text) {
  Result<pypi::Marker> marker = pypi::Marker::Parse(text, pypi::MarkerVariables::kLockFile);
  FLOWSTONE_CHECK(marker.has_value());
  return *std::move(marker);
}

struct EncodedName {
  std::string kind;  // "extra" or "group"
  std::string project;
  std::string name;
};

// "extra-4-demo-net" is the extra net of demo: the number is the length of the project's name.
std::optional<EncodedName> DecodeName(std::string_view text) {
  EncodedName decoded;
  for (const std::string_view kind : {"extra-", "group-"}) {
    if (text.starts_with(kind)) {
      decoded.kind = kind.substr(0, kind.size() - 1);
      text.remove_prefix(kind.size());
    }
  }
  std::size_t length = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), length);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (decoded.kind.empty() || code != std::errc() || text.size() < digits + 1 + length + 2 ||
      text[digits] != '-' || text[digits + 1 + length] != '-') {
    return std::nullopt;
  }
  decoded.project = text.substr(digits + 1, length);
  decoded.name = text.substr(digits + 1 + length + 1);
  return decoded;
}

// What `extra == "NAME"` asks for, as the set and the member of it.
Result<std::pair<std::string, std::string>> MemberOf(const std::string& name,
                                                     const pypi::Name& project) {
  const std::optional<EncodedName> encoded = DecodeName(name);
  if (!encoded) {
    return std::pair(name, std::string("extras"));
  }
  if (encoded->project != project.ToString()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a package depends on the " + encoded->kind + " '" + encoded->name +
                            "' of " + encoded->project +
                            ", which is not the project that the lock is of"};
  }
  return std::pair(encoded->name,
                   std::string(encoded->kind == "group" ? "dependency_groups" : "extras"));
}

}  // namespace

pypi::Marker WhenExtra(const pypi::ExtraName& extra) {
  return LockMarker("\"" + extra.ToString() + "\" in extras");
}

pypi::Marker WhenGroup(const pypi::GroupName& group) {
  return LockMarker("\"" + group.ToString() + "\" in dependency_groups");
}

Result<pypi::Marker> ParseMarkerOfLock(std::string_view text, const pypi::Name& project) {
  FLOWSTONE_LET(const pypi::Marker marker, pypi::Marker::Parse(text));
  // One spelling: names in double quotes, single blanks, the variable on the left or on the right.
  std::string written = marker.ToString();
  for (const std::string& name : marker.Extras()) {
    FLOWSTONE_LET(const auto member, MemberOf(name, project));
    const std::string quoted = "\"" + name + "\"";
    for (const auto& [op, word] : {std::pair("==", "in"), std::pair("!=", "not in")}) {
      const std::string wanted = "\"" + member.first + "\" " + word + " " + member.second;
      for (const std::string& asked :
           {"extra " + std::string(op) + " " + quoted, quoted + " " + op + " extra"}) {
        for (std::size_t at = written.find(asked); at != std::string::npos;
             at = written.find(asked, at + wanted.size())) {
          written.replace(at, asked.size(), wanted);
        }
      }
    }
  }
  return pypi::Marker::Parse(written, pypi::MarkerVariables::kLockFile);
}

}  // namespace flowstone::project
