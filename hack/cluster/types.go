package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// typesTimeout bounds AwaitTypes on a busy machine.
const typesTimeout = 5 * time.Minute

// AwaitTypes waits until kube-apiserver serves all CustomResourceDefinitions and names them in its discovery. The condition Established
// comes first: whoever goes by it alone may be told for a moment that there is no such kind.
func (k *Kubectl) AwaitTypes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, typesTimeout)
	defer cancel()
	return poll(ctx, "all CustomResourceDefinitions are served", func(ctx context.Context) error {
		defined, _, err := k.Run(ctx, "get", "crd", "-o", "name")
		if err != nil {
			return err
		}
		served, _, err := k.Run(ctx, "api-resources", "-o", "name") // one group that does not answer is an error, and the rest is listed
		names := strings.Fields(served)
		for _, one := range strings.Fields(defined) {
			if _, name, _ := strings.Cut(one, "/"); !slices.Contains(names, name) {
				return fmt.Errorf("%s is not in the discovery (%v)", name, err)
			}
		}
		return nil
	})
}
