package usage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"

	metering "tollgate.dev/tollgate/apis/metering/v1alpha1"
	"tollgate.dev/tollgate/apiserver/usage"
	meter "tollgate.dev/tollgate/metering/usage"
	"tollgate.dev/tollgate/tenancy"
)

func down() error {
	return &meter.Error{Kind: meter.Unreachable, Tenant: "tenant-acme", Detail: "refuses connections",
		Err: errors.New("dial tcp 10.9.8.7:8080: connect: connection refused")}
}

// TestMimirAway: whoever asked learns that usage is unknown and what to do; the
// log has the cause.
func TestMimirAway(t *testing.T) {
	t.Parallel()
	const ask = "ask the platform's administrators"
	for _, tt := range []struct {
		name   string
		change func(*fakeMeter, *usage.Config)
		reason string
		says   string
		logged []string // and told to nobody else
	}{
		{name: "down", change: func(m *fakeMeter, _ *usage.Config) { m.fails = map[string]error{"tenant-acme": down()} },
			reason: "MimirUnreachable", says: "refuses connections", logged: []string{"10.9.8.7:8080", "tenant-acme"}},
		{name: "hung", change: func(m *fakeMeter, c *usage.Config) { m.slow, c.Timeout = true, time.Millisecond },
			reason: "MimirTimeout", says: "did not answer in time", logged: []string{"tenant-acme"}},
		{name: "too much", change: func(m *fakeMeter, _ *usage.Config) {
			m.fails = map[string]error{"tenant-acme": &meter.Error{Kind: meter.Overloaded, Tenant: "tenant-acme", Status: 429, RetryAfter: 40 * time.Second, Err: errors.New("limit of querier-2")}}
		}, reason: "MimirOverloaded", says: "try again in 40s", logged: []string{"querier-2"}},
		{name: "another error", change: func(m *fakeMeter, _ *usage.Config) {
			m.fails = map[string]error{"tenant-acme": errors.New("a surprise at 10.9.8.7")}
		}, reason: "NotRead", says: "could not be read", logged: []string{"surprise at 10.9.8.7"}},
		{name: "an older organization has the tenant", change: func(_ *fakeMeter, c *usage.Config) {
			thief := organization("acme", "acme-chat", "acme-search")
			thief.Spec.MimirTenant = "tenant-globex"
			thief.CreationTimestamp = metav1.NewTime(now())
			c.Directory = directory{tenancy.NewDirectory(append(orgs("globex", "globex-chat"), thief), projectsOfTwo())}
		}, reason: "NotRead", says: "no Mimir tenant of its own", logged: []string{"tenant-globex", "older organization"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := usageOfTwo()
			s := storage(m, func(c *usage.Config) { tt.change(m, c) })
			log := &ktesting.BufferTL{}
			logger := ktesting.NewLogger(log, ktesting.NewConfig(ktesting.Verbosity(0)))
			ctx, warned := contextOf(t, "acme-chat")
			ctx = klog.NewContext(ctx, logger)
			listed, err := s.List(ctx, options(t, "", ""))
			if err != nil {
				t.Fatal(err)
			}
			got := listed.(*metering.UsageList)
			if diff := cmp.Diff([]string{"acme-chat/chat"}, names(got)); diff != "" {
				t.Fatal(diff)
			}
			u := got.Items[0].Status
			if u.Requests != nil || u.TotalTokens != nil || u.InputTokens != nil || u.OutputTokens != nil || u.Cost != "" {
				t.Errorf("numbers that nobody knows: %+v", u)
			}
			available := u.Conditions[0]
			if available.Type != "Available" || available.Status != "False" || available.Reason != tt.reason {
				t.Errorf("condition %+v", available)
			}
			if len(warned.texts) != 1 || !strings.Contains(warned.texts[0], "organization acme") {
				t.Fatalf("warnings %q", warned.texts)
			}
			_, err = s.Get(ctx, "chat.ops.bob."+mini, nil)
			if seconds, waits := apierrors.SuggestsClientDelay(err); !apierrors.IsServiceUnavailable(err) || waits {
				t.Errorf("get: %v is no 503, or makes kubectl wait for %d s before it says so", err, seconds)
			}
			for where, text := range map[string]string{"the warning": warned.texts[0], "the condition": available.Message, "the 503": err.Error()} {
				for _, part := range []string{tt.says, ask} {
					if !strings.Contains(text, part) {
						t.Errorf("%s %q does not say %q", where, text, part)
					}
				}
				for _, part := range tt.logged {
					if strings.Contains(text, part) {
						t.Errorf("%s %q tells %q, which is for the log", where, text, part)
					}
				}
			}
			for _, part := range append(tt.logged, `"acme"`) {
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log does not say %q: %s", part, log)
				}
			}
		})
	}
}

func TestOthersAreNotAffected(t *testing.T) {
	t.Parallel()
	m := usageOfTwo()
	m.fails = map[string]error{"tenant-acme": down()}
	got, _ := list(t, storage(m), "", "", "")
	if diff := cmp.Diff([]string{"acme-chat/chat", "acme-search/search", "globex-chat/chat.engineers.eve." + mini}, names(got)); diff != "" {
		t.Error(diff)
	}
}
