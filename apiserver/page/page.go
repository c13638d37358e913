package page

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Request is the page that a list call asks for.
type Request struct {
	limit     int
	after     Key
	continued bool
	pinned    string
	scope     string
	filtered  bool
	issuer    *Issuer
}

// Scope names a list for continue tokens: the resource, the namespace ("" for
// all) and the selectors of the call.
func Scope(resource, namespace string, opts *internalversion.ListOptions) string {
	label, field := "", ""
	if opts != nil && opts.LabelSelector != nil {
		label = opts.LabelSelector.String()
	}
	if opts != nil && opts.FieldSelector != nil {
		// In an order of its own: a selector made from a map has none.
		parts := strings.Split(opts.FieldSelector.String(), ",")
		slices.Sort(parts)
		field = strings.Join(parts, ",")
	}
	return fmt.Sprintf("%s\n%s\n%s\n%s", resource, namespace, label, field)
}

// Parse reads limit and continue of a list call. A token that was not issued
// for this scope is a 400.
func (i *Issuer) Parse(scope string, opts *internalversion.ListOptions) (Request, error) {
	r := Request{scope: scope, issuer: i}
	if opts == nil {
		return r, nil
	}
	if opts.Limit < 0 {
		return Request{}, apierrors.NewBadRequest(fmt.Sprintf("limit: %d is below 0: give the number of rows of a page, or 0 for all", opts.Limit))
	}
	r.limit = int(min(opts.Limit, 1<<30))
	r.filtered = opts.FieldSelector != nil && !opts.FieldSelector.Empty() || opts.LabelSelector != nil && !opts.LabelSelector.Empty()
	if opts.Continue == "" {
		return r, nil
	}
	last, pinned, err := i.read(scope, opts.Continue)
	if err != nil {
		return Request{}, apierrors.NewBadRequest("continue: " + err.Error())
	}
	r.after, r.continued, r.pinned = last, true, pinned
	return r, nil
}

// Limited tells whether the call asked for a page rather than for the whole list.
func (r Request) Limited() bool { return r.limit > 0 }

// After returns the key behind which the page begins; ok is false at the start.
func (r Request) After() (last Key, ok bool) { return r.after, r.continued }

// Pin returns the request with a text that its token carries to the pages that
// follow: what a list computes from the time of its first page.
func (r Request) Pin(text string) Request {
	r.pinned = text
	return r
}

// Pinned returns the text that the page before was given by Pin, or "". Like the
// rest of a token it gives no right, and a client could have made it up.
func (r Request) Pinned() string { return r.pinned }

// Window returns the half-open range of the page among n rows in the order of
// their keys.
func (r Request) Window(n int, key func(int) Key) (from, to int) {
	if r.continued {
		from = sort.Search(n, func(j int) bool { return key(j).Compare(r.after) > 0 })
	}
	if to = n; r.limit > 0 && n-from > r.limit {
		to = from + r.limit
	}
	return from, to
}

// Meta returns the metadata of a list whose page ended before row to of n: no
// resourceVersion, because nothing is stored that could be watched, and a token
// when more rows follow. The remaining count is left out when selectors were
// given, as the API conventions ask.
func (r Request) Meta(n, to int, key func(int) Key) metav1.ListMeta {
	if to >= n || to == 0 {
		return metav1.ListMeta{}
	}
	m := metav1.ListMeta{Continue: r.issuer.token(r.scope, key(to-1), r.pinned)}
	if !r.filtered {
		m.RemainingItemCount = ptr.To(int64(n - to))
	}
	return m
}
