#include "flowstone/install/python_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

constexpr std::array<std::string_view, 4> kOtherImplementations = {"pypy", "graalpy", "graalpython",
                                                                   "jython"};

Error Unreadable(std::string_view text) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "\"" + std::string(text) + "\" does not say which Python is wanted"}
      .WithHint("write a version (3.11, 3.11.7, 3.13t), a range (>=3.9,<3.12) or a path with a /");
}

bool IsRange(std::string_view text) {
  return !text.empty() && std::string_view("<>=!~").find(text[0]) != std::string_view::npos;
}

// "3.11.7" without the name of an implementation before it, or nothing when there is none.
std::string_view WithoutImplementation(std::string_view text) {
  for (const std::string_view name : {"cpython", "python"}) {
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      if (text.size() > 1 && (text.starts_with('@') || text.starts_with('-'))) {
        text.remove_prefix(1);
      }
      return text;
    }
  }
  return text;
}

// How many numbers "3.11" names; 0 when it is anything but numbers between dots.
std::size_t ReleaseNumbers(std::string_view text) {
  const std::vector<std::string_view> parts = SplitText(text, '.');
  const bool all_numbers = std::ranges::all_of(parts, [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, IsAsciiDigit);
  });
  return all_numbers ? parts.size() : 0;
}

// The constraint that a bare version stands for: a series up to two numbers, else that release.
std::string ConstraintFor(std::string_view version) {
  const std::size_t numbers = ReleaseNumbers(version);
  return "==" + std::string(version) + (numbers == 1 || numbers == 2 ? ".*" : "");
}

}  // namespace

Result<PythonRequest> PythonRequest::Parse(std::string_view text) {
  const std::string_view trimmed = TrimText(text);
  PythonRequest request;
  request.text_ = std::string(trimmed);
  if (trimmed.find('/') != std::string_view::npos) {
    request.path_ = std::string(trimmed);
    return request;
  }
  const std::string lower = AsciiLower(trimmed);
  for (const std::string_view other : kOtherImplementations) {
    if (lower.starts_with(other)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "\"" + request.text_ +
                              "\" is not supported: environments are made for "
                              "CPython only"};
    }
  }
  std::string_view version = WithoutImplementation(lower);
  if (version.empty() || version == "any") {
    request.any_ = true;
    return request;
  }
  if (!IsRange(version)) {
    version = request.TakeBuildKind(version);
  }
  Result<pypi::SpecifierSet> versions =
      pypi::SpecifierSet::Parse(IsRange(version) ? std::string(version) : ConstraintFor(version));
  const bool is_readable = IsRange(version) || (!version.empty() && IsAsciiDigit(version[0]) &&
                                                version.find('+') == std::string_view::npos);
  if (!versions || !is_readable) {
    return Unreadable(trimmed);
  }
  request.versions_ = *std::move(versions);
  return request;
}

std::string_view PythonRequest::TakeBuildKind(std::string_view version) {
  struct Kind {
    std::string_view suffix;
    bool free_threaded;
    bool debug;
  };
  constexpr std::array<Kind, 7> kinds = {{{"+freethreaded+debug", true, true},
                                          {"+freethreaded", true, false},
                                          {"+debug", false, true},
                                          {"+gil", false, false},
                                          {"td", true, true},
                                          {"t", true, false},
                                          {"d", false, true}}};
  const auto* kind = std::ranges::find_if(
      kinds, [&](const Kind& candidate) { return version.ends_with(candidate.suffix); });
  if (kind != kinds.end()) {
    free_threaded_ = kind->free_threaded;
    debug_ = kind->debug;
    version.remove_suffix(kind->suffix.size());
  }
  return version;
}

bool PythonRequest::Matches(const Interpreter& interpreter) const {
  return path_ || MatchesBuild(interpreter.version, interpreter.abi_flags);
}

bool PythonRequest::MatchesBuild(const pypi::Version& version, std::string_view abi_flags) const {
  const bool is_free_threaded = abi_flags.find('t') != std::string_view::npos;
  const bool is_debug = abi_flags.find('d') != std::string_view::npos;
  return any_ ||
         (is_free_threaded == free_threaded_ && is_debug >= debug_ && versions_.Contains(version));
}

}  // namespace flowstone::install
