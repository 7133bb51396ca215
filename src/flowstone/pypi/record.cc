#include "flowstone/pypi/record.h"

#include <array>
#include <charconv>
#include <span>
#include <system_error>
#include <utility>

#include "flowstone/base/base64.h"

namespace flowstone::pypi {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned kSextetBits = 6;
constexpr unsigned kByteBits = 8;

std::optional<std::array<std::uint8_t, Digest::kSize>> DecodeBase64Url(std::string_view text) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  std::array<std::uint8_t, Digest::kSize> bytes{};
  std::size_t size = 0;
  unsigned pending = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t sextet = kAlphabet.find(c);
    if (sextet == std::string_view::npos) {
      return std::nullopt;
    }
    pending = (pending << kSextetBits) | static_cast<unsigned>(sextet);
    bits += kSextetBits;
    if (bits >= kByteBits) {
      bits -= kByteBits;
      if (size == bytes.size()) {
        return std::nullopt;
      }
      bytes.at(size++) = static_cast<std::uint8_t>((pending >> bits) & 0xFFU);
      pending &= (1U << bits) - 1U;
    }
  }
  // Left-over bits are zero, so that a digest has one spelling.
  if (size != bytes.size() || bits >= kSextetBits || pending != 0) {
    return std::nullopt;
  }
  return bytes;
}

// Reads rows of fields as Python's csv module does with its default dialect.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  // The line that the last row started on, from 1.
  std::size_t line() const { return row_line_; }
  // Nothing when a quote is open at the end of the text.
  std::optional<std::vector<std::string>> NextRow();

 private:
  std::optional<std::string> NextField();
  bool TakeLineEnd();
  char TakeChar();

  std::string_view rest_;
  std::size_t next_line_ = 1;
  std::size_t row_line_ = 1;
};

char CsvReader::TakeChar() {
  const char c = rest_.front();
  rest_.remove_prefix(1);
  next_line_ += c == '\n' ? 1 : 0;
  return c;
}

bool CsvReader::TakeLineEnd() {
  if (rest_.starts_with("\r\n")) {
    rest_.remove_prefix(1);
  } else if (!rest_.starts_with('\n') && !rest_.starts_with('\r')) {
    return rest_.empty();
  }
  TakeChar();
  return true;
}

std::optional<std::string> CsvReader::NextField() {
  std::string field;
  bool in_quotes = !rest_.empty() && rest_.front() == '"';
  if (in_quotes) {
    TakeChar();
  }
  while (!rest_.empty()) {
    const char c = rest_.front();
    if (in_quotes && c == '"') {
      TakeChar();
      in_quotes = rest_.starts_with('"');  // a doubled quote is one
      if (in_quotes) {
        field += TakeChar();
      }
      continue;
    }
    if (!in_quotes && (c == ',' || c == '\n' || c == '\r')) {
      break;
    }
    field += TakeChar();
  }
  if (in_quotes) {
    return std::nullopt;
  }
  return field;
}

std::optional<std::vector<std::string>> CsvReader::NextRow() {
  row_line_ = next_line_;
  std::vector<std::string> row;
  while (true) {
    std::optional<std::string> field = NextField();
    if (!field) {
      return std::nullopt;
    }
    row.push_back(*std::move(field));
    if (TakeLineEnd()) {
      break;
    }
    TakeChar();  // the comma
  }
  return row;
}

Error InvalidRow(std::size_t line, std::string_view reason) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "line " + std::to_string(line) + " of RECORD " + std::string(reason)};
}

Result<RecordRow> ParseRow(std::vector<std::string> fields, std::size_t line) {
  constexpr std::size_t field_count = 3;
  if (fields.size() > field_count) {
    return InvalidRow(line, "has more than three fields");
  }
  fields.resize(field_count);
  if (fields[0].empty()) {
    return InvalidRow(line, "has no path");
  }
  RecordRow row{.path = std::move(fields[0])};
  const std::string& hash = fields[1];
  if (!hash.empty()) {
    const std::size_t equals = hash.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidRow(line, "has a hash that is not ALGORITHM=DIGEST");
    }
    row.algorithm = hash.substr(0, equals);
    row.digest = hash.substr(equals + 1);
  }
  const std::string& size = fields[2];
  if (!size.empty()) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), number);
    if (error != std::errc() || end != size.data() + size.size()) {
      return InvalidRow(line, "has a size that is no number");
    }
    row.size = number;
  }
  return row;
}

std::string QuoteField(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) {
    return field;
  }
  std::string quoted = "\"";
  for (const char c : field) {
    quoted += c;
    if (c == '"') {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

RecordRow RecordRow::Of(std::string path, const Digest& sha256, std::uint64_t size) {
  return RecordRow{.path = std::move(path),
                   .algorithm = "sha256",
                   .digest = Base64UrlEncode(std::as_bytes(std::span(sha256.bytes()))),
                   .size = size};
}

Result<Digest> RecordRow::Sha256() const {
  if (algorithm != "sha256") {
    return Error{.code = ErrorCode::kInvalid, .message = "RECORD has no sha256 of '" + path + "'"};
  }
  const auto bytes = DecodeBase64Url(digest);
  if (!bytes) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "RECORD has a malformed sha256 of '" + path + "'"};
  }
  return Digest(*bytes);
}

Result<std::vector<RecordRow>> ParseRecord(std::string_view text) {
  CsvReader reader(text);
  std::vector<RecordRow> rows;
  while (!reader.at_end()) {
    std::optional<std::vector<std::string>> fields = reader.NextRow();
    if (!fields) {
      return InvalidRow(reader.line(), "has a quotation mark that is not closed");
    }
    const bool is_empty_line = fields->size() == 1 && fields->front().empty();
    if (!is_empty_line) {
      FLOWSTONE_LET(RecordRow row, ParseRow(*std::move(fields), reader.line()));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string WriteRecord(std::span<const RecordRow> rows) {
  std::string text;
  for (const RecordRow& row : rows) {
    text += QuoteField(row.path);
    text += ',';
    if (!row.algorithm.empty()) {
      text += QuoteField(row.algorithm + "=" + row.digest);
    }
    text += ',';
    if (row.size) {
      text += std::to_string(*row.size);
    }
    text += '\n';
  }
  return text;
}

}  // namespace flowstone::pypi
