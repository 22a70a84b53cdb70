/* A multipart upload beside a plain write of the object, which is the last of the writes. */
#include "base.pml"
#define MULTIPART
#define UPLOAD 1
#define REVISION(w) ((w) >= 1 && (w) <= ATTEMPTS -> UPLOAD : (w))
#include "expiry.pml"
#include "row.pml"
#include "stores.pml"
#include "upload_entry.pml"
#include "invariants.pml"
#include "network.pml"
#include "settle.pml"
#include "time.pml"
#include "writer.pml"
#include "overwriter.pml"
#include "upload.pml"

init
{
  atomic {
    run Network();
    run UploadNetwork();
#if RECOVERERS >= 1
    run Rest();
    run UploadRecoverer();
#endif
#if RECOVERERS >= 2
    run UploadRecoverer();
#endif
    run Completer(1);
#if ATTEMPTS >= 2
    run Completer(2);
#endif
#if ATTEMPTS >= 3
    run Completer(3);
#endif
#if W > ATTEMPTS
    run Overwriter(W);
#endif
  }
}
