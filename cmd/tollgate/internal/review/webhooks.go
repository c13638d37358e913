package review

import (
	"context"
	"fmt"
	"io"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tollgate.dev/tollgate/cmd/tollgate/internal/review/live"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
)

// clusterWebhooks adds the cluster's configurations of the webhook to those that
// are given, of each kind of which none is given. It writes which are used, and
// why the cluster's are not where that is so: then those that Tollgate comes with
// stand in for them.
func clusterWebhooks(ctx context.Context, cluster *live.Cluster, given []manifest.Document, say io.Writer) ([]manifest.Document, error) {
	var used []string
	warn := func(format string, args ...any) {
		fmt.Fprintf(say, "warning: "+format+"\n", args...)
	}
	all := given
	for _, c := range []struct{ kind, resource string }{
		{"ValidatingWebhookConfiguration", "validatingwebhookconfigurations"},
		{"MutatingWebhookConfiguration", "mutatingwebhookconfigurations"},
	} {
		file := ""
		for _, d := range given {
			if d.Object.GetKind() == c.kind {
				file = d.File
			}
		}
		if file != "" {
			used = append(used, fmt.Sprintf("the %s of %s", c.kind, file))
			continue
		}
		found, notes, err := cluster.Webhooks(ctx, c.kind)
		switch {
		case apierrors.IsForbidden(err):
			warn("cannot tell what the cluster asks the webhook about: %v. The %s that Tollgate comes with stands in; grant the right to list %s.%s, or give the cluster's with --webhooks", err, c.kind, c.resource, admissionregistrationv1.GroupName)
			continue
		case err != nil:
			return nil, err
		case len(found) == 0:
			warn("the webhook is not installed, or not wholly: the cluster has no %s that is called %s or calls a Service %s. The one that Tollgate comes with stands in", c.kind, live.ConfigurationName, live.ServiceName)
			continue
		}
		for _, n := range notes {
			warn("%s", n)
		}
		for _, u := range found {
			all = append(all, manifest.Document{File: "the cluster", Object: u})
			used = append(used, fmt.Sprintf("the cluster's %s %s", c.kind, u.GetName()))
		}
	}
	if len(used) > 0 {
		fmt.Fprintf(say, "note: what the webhook is asked about is said by %s\n", strings.Join(used, " and "))
	}
	return all, nil
}
