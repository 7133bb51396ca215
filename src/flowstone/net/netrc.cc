#include "flowstone/net/netrc.h"

#include <utility>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

Error BrokenNetrc(int line, const std::string& reason) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "netrc line " + std::to_string(line) + ": " + reason};
}

struct Entry {
  std::optional<std::string> host;  // nothing for `default`
  Credentials credentials;
};

// Reads words one after the other. A "#" begins a comment where a keyword may stand, and is part
// of a value otherwise: passwords begin with anything.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<Entry>> Run() {
    std::vector<Entry> entries;
    while (true) {
      FLOWSTONE_LET(const std::optional<std::string> keyword, ReadKeyword());
      if (!keyword) {
        return entries;
      }
      if (*keyword == "macdef") {
        SkipMacro();
      } else if (*keyword == "machine") {
        FLOWSTONE_LET(std::string host, ReadValue(*keyword));
        entries.push_back({.host = AsciiLower(host), .credentials = {}});
      } else if (*keyword == "default") {
        entries.push_back({.host = std::nullopt, .credentials = {}});
      } else {
        FLOWSTONE_TRY(TakeField(*keyword, entries));
      }
    }
  }

 private:
  Status TakeField(const std::string& keyword, std::vector<Entry>& entries) {
    if (keyword != "login" && keyword != "user" && keyword != "password" && keyword != "account") {
      return BrokenNetrc(keyword_line_,
                         "expected machine, default, login, password, account or macdef");
    }
    if (entries.empty()) {
      return BrokenNetrc(keyword_line_, keyword + " stands before the first machine");
    }
    FLOWSTONE_LET(std::string value, ReadValue(keyword));
    Credentials& credentials = entries.back().credentials;
    if (keyword == "password") {
      credentials.password = Secret(std::move(value));
    } else if (keyword != "account") {
      credentials.user = std::move(value);
    }
    return Ok();
  }

  // Nothing at the end of the text.
  Result<std::optional<std::string>> ReadKeyword() {
    while (SkipSpace()) {
      if (text_[at_] != '#') {
        keyword_line_ = line_;
        FLOWSTONE_LET(std::string word, ReadWord());
        return std::optional(std::move(word));
      }
      SkipLine();
    }
    return std::optional<std::string>();
  }

  Result<std::string> ReadValue(const std::string& keyword) {
    if (!SkipSpace()) {
      return BrokenNetrc(keyword_line_, keyword + " has no value");
    }
    return ReadWord();
  }

  Result<std::string> ReadWord() {
    const int first_line = line_;
    const bool quoted = text_[at_] == '"';
    if (quoted) {
      Advance();
    }
    std::string word;
    while (at_ < text_.size()) {
      if (quoted && text_[at_] == '"') {
        Advance();
        return word;
      }
      if (!quoted && IsAsciiSpace(text_[at_])) {
        return word;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        Advance();
      }
      word += text_[at_];
      Advance();
    }
    if (quoted) {
      return BrokenNetrc(first_line, "a quotation mark is not closed");
    }
    return word;
  }

  // False at the end of the text.
  bool SkipSpace() {
    while (at_ < text_.size() && IsAsciiSpace(text_[at_])) {
      Advance();
    }
    return at_ < text_.size();
  }

  void SkipLine() {
    while (at_ < text_.size() && text_[at_] != '\n') {
      Advance();
    }
  }

  // A macro runs to the next empty line.
  void SkipMacro() {
    do {
      SkipLine();
      if (at_ < text_.size()) {
        Advance();
      }
    } while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r');
  }

  void Advance() {
    line_ += text_[at_] == '\n' ? 1 : 0;
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int keyword_line_ = 1;
};

std::vector<std::string> Candidates(const os::Environment& environment) {
  if (const auto named = environment.GetNonEmpty("NETRC")) {
    return {*named};
  }
  const auto home = environment.GetNonEmpty("HOME");
  if (!home) {
    return {};
  }
  return {*home + "/.netrc", *home + "/_netrc"};
}

}  // namespace

Result<Netrc> Netrc::Parse(std::string_view text) {
  FLOWSTONE_LET(std::vector<Entry> entries, Reader(text).Run());
  Netrc netrc;
  for (Entry& entry : entries) {
    if (entry.host) {
      netrc.machines_.emplace(*std::move(entry.host), std::move(entry.credentials));
    } else if (!netrc.default_) {
      netrc.default_ = std::move(entry.credentials);
    }
  }
  return netrc;
}

std::optional<Credentials> Netrc::Find(std::string_view host) const {
  const auto found = machines_.find(AsciiLower(host));
  return found != machines_.end() ? std::optional(found->second) : default_;
}

NetrcFile LoadNetrc(const os::Environment& environment, os::FileSystem& files) {
  constexpr std::uint32_t others_may_read = 0044;
  for (const std::string& path : Candidates(environment)) {
    const Result<os::FileInfo> info = files.Stat(path);
    if (!info) {
      continue;
    }
    const Result<std::string> text = files.ReadFile(path);
    if (!text) {
      return {.netrc = Netrc(),
              .path = path,
              .warning = "cannot read " + path + ": " + text.error().message};
    }
    Result<Netrc> netrc = Netrc::Parse(*text);
    if (!netrc) {
      return {.netrc = Netrc(),
              .path = path,
              .warning = "ignored " + path + ": " + netrc.error().message};
    }
    NetrcFile file{.netrc = *std::move(netrc), .path = path, .warning = std::nullopt};
    if ((info->mode & others_may_read) != 0) {
      file.warning = path + " can be read by other users; run chmod 600 on it";
    }
    return file;
  }
  return {};
}

}  // namespace flowstone::net
