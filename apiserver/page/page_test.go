package page_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/fields"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/apiserver/page"
)

func TestPagesTogetherAreTheWholeList(t *testing.T) {
	t.Parallel()
	issuer := page.NewIssuer([]byte("key"))
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.StringMatching(`[a-z0-9]([a-z0-9.-]{0,8}[a-z0-9])?`)
		keys := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) page.Key {
			return page.Key{Namespace: rapid.SampledFrom([]string{"", "a", "a-b", "b"}).Draw(t, "namespace"), Name: label.Draw(t, "name")}
		}), 0, 40, rapid.ID[page.Key]).Draw(t, "keys")
		slices.SortFunc(keys, page.Key.Compare)
		at := func(i int) page.Key { return keys[i] }
		limit := rapid.Int64Range(0, 50).Draw(t, "limit")

		var got []page.Key
		token := ""
		for range len(keys) + 2 {
			req, err := issuer.Parse("budgets", &internalversion.ListOptions{Limit: limit, Continue: token})
			if err != nil {
				t.Fatal(err)
			}
			from, to := req.Window(len(keys), at)
			if limit > 0 && int64(to-from) > limit {
				t.Fatalf("a page of %d rows, limit %d", to-from, limit)
			}
			got = append(got, keys[from:to]...)
			meta := req.Meta(len(keys), to, at)
			if rest := len(keys) - to; meta.Continue != "" && *meta.RemainingItemCount != int64(rest) {
				t.Fatalf("remainingItemCount %d, want %d", *meta.RemainingItemCount, rest)
			}
			if token = meta.Continue; token == "" {
				break
			}
		}
		if diff := cmp.Diff(append([]page.Key{}, keys...), append([]page.Key{}, got...)); diff != "" {
			t.Fatalf("pages differ from the list (-list +pages):\n%s", diff)
		}
	})
}

func TestARowThatGoesMovesNoOther(t *testing.T) {
	t.Parallel()
	issuer := page.NewIssuer([]byte("key"))
	keys := []page.Key{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	at := func(i int) page.Key { return keys[i] }
	req, err := issuer.Parse("s", &internalversion.ListOptions{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	_, to := req.Window(len(keys), at)
	token := req.Meta(len(keys), to, at).Continue
	keys = append([]page.Key{{Name: "a"}}, keys[2:]...) // b, at which the page ended, goes
	if req, err = issuer.Parse("s", &internalversion.ListOptions{Limit: 2, Continue: token}); err != nil {
		t.Fatal(err)
	}
	from, to := req.Window(len(keys), at)
	if diff := cmp.Diff([]page.Key{{Name: "c"}, {Name: "d"}}, keys[from:to]); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsPinnedReachesEveryPage(t *testing.T) {
	t.Parallel()
	issuer := page.NewIssuer([]byte("key"))
	keys := []page.Key{{Namespace: "n", Name: "a"}, {Namespace: "n", Name: "b"}, {Namespace: "n", Name: "c"}}
	at := func(i int) page.Key { return keys[i] }
	req, err := issuer.Parse("s", &internalversion.ListOptions{Limit: 1})
	if err != nil || req.Pinned() != "" {
		t.Fatalf("the first page: %q, %v", req.Pinned(), err)
	}
	req = req.Pin("from noon")
	for i := range 2 {
		from, to := req.Window(len(keys), at)
		token := req.Meta(len(keys), to, at).Continue
		if from != i {
			t.Errorf("page %d begins at %d", i, from)
		}
		if last, err := issuer.Read("s", token); err != nil || last != keys[i] {
			t.Errorf("page %d ends at %v, %v", i, last, err)
		}
		if req, err = issuer.Parse("s", &internalversion.ListOptions{Limit: 1, Continue: token}); err != nil || req.Pinned() != "from noon" {
			t.Errorf("page %d is told %q, %v", i+1, req.Pinned(), err)
		}
	}
}

func TestRemainingIsLeftOutUnderSelectors(t *testing.T) {
	t.Parallel()
	keys := []page.Key{{Name: "a"}, {Name: "b"}}
	at := func(i int) page.Key { return keys[i] }
	req, err := page.NewIssuer(nil).Parse("s", &internalversion.ListOptions{Limit: 1, FieldSelector: fields.OneTermEqualSelector("state", "Active")})
	if err != nil {
		t.Fatal(err)
	}
	meta := req.Meta(2, 1, at)
	if meta.Continue == "" || meta.RemainingItemCount != nil {
		t.Errorf("continue %q, remaining %v: want a token and no count", meta.Continue, meta.RemainingItemCount)
	}
}

func TestTokensThatWereNotIssuedAreRefused(t *testing.T) {
	t.Parallel()
	issuer := page.NewIssuer([]byte("key"))
	good := issuer.Token("budgets\nacme", page.Key{Namespace: "acme-chat", Name: "chat"})
	tests := []struct {
		name, scope, token string
		issuer             *page.Issuer
		ok                 bool
	}{
		{name: "issued", scope: "budgets\nacme", token: good, issuer: issuer, ok: true},
		{name: "issued by a replica", scope: "budgets\nacme", token: good, issuer: page.NewIssuer([]byte("key")), ok: true},
		{name: "another list", scope: "usages\nacme", token: good, issuer: issuer},
		{name: "another key", scope: "budgets\nacme", token: good, issuer: page.NewIssuer([]byte("other"))},
		{name: "not base64", scope: "budgets\nacme", token: "!", issuer: issuer},
		{name: "cut short", scope: "budgets\nacme", token: good[:8], issuer: issuer},
		{name: "one letter changed", scope: "budgets\nacme", token: "A" + good[1:], issuer: issuer, ok: good[0] == 'A'},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.issuer.Read(tt.scope, tt.token)
			if tt.ok != (err == nil) || err != nil && !errors.Is(err, page.ErrNotIssued) {
				t.Errorf("Read: %v, want ok=%v", err, tt.ok)
			}
			_, err = tt.issuer.Parse(tt.scope, &internalversion.ListOptions{Continue: tt.token})
			if tt.ok != (err == nil) || err != nil && !apierrors.IsBadRequest(err) {
				t.Errorf("Parse: %v, want ok=%v, else a 400", err, tt.ok)
			}
		})
	}
}

func TestNegativeLimitIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := page.NewIssuer(nil).Parse("s", &internalversion.ListOptions{Limit: -1}); !apierrors.IsBadRequest(err) {
		t.Errorf("got %v, want a 400", err)
	}
}

func FuzzRead(f *testing.F) {
	issuer := page.NewIssuer([]byte("key"))
	f.Add("s", issuer.Token("s", page.Key{Namespace: "a", Name: "b"}))
	f.Add("s", "")
	f.Fuzz(func(t *testing.T, scope, token string) {
		key, err := issuer.Read(scope, token)
		if err != nil {
			return
		}
		req, err := issuer.Parse(scope, &internalversion.ListOptions{Continue: token})
		if err != nil || req.Pinned() != "" {
			return // Token makes none that pins
		}
		if again := issuer.Token(scope, key); again != token {
			t.Errorf("%q was accepted as %v, whose token is %q", token, key, fmt.Sprint(again))
		}
	})
}
