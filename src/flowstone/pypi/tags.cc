#include "flowstone/pypi/tags.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

Error InvalidTag(std::string_view text, std::string_view reason) {
  return Error{
      .code = ErrorCode::kInvalid,
      .message = "'" + std::string(text) + "' is not a compatibility tag: " + std::string(reason)};
}

bool IsTagPart(std::string_view text) {
  return !text.empty() && !IsAsciiDigit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsAsciiAlnum(c) || c == '_'; });
}

std::vector<std::string> LowerPieces(std::string_view component) {
  std::vector<std::string> pieces;
  for (const std::string_view piece : SplitText(component, '.')) {
    pieces.push_back(AsciiLower(piece));
  }
  return pieces;
}

bool HasEmptyPiece(const std::vector<std::string>& pieces) {
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const std::string& piece) { return piece.empty(); });
}

std::string Joined(std::string_view python, std::string_view abi, std::string_view platform) {
  std::string text;
  text.reserve(python.size() + abi.size() + platform.size() + 2);
  text += python;
  text += '-';
  text += abi;
  text += '-';
  text += platform;
  return text;
}

}  // namespace

Result<Tag> Tag::Parse(std::string_view text) {
  FLOWSTONE_LET(TagSet set, TagSet::Parse(text));
  std::vector<Tag> tags = set.Expand();
  if (tags.size() != 1) {
    return InvalidTag(text, "it stands for several");
  }
  return std::move(tags.front());
}

std::string Tag::ToString() const {
  return Joined(python, abi, platform);
}

Result<TagSet> TagSet::Parse(std::string_view text) {
  const std::vector<std::string_view> components = SplitText(text, '-');
  if (components.size() != 3) {
    return InvalidTag(text, "it needs three parts: python, abi and platform");
  }
  TagSet set{.pythons = LowerPieces(components[0]),
             .abis = LowerPieces(components[1]),
             .platforms = LowerPieces(components[2])};
  if (HasEmptyPiece(set.pythons) || HasEmptyPiece(set.abis) || HasEmptyPiece(set.platforms)) {
    return InvalidTag(text, "a part is empty");
  }
  if (!std::all_of(set.pythons.begin(), set.pythons.end(), IsTagPart)) {
    return InvalidTag(text, "the first part names no interpreter");
  }
  if (set.pythons.size() * set.abis.size() * set.platforms.size() > kMaxCombinations) {
    return InvalidTag(text, "it stands for too many tags");
  }
  return set;
}

std::string TagSet::ToString() const {
  return Joined(JoinText(pythons, "."), JoinText(abis, "."), JoinText(platforms, "."));
}

std::vector<Tag> TagSet::Expand() const {
  std::vector<Tag> tags;
  tags.reserve(pythons.size() * abis.size() * platforms.size());
  for (const std::string& python : pythons) {
    for (const std::string& abi : abis) {
      for (const std::string& platform : platforms) {
        tags.push_back({.python = python, .abi = abi, .platform = platform});
      }
    }
  }
  return tags;
}

}  // namespace flowstone::pypi
