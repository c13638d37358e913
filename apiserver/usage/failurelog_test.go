package usage_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"

	"tollgate.dev/tollgate/apiserver/usage"
	meter "tollgate.dev/tollgate/metering/usage"
)

// TestFailuresAreNotLoggedPerRequest: one line for each organization and kind in
// ten seconds, the next of which says how many were left out.
func TestFailuresAreNotLoggedPerRequest(t *testing.T) {
	t.Parallel()
	clock := now()
	m := usageOfTwo()
	s := storage(m, func(c *usage.Config) { c.Now = func() time.Time { return clock } })
	log := &ktesting.BufferTL{}
	logger := ktesting.NewLogger(log, ktesting.NewConfig(ktesting.Verbosity(0)))
	seen := 0
	overloaded := &meter.Error{Kind: meter.Overloaded, Tenant: "tenant-acme", Status: 429}
	for _, step := range []struct {
		name  string
		after time.Duration
		acme  error
		// globex is the other organization's failure.
		globex error
		lists  int
		want   []string // what the new lines hold, one each
	}{
		{name: "the first", acme: down(), lists: 1, want: []string{`organization="acme" class="Unreachable"`}},
		{name: "the same", acme: down(), lists: 5},
		{name: "another organization", acme: down(), globex: down(), lists: 1, want: []string{`organization="globex"`}},
		{name: "another kind", acme: overloaded, lists: 3, want: []string{`class="Overloaded"`}},
		{name: "not Mimir's", acme: errors.New("a surprise"), lists: 2, want: []string{"a surprise"}},
		{name: "who asked went away", acme: &meter.Error{Kind: meter.Unreachable, Err: context.Canceled}, lists: 2},
		{name: "a moment too early", after: 10*time.Second - 1, acme: down(), lists: 1},
		{name: "ten seconds later", after: 1, acme: down(), lists: 2, want: []string{`organization="acme" leftOut=7 class="Unreachable"`}},
		{name: "a minute later", after: time.Minute, acme: down(), lists: 1, want: []string{`leftOut=1 class="Unreachable"`}},
		{name: "none was left out", after: time.Minute, acme: down(), lists: 1, want: []string{`organization="acme" class="Unreachable"`}},
	} {
		clock = clock.Add(step.after)
		m.fails = map[string]error{"tenant-acme": step.acme}
		if step.globex != nil {
			m.fails["tenant-globex"] = step.globex
		}
		for range step.lists {
			ctx, _ := contextOf(t, "")
			if _, err := s.List(klog.NewContext(ctx, logger), &internalversion.ListOptions{}); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		fresh := lines[seen:]
		if log.String() == "" {
			fresh = nil
		}
		seen += len(fresh)
		if len(fresh) != len(step.want) {
			t.Errorf("%s: logged %q, want %d lines", step.name, fresh, len(step.want))
			continue
		}
		for i, want := range step.want {
			if !strings.Contains(fresh[i], want) {
				t.Errorf("%s: logged %q, want %q in it", step.name, fresh[i], want)
			}
		}
	}
}
