#include "flowstone/project/option_words.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::project {
namespace {

enum class Takes : std::uint8_t { kNothing, kValue };

struct OptionName {
  std::string_view name;
  LineOption option;
  Takes takes;
};

// The first name of an option is the one that messages use.
constexpr std::array<OptionName, 27> kOptionNames = {{
    {"--index-url", LineOption::kIndexUrl, Takes::kValue},
    {"-i", LineOption::kIndexUrl, Takes::kValue},
    {"--pypi-url", LineOption::kIndexUrl, Takes::kValue},
    {"--extra-index-url", LineOption::kExtraIndexUrl, Takes::kValue},
    {"--no-index", LineOption::kNoIndex, Takes::kNothing},
    {"--constraint", LineOption::kConstraint, Takes::kValue},
    {"-c", LineOption::kConstraint, Takes::kValue},
    {"--requirement", LineOption::kRequirement, Takes::kValue},
    {"-r", LineOption::kRequirement, Takes::kValue},
    {"--editable", LineOption::kEditable, Takes::kValue},
    {"-e", LineOption::kEditable, Takes::kValue},
    {"--find-links", LineOption::kFindLinks, Takes::kValue},
    {"-f", LineOption::kFindLinks, Takes::kValue},
    {"--no-binary", LineOption::kNoBinary, Takes::kValue},
    {"--only-binary", LineOption::kOnlyBinary, Takes::kValue},
    {"--prefer-binary", LineOption::kPreferBinary, Takes::kNothing},
    {"--require-hashes", LineOption::kRequireHashes, Takes::kNothing},
    {"--no-require-hashes", LineOption::kNoRequireHashes, Takes::kNothing},
    {"--pre", LineOption::kPre, Takes::kNothing},
    {"--all-releases", LineOption::kAllReleases, Takes::kValue},
    {"--only-final", LineOption::kOnlyFinal, Takes::kValue},
    {"--trusted-host", LineOption::kTrustedHost, Takes::kValue},
    {"--use-feature", LineOption::kUseFeature, Takes::kValue},
    {"--hash", LineOption::kHash, Takes::kValue},
    {"--config-settings", LineOption::kConfigSettings, Takes::kValue},
    {"--config-setting", LineOption::kConfigSettings, Takes::kValue},
    {"-C", LineOption::kConfigSettings, Takes::kValue},
}};

Error WrongOption(std::string message) {
  return Error{.code = ErrorCode::kInvalid, .message = std::move(message)};
}

// The words of a shell: separated by white space, with quotes and backslashes.
class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> Split() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (IsAsciiSpace(c)) {
        Finish();
        ++position_;
      } else if (c == '\'' || c == '"') {
        FLOWSTONE_TRY(TakeQuoted(c));
      } else if (c == '\\') {
        FLOWSTONE_TRY(TakeEscaped());
      } else {
        Add(c);
        ++position_;
      }
    }
    Finish();
    return std::move(words_);
  }

 private:
  void Add(char c) { word_ = word_.value_or("") + c; }

  void Finish() {
    if (word_) {
      words_.push_back(*std::move(word_));
      word_.reset();
    }
  }

  Status TakeEscaped() {
    if (position_ + 1 == text_.size()) {
      return WrongOption("nothing follows the last '\\'");
    }
    Add(text_[position_ + 1]);
    position_ += 2;
    return Ok();
  }

  // Within double quotes a backslash escapes quotes and itself; within single ones nothing.
  Status TakeQuoted(char quote) {
    word_ = word_.value_or("");
    for (++position_; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c == quote) {
        ++position_;
        return Ok();
      }
      const bool is_escape = quote == '"' && c == '\\' && position_ + 1 < text_.size() &&
                             (text_[position_ + 1] == '"' || text_[position_ + 1] == '\\');
      position_ += is_escape ? 1 : 0;
      Add(text_[position_]);
    }
    return WrongOption("the quote " + std::string(1, quote) + " is not closed");
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::optional<std::string> word_;  // present from its first character or quote on
  std::vector<std::string> words_;
};

// By its whole name, or by the beginning of the long names of one option.
Result<const OptionName*> FindOptionName(std::string_view given) {
  const OptionName* found = nullptr;
  for (const OptionName& candidate : kOptionNames) {
    if (candidate.name == given) {
      return &candidate;
    }
    if (given.starts_with("--") && given.size() > 2 && candidate.name.starts_with(given)) {
      if (found != nullptr && found->option != candidate.option) {
        return WrongOption("the option '" + std::string(given) + "' is ambiguous: " +
                           std::string(found->name) + " or " + std::string(candidate.name));
      }
      found = found == nullptr ? &candidate : found;
    }
  }
  if (found == nullptr) {
    return WrongOption("requirements files have no option '" + std::string(given) + "'");
  }
  return found;
}

struct OptionWord {
  const OptionName* name = nullptr;
  std::optional<std::string> value;
};

Result<OptionWord> ParseOptionWord(std::string_view word) {
  OptionWord parsed;
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    FLOWSTONE_LET(parsed.name, FindOptionName(word.substr(0, equals)));
    if (equals != std::string_view::npos) {
      parsed.value = std::string(word.substr(equals + 1));
    }
  } else {
    FLOWSTONE_LET(parsed.name, FindOptionName(word.substr(0, 2)));
    if (word.size() > 2) {
      parsed.value = std::string(word.substr(2));
    }
  }
  if (parsed.value && parsed.name->takes == Takes::kNothing) {
    return WrongOption("the option '" + std::string(parsed.name->name) + "' takes no value");
  }
  return parsed;
}

}  // namespace

std::string_view LineOptionName(LineOption option) {
  for (const OptionName& name : kOptionNames) {
    if (name.option == option) {
      return name.name;
    }
  }
  return {};
}

Result<OptionLine> ParseOptionLine(std::string_view line) {
  // The requirement keeps its quotes and blanks: markers need them.
  std::size_t options_at = line.starts_with('-') ? 0 : line.find(" -");
  OptionLine parsed{.requirement = std::string(TrimText(line.substr(0, options_at))),
                    .options = {}};
  if (options_at == std::string_view::npos) {
    return parsed;
  }
  FLOWSTONE_LET(const std::vector<std::string> words,
                WordSplitter(line.substr(options_at)).Split());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-') || words[i].size() < 2) {
      return WrongOption("'" + words[i] + "' stands where an option is expected");
    }
    FLOWSTONE_LET(OptionWord word, ParseOptionWord(words[i]));
    if (word.name->takes == Takes::kValue && !word.value) {
      if (i + 1 == words.size()) {
        return WrongOption("the option '" + words[i] + "' needs a value");
      }
      word.value = words[++i];
    }
    parsed.options.push_back({.option = word.name->option, .value = word.value.value_or("")});
  }
  return parsed;
}

}  // namespace flowstone::project
