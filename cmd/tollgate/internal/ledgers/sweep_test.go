package ledgers

import (
	"context"
	"net"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
	"tollgate.dev/tollgate/tenancy"
)

// A sweep that takes too long is told of; one that is given up
// because the process ends is not.
func TestASweepThatFailsIsLogged(t *testing.T) {
	t.Parallel()
	// It takes connections, and never answers.
	hanging, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	s := open(t, none, "default=redis://"+hanging.Addr().String())
	organization := tenancy.NewDirectory([]*v1alpha1.Organization{{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"},
		Spec:       v1alpha1.OrganizationSpec{Ledger: v1alpha1.LedgerReference{Name: "default"}},
	}}, nil).Organizations()[0]
	for _, tt := range []struct {
		name string
		ends bool
		want bool
	}{
		{name: "it takes too long", want: true},
		{name: "the process ends", ends: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &ktesting.BufferTL{}
			ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), ktesting.NewLogger(log, ktesting.NewConfig())))
			defer cancel()
			if tt.ends {
				cancel()
			}
			var seen swept
			s.sweepOne(ctx, organization, &seen)
			if seen.err == nil {
				t.Error("no error")
			}
			if got := strings.Contains(log.String(), "expiring holds"); got != tt.want {
				t.Errorf("logged %q", log)
			}
		})
	}
}
