package violation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/resource"
)

// enough is how many rows a page needs: one more than it shows, so that its
// token is known to lead somewhere.
func enough(limit int64) int {
	if limit <= 0 {
		return 0
	}
	return int(min(limit, 1<<30)) + 1
}

// lister judges and pages, for both resources.
type lister struct {
	resource.Names
	auditor  Auditor
	tokens   *page.Issuer
	observer Observer
}

// list judges the objects of a namespace, or of all for "", as far as opts asks
// for them; of a resource without namespaces those of the cluster. fields are
// the keys that its field selectors may hold.
func (l lister) list(ctx context.Context, namespace string, fields []string, opts *internalversion.ListOptions) ([]row, metav1.ListMeta, error) {
	start := time.Now()
	if opts == nil {
		opts = &internalversion.ListOptions{}
	}
	q, err := l.parse(namespace, fields, opts)
	if err != nil {
		return nil, metav1.ListMeta{}, err
	}
	audit, err := l.begin()
	if err != nil {
		return nil, metav1.ListMeta{}, err
	}
	rows, meta, err := l.page(ctx, audit, l.namespaces(audit, q), q, opts.Limit)
	if err != nil {
		return nil, metav1.ListMeta{}, err
	}
	l.observer.Answered(l.Resource.Resource, len(rows), time.Since(start))
	return rows, meta, nil
}

// namespaces are those to be judged, in order.
func (l lister) namespaces(audit Audit, q query) []string {
	switch {
	case !l.Namespaced:
		return []string{""}
	case q.Nothing:
		return nil
	case q.Namespace != "":
		return []string{q.Namespace}
	}
	return audit.Namespaces()
}

// page returns the rows of a page and the list's metadata.
func (l lister) page(ctx context.Context, audit Audit, namespaces []string, q query, limit int64) ([]row, metav1.ListMeta, error) {
	last, continued := q.Page.After()
	want := enough(limit)
	var rows []row
	for _, ns := range namespaces {
		if continued && ns < last.Namespace {
			continue
		}
		found, err := l.judge(ctx, audit, ns)
		if err != nil {
			return nil, metav1.ListMeta{}, err
		}
		for i := range found {
			if q.wants(&found[i]) && !(continued && found[i].key().Compare(last) <= 0) {
				rows = append(rows, found[i])
			}
		}
		if want > 0 && len(rows) >= want {
			break
		}
	}
	key := func(i int) page.Key { return rows[i].key() }
	from, to := q.Page.Window(len(rows), key)
	meta := q.Page.Meta(len(rows), to, key)
	// What remains was not judged, so nobody knows how much it is.
	meta.RemainingItemCount = nil
	return rows[from:to], meta, nil
}

func (l lister) judge(ctx context.Context, audit Audit, namespace string) ([]row, error) {
	found, err := audit.Judge(ctx, namespace)
	if err != nil {
		return nil, l.failed(ctx, err)
	}
	return newRows(found), nil
}

// get returns the row of a name.
func (l lister) get(ctx context.Context, namespace, name string) (*row, error) {
	audit, err := l.begin()
	if err != nil {
		return nil, err
	}
	rows, err := l.judge(ctx, audit, namespace)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(rows, func(r row) bool { return r.meta.Name == name })
	if i < 0 {
		return nil, l.NotFound(name)
	}
	return &rows[i], nil
}

func (l lister) begin() (Audit, error) {
	audit, err := l.auditor.Begin()
	if err != nil {
		return nil, apierrors.NewServiceUnavailable(fmt.Sprintf("nothing can be judged yet: %v", err))
	}
	return audit, nil
}

func (l lister) failed(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return apierrors.NewTimeoutError("judging took too long: ask for one namespace, or for pages with --chunk-size", 0)
	}
	return apierrors.NewInternalError(fmt.Errorf("judging what exists: %w", err))
}
