package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/complete"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/live"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/manifest"
	"tollgate.dev/tollgate/cmd/tollgate/internal/review/session"
)

// loaded is everything that the flags name.
type loaded struct {
	session  *session.Session
	docs     []manifest.Document
	old      []*unstructured.Unstructured
	problems []manifest.Problem
}

// load reads what the flags name and prepares the session.
func (o *options) load(ctx context.Context, args []string, s streams) (*loaded, error) {
	l := &loaded{}
	so := session.Options{Namespace: o.namespace}
	var err error
	if so.Settings, err = session.LoadSettings(o.settings); err != nil {
		return nil, err
	}
	read := func(paths []string) []manifest.Document {
		docs, problems := manifest.Read(paths, s.in, o.settings)
		l.problems = append(l.problems, problems...)
		return docs
	}
	l.docs = read(args)
	so.Reviewed = l.docs
	so.Existing = read(o.inventory)
	so.Policies = read(o.policies)
	for _, d := range so.Policies {
		if gvk := d.Object.GroupVersionKind(); gvk != v1alpha1.GroupVersion().WithKind("AdmissionPolicy") {
			l.problems = append(l.problems, manifest.Problem{File: d.File, Line: d.Line, Err: fmt.Errorf("%s is no AdmissionPolicy of %s", gvk.Kind, v1alpha1.GroupVersion())})
		}
	}
	for _, d := range read(o.old) {
		l.old = append(l.old, d.Object)
	}
	if so.Catalog, err = complete.NewCatalog(); err != nil {
		return nil, err
	}
	webhooks := read(o.webhooks)
	if o.cluster {
		if so.Live, webhooks, err = o.readCluster(ctx, so.Catalog, webhooks, s.err); err != nil {
			return nil, fmt.Errorf("%w; give what exists with --inventory to work without a cluster", err)
		}
	}
	var problems []manifest.Problem
	if so.Asks, problems, err = session.Asks(webhooks); err != nil {
		return nil, err
	}
	l.problems = append(l.problems, problems...)
	l.problems = append(l.problems, readDefinitions(so.Catalog, o.crds)...)
	if l.session, problems, err = session.Open(ctx, so); err != nil {
		return nil, err
	}
	l.problems = append(l.problems, problems...)
	return l, nil
}

// readDefinitions adds the definitions of files to the catalog.
func readDefinitions(c *complete.Catalog, paths []string) []manifest.Problem {
	docs, problems := manifest.Read(paths, strings.NewReader(""))
	for _, d := range docs {
		raw, err := d.Object.MarshalJSON()
		if err == nil {
			err = c.AddFile(raw)
		}
		if err != nil {
			problems = append(problems, manifest.Problem{File: d.File, Line: d.Line, Err: err})
		}
	}
	if len(paths) > 0 && len(docs)+len(problems) == 0 {
		problems = append(problems, manifest.Problem{File: paths[0], Err: errors.New("there is no CustomResourceDefinition in it")})
	}
	return problems
}

// readCluster lists what exists, adds the cluster's definitions to the catalog,
// and its configurations of the webhook to those that are given. What is to be
// known of the latter it writes to say.
func (o *options) readCluster(ctx context.Context, c *complete.Catalog, given []manifest.Document, say io.Writer) (objects []*unstructured.Unstructured, webhooks []manifest.Document, err error) {
	cluster, err := live.Open(o.kubeconfig, o.context)
	if err != nil {
		return nil, nil, err
	}
	if err := cluster.Definitions(ctx, func(crd *apiextensionsv1.CustomResourceDefinition) error { return c.Add(crd) }); err != nil {
		return nil, nil, err
	}
	if objects, err = cluster.Inventory(ctx, func(objects []*unstructured.Unstructured) []v1alpha1.InventoryKind {
		return session.Reads(c, objects)
	}); err != nil {
		return nil, nil, err
	}
	webhooks, err = clusterWebhooks(ctx, cluster, given, say)
	return objects, webhooks, err
}
