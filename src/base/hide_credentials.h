// Texts for people, without the user names and passwords that addresses in them hold.
#pragma once

#include <string>
#include <string_view>

namespace objectstore {

// `text` with the part before the @ of each URL's authority replaced.
[[nodiscard]] std::string hide_credentials(std::string_view text);

// One address, which may be written so wrongly that nobody can tell its authority: all before the
// last @ is replaced.
[[nodiscard]] std::string hide_address_credentials(std::string_view address);

}  // namespace objectstore
