// Stands for parts of the program that targets link but that would bring the whole server along.
#include "app/start_rehearsal.h"
#include "app/version.h"
#include "maintenance/scrub.h"

namespace objectstore {

std::string version_text() {
  return "objectstore@fuzz";
}

// A target has no files, and asks no name server.
StartFindings rehearse_start(const Config&) {
  return {};
}

std::string_view to_string(Finding::Kind) {
  return "finding";
}

}  // namespace objectstore
