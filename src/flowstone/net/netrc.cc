#include "flowstone/net/netrc.h"

#include <utility>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

struct Token {
  std::string text;
  int line = 0;
  bool quoted = false;
};

Error BrokenNetrc(int line, const std::string& reason) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "netrc line " + std::to_string(line) + ": " + reason};
}

// Cuts the text into tokens. A macro definition, which runs to the next empty line, is skipped.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    while (SkipSpace()) {
      if (text_[at_] == '#') {
        SkipLine();
        continue;
      }
      FLOWSTONE_LET(Token token, ReadToken());
      if (token.text == "macdef" && !token.quoted) {
        SkipMacro();
      } else {
        tokens_.push_back(std::move(token));
      }
    }
    return std::move(tokens_);
  }

 private:
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

  void SkipMacro() {
    do {
      SkipLine();
      if (at_ < text_.size()) {
        Advance();
      }
    } while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r');
  }

  Result<Token> ReadToken() {
    Token token{.text = "", .line = line_, .quoted = text_[at_] == '"'};
    if (token.quoted) {
      Advance();
    }
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (token.quoted ? c == '"' : IsAsciiSpace(c)) {
        if (token.quoted) {
          Advance();
        }
        return token;
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        Advance();
      }
      token.text += text_[at_];
      Advance();
    }
    if (token.quoted) {
      return BrokenNetrc(token.line, "a quotation mark is not closed");
    }
    return token;
  }

  void Advance() {
    line_ += text_[at_] == '\n' ? 1 : 0;
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::vector<Token> tokens_;
};

struct Entry {
  std::optional<std::string> host;  // nothing for `default`
  Credentials credentials;
};

// Reads "login x password y account z" up to the next machine.
Result<Credentials> ReadFields(const std::vector<Token>& tokens, std::size_t& at) {
  Credentials credentials;
  while (at < tokens.size() && tokens[at].text != "machine" && tokens[at].text != "default") {
    const Token& field = tokens[at];
    if (field.text != "login" && field.text != "user" && field.text != "password" &&
        field.text != "account") {
      return BrokenNetrc(field.line,
                         "expected machine, default, login, password, account or macdef");
    }
    if (at + 1 == tokens.size()) {
      return BrokenNetrc(field.line, field.text + " has no value");
    }
    const std::string& value = tokens[at + 1].text;
    if (field.text == "password") {
      credentials.password = Secret(value);
    } else if (field.text != "account") {
      credentials.user = value;
    }
    at += 2;
  }
  return credentials;
}

Result<Entry> ReadEntry(const std::vector<Token>& tokens, std::size_t& at) {
  const Token& first = tokens[at];
  Entry entry;
  if (first.text == "machine") {
    if (at + 1 == tokens.size()) {
      return BrokenNetrc(first.line, "machine has no host");
    }
    entry.host = AsciiLower(tokens[at + 1].text);
    at += 2;
  } else if (first.text == "default") {
    at += 1;
  } else {
    return BrokenNetrc(first.line, "expected machine, default or macdef");
  }
  FLOWSTONE_LET(entry.credentials, ReadFields(tokens, at));
  return entry;
}

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
  FLOWSTONE_LET(const std::vector<Token> tokens, Tokenizer(text).Run());
  Netrc netrc;
  std::size_t at = 0;
  while (at < tokens.size()) {
    FLOWSTONE_LET(Entry entry, ReadEntry(tokens, at));
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
  constexpr std::uint32_t kOthersMayRead = 0044;
  for (const std::string& path : Candidates(environment)) {
    const Result<os::FileInfo> info = files.Stat(path);
    if (!info) {
      continue;
    }
    const Result<std::string> text = files.ReadFile(path);
    if (!text) {
      return {.netrc = Netrc(), .warning = "cannot read " + path + ": " + text.error().message};
    }
    Result<Netrc> netrc = Netrc::Parse(*text);
    if (!netrc) {
      return {.netrc = Netrc(), .warning = "ignored " + path + ": " + netrc.error().message};
    }
    NetrcFile file{.netrc = *std::move(netrc), .warning = std::nullopt};
    if ((info->mode & kOthersMayRead) != 0) {
      file.warning = path + " can be read by other users; run chmod 600 on it";
    }
    return file;
  }
  return {};
}

}  // namespace flowstone::net
