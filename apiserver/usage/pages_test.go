package usage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/page"
	"tollgate.dev/tollgate/apiserver/usage"
)

// TestPages: pages together are the list, of the window of the first page
// however long the others took to come.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"", "window=1h", "since=366d", "since=2d,until=1d", "by=project", "since=2026-11-20T12:34:50Z"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			m := usageOfTwo()
			clock := now()
			s := storage(m, func(c *usage.Config) { c.Now = func() time.Time { return clock } })
			whole, _ := list(t, s, "", "", field)
			ctx, _ := contextOf(t, "")
			opts := options(t, "", field)
			opts.Limit = 2
			m.asked = nil
			var got []string
			for {
				l, err := s.List(ctx, opts)
				if err != nil {
					t.Fatal(err)
				}
				part := l.(*metering.UsageList)
				got = append(got, names(part)...)
				for _, u := range part.Items {
					if first := whole.Items[0].Spec; !u.Spec.Since.Equal(&first.Since) || !u.Spec.Until.Equal(&first.Until) {
						t.Errorf("a page counts from %s to %s, the first one from %s to %s", u.Spec.Since, u.Spec.Until, first.Since, first.Until)
					}
				}
				if opts.Continue = part.Continue; opts.Continue == "" {
					break
				}
				clock = clock.Add(time.Hour)
			}
			if diff := cmp.Diff(names(whole), got); diff != "" {
				t.Error(diff)
			}
			for _, q := range m.asked {
				if q.Since != whole.Items[0].Spec.Since.Time || q.Until != whole.Items[0].Spec.Until.Time {
					t.Errorf("Mimir was asked from %s to %s", q.Since, q.Until)
				}
			}
		})
	}
}

// TestTokensThatNobodyIssued: the key of tokens is no secret, so a window that
// somebody made up is judged as one that was asked for.
func TestTokensThatNobodyIssued(t *testing.T) {
	t.Parallel()
	scope := page.Scope("usages", "", options(t, "", ""))
	pinned := func(text string) string {
		req, err := page.NewIssuer([]byte("test")).Parse(scope, &internalversion.ListOptions{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return req.Pin(text).Meta(2, 1, func(int) page.Key { return page.Key{Namespace: "acme-chat", Name: "chat"} }).Continue
	}
	for name, tt := range map[string]struct {
		token string
		ok    bool
	}{
		"a window of the past":    {token: pinned("1788220800-1788224400"), ok: true},
		"no token":                {token: "x"},
		"another key":             {token: page.NewIssuer([]byte("other")).Token(scope, page.Key{Namespace: "acme-chat", Name: "chat"})},
		"without a window":        {token: page.NewIssuer([]byte("test")).Token(scope, page.Key{Namespace: "acme-chat", Name: "chat"})},
		"a window that is none":   {token: pinned("yesterday")},
		"an end before its start": {token: pinned("1788224400-1788220800")},
		"a window of decades":     {token: pinned("0-1788220800")},
		"a window of the future":  {token: pinned("1988220800-1988224400")},
		"numbers beyond int64":    {token: pinned("99999999999999999999-99999999999999999999")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := usageOfTwo()
			ctx, _ := contextOf(t, "")
			opts := options(t, "", "")
			opts.Continue = tt.token
			_, err := storage(m).List(ctx, opts)
			if tt.ok != (err == nil) || err != nil && !apierrors.IsBadRequest(err) {
				t.Errorf("%v, want ok=%v, else a 400", err, tt.ok)
			}
			if err != nil && len(m.asked) > 0 {
				t.Error("Mimir was asked")
			}
		})
	}
}
