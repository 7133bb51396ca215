// PEP 691: project pages in JSON, read in one pass.
#include <string>
#include <utility>

#include "flowstone/base/json_reader.h"
#include "flowstone/index/page_file.h"
#include "flowstone/index/simple_page.h"

namespace flowstone::index {
namespace {

// Reads one page. Values of other types than expected count as absent; JSON that is broken ends it.
class JsonPage {
 public:
  JsonPage(std::string_view body, const net::Url& url) : reader_(body), url_(url), links_(url) {}

  Result<ProjectPage> Read() {
    if (!reader_.EnterObject()) {
      return Broken();
    }
    while (const auto key = reader_.NextKey()) {
      TakeField(*key);
    }
    if (!reader_.Finish()) {
      return Broken();
    }
    if (!has_files_) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "the page " + url_.Redacted() + " lists no files"};
    }
    FLOWSTONE_TRY(CheckApiVersion(api_version_, url_, page_.warnings));
    FinishPage(page_);
    return std::move(page_);
  }

 private:
  Error Broken() const {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the page " + url_.Redacted() + " is not valid JSON"};
  }

  // Calls `take`, which consumes the value, with each key of the next value, if it is an object.
  template <class Take>
  void EachField(const Take& take) {
    if (!reader_.EnterObject()) {
      reader_.Skip();
      return;
    }
    while (const auto key = reader_.NextKey()) {
      take(*key);
    }
  }

  // The text, or nothing when the value is no string. Valid until the next text is taken.
  std::optional<std::string_view> TakeText() {
    const std::optional<std::string_view> text = reader_.TakeString();
    if (!text) {
      reader_.Skip();
    }
    return text;
  }

  void TakeField(std::string_view key) {
    if (key == "name") {
      page_.name = TakeText().value_or("");
    } else if (key == "meta") {
      EachField([this](std::string_view name) {
        if (name == "api-version") {
          api_version_ = TakeText().value_or("");
        } else {
          reader_.Skip();
        }
      });
    } else if (key == "project-status") {
      EachField([this](std::string_view name) { TakeStatus(name); });
    } else if (key == "files") {
      TakeFiles();
    } else {
      reader_.Skip();
    }
  }

  void TakeStatus(std::string_view name) {
    if (name == "reason") {
      page_.status_reason = TakeText().value_or("");
    } else if (name == "status") {
      page_.status = ParseProjectStatus(TakeText().value_or(""));
    } else {
      reader_.Skip();
    }
  }

  void TakeFiles() {
    if (!reader_.EnterArray()) {
      reader_.Skip();
      return;
    }
    has_files_ = true;
    while (reader_.NextElement()) {
      TakeFile();
    }
  }

  // The facts about one file, before its link is resolved.
  struct Entry {
    IndexFile& facts;
    bool has_core_metadata = false;
    std::vector<std::string> bad = {};  // keys whose values are malformed
  };

  void TakeFile() {
    Entry entry{.facts = page_.files.emplace_back()};
    link_.clear();
    EachField([&](std::string_view key) { TakeFact(entry, key); });
    const std::string& filename = entry.facts.filename;
    Result<std::string> url = UrlOf(filename);
    if (!url) {
      page_.warnings.push_back("left out the file '" + filename + "': " + url.error().message);
      page_.files.pop_back();
      return;
    }
    for (const std::string& key : entry.bad) {
      page_.warnings.emplace_back("ignored the malformed ")
          .append(key)
          .append(" of ")
          .append(filename);
    }
    entry.facts.url = *std::move(url);
  }

  Result<std::string> UrlOf(const std::string& filename) {
    if (filename.empty() || link_.empty()) {
      return Error{.code = ErrorCode::kCorrupt, .message = "it has no name or no URL"};
    }
    return links_.Read(link_, filename);
  }

  void TakeFact(Entry& entry, std::string_view key) {
    if (key == "filename") {
      entry.facts.filename = TakeText().value_or("");
    } else if (key == "url") {
      link_ = TakeText().value_or("");
    } else if (key == "hashes") {
      TakeHashes(entry);
    } else if (key == "requires-python") {
      entry.facts.requires_python = TakeText();
    } else if (key == "core-metadata" || key == "dist-info-metadata") {
      TakeMetadataOffer(entry, key == "core-metadata");
    } else if (key == "yanked") {
      TakeYanked(entry);
    } else if (key == "size") {
      TakeSize(entry);
    } else if (key == "upload-time") {
      TakeUploadTime(entry);
    } else {
      reader_.Skip();
    }
  }

  void TakeHashes(Entry& entry) {
    EachField([&](std::string_view algorithm) {
      if (!AddHash(entry.facts, algorithm, TakeText().value_or("")) && algorithm == "sha256") {
        entry.bad.emplace_back("sha256");
      }
    });
  }

  // PEP 714: "core-metadata" counts before "dist-info-metadata", whatever their order.
  void TakeMetadataOffer(Entry& entry, bool is_core) {
    const JsonType type = reader_.Peek();
    if (type == JsonType::kNull || (!is_core && entry.has_core_metadata)) {
      reader_.Skip();
      return;
    }
    entry.has_core_metadata = is_core;
    entry.facts.metadata.reset();
    if (type == JsonType::kBoolean) {
      if (reader_.TakeBoolean().value_or(false)) {
        entry.facts.metadata.emplace();
      }
      return;
    }
    if (type != JsonType::kObject) {
      reader_.Skip();
      return;
    }
    IndexFile hashes;
    EachField([&](std::string_view algorithm) {
      (void)AddHash(hashes, algorithm, TakeText().value_or(""));
    });
    entry.facts.metadata = MetadataOffer{.sha256 = hashes.sha256};
  }

  // What an empty text means, tools do not agree about: who resolves decides.
  void TakeYanked(Entry& entry) {
    if (reader_.Peek() != JsonType::kBoolean) {
      entry.facts.yanked = TakeText();
      entry.facts.is_yanked_by_empty_text = entry.facts.yanked == "";
    } else if (reader_.TakeBoolean().value_or(false)) {
      entry.facts.yanked = "";
    }
  }

  void TakeSize(Entry& entry) {
    const bool is_absent = reader_.Peek() == JsonType::kNull;
    entry.facts.size = reader_.TakeUnsigned();
    if (entry.facts.size) {
      return;
    }
    reader_.Skip();
    if (!is_absent) {
      entry.bad.emplace_back("size");
    }
  }

  void TakeUploadTime(Entry& entry) {
    if (const std::optional<std::string_view> text = TakeText()) {
      entry.facts.upload_time_us = ParseUploadTime(*text);
      if (!entry.facts.upload_time_us) {
        entry.bad.emplace_back("upload-time");
      }
    }
  }

  JsonReader reader_;
  const net::Url& url_;
  LinkReader links_;
  std::string link_;  // of the file that is being read
  ProjectPage page_;
  std::string api_version_;
  bool has_files_ = false;
};

}  // namespace

Result<ProjectPage> ParseSimpleJson(std::string_view body, const net::Url& page_url) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (body.starts_with(byte_order_mark)) {
    body.remove_prefix(byte_order_mark.size());
  }
  return JsonPage(body, page_url).Read();
}

}  // namespace flowstone::index
