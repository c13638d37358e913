package ledgers

import (
	"context"
	"fmt"

	"k8s.io/klog/v2"
)

// Log is a logger for go-redis, which otherwise writes to standard error in a
// format of its own. What matters of it is told by metrics and conditions.
type Log struct{}

// Printf implements go-redis's logger.
func (Log) Printf(ctx context.Context, format string, args ...any) {
	klog.FromContext(ctx).V(2).Info("redis client", "message", fmt.Sprintf(format, args...))
}
