package ledger

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// layout is the version of what the scripts write, as docs/ledger.md tells it;
// apply.lua has the same number. It changes when an older version of Tollgate
// would misread or miss what a newer one wrote.
const layout = 1

// fieldLayout is the field of an organization's node that says it.
const fieldLayout = "v"

// LayoutError says that an organization's ledger was written by a version of
// Tollgate that keeps it otherwise. Nothing was read and nothing was written.
type LayoutError struct {
	Organization string
	Found        int64 // the layout in Redis
}

func (e *LayoutError) Error() string {
	return fmt.Sprintf("the ledger of %s has layout %d, and this version of Tollgate knows layout %d: two of them must not work on one ledger; "+
		"run one version only (docs/operations.md, Upgrading)", e.Organization, e.Found, layout)
}

// askLayout adds to a pipeline the question for the layout, and returns how to
// read the answer: a *LayoutError when it is another one. An organization that
// was never written has none. One that cannot be read is apply's to name: it
// says nothing about what the rest is.
func askLayout(ctx context.Context, pipe redis.Pipeliner, org string) func() error {
	cmd := pipe.HMGet(ctx, nodeKey(Path(org)), fieldLayout)
	return func() error {
		if cmd.Err() != nil || len(cmd.Val()) == 0 {
			return nil
		}
		return checkLayout(org, cmd.Val()[0])
	}
}

func checkLayout(org string, field any) error {
	text, _ := field.(string)
	found, err := strconv.ParseInt(text, 10, 64)
	if err != nil || found < 1 || found == layout {
		return nil
	}
	return &LayoutError{Organization: org, Found: found}
}
