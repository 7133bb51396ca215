// WebPage: what of an HTML page tells that it is for people and no page of an index: a login, a
// maintenance notice of a proxy, the start page of a product. Servers send such pages with status
// 200, and taken for a page of an index each says that a project has no files.
//
// A page of an index without files is legal (PEP 503), and so is the listing of an empty directory:
// both have nothing that people use, or say what they are.
#pragma once

#include <string>
#include <string_view>

namespace flowstone::index {

struct WebPage {
  std::string title = {};  // of <title>, else of the first <h1>; one line
  bool asks_for_password = false;
  bool is_interactive = false;      // it has forms, scripts or frames, or sends the reader on
  bool calls_itself_index = false;  // "Links for pkg", "Index of /pkg", a <meta> of PEP 629

  // Nobody but people has a use for it.
  bool is_for_people() const {
    return asks_for_password || (is_interactive && !calls_itself_index);
  }
};

WebPage ReadWebPage(std::string_view html);

}  // namespace flowstone::index
