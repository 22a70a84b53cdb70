/* Plain writes: an instance is this file with the macros that scripts/check_model.py gives. */
#include "base.pml"
#include "expiry.pml"
#include "row.pml"
#include "stores.pml"
#include "invariants.pml"
#include "network.pml"
#include "settle.pml"
#include "time.pml"
#include "writer.pml"
#include "overwriter.pml"
#include "recovery.pml"
#include "reader.pml"

init
{
  atomic {
    run Network();
#if RECOVERERS >= 1
    run Rest();
    run Recoverer();
#endif
#if RECOVERERS >= 2
    run Recoverer();
#endif
#ifdef READER
    run Reader();
#endif
#ifdef EXPIRES
    run Clock();
    run Bumper();
#endif
#ifdef COLLECTS
    run Collector();
#endif
    run Writer(1);
#if W >= 2
    run Writer(2);
#endif
#ifdef OVERWRITER
    run Overwriter(3);
#elif W >= 3
    run Writer(3);
#endif
#if W >= 4
    run Writer(4);
#endif
  }
}
