package status

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/ktesting"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tollgate.dev/tollgate/apis/tollgate/v1alpha1"
)

// hanging never answers, as a kube-apiserver that stands still.
type hanging struct{ client.SubResourceWriter }

func (h hanging) Status() client.SubResourceWriter { return h }

func (hanging) Apply(ctx context.Context, _ runtime.ApplyConfiguration, _ ...client.SubResourceApplyOption) error {
	<-ctx.Done()
	return ctx.Err()
}

// A write that takes too long is told of; one that is given up because the
// process ends is not.
func TestAWriteThatTakesTooLongIsLogged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		ends bool
		want bool
	}{
		{name: "it takes too long", want: true},
		{name: "the process ends", ends: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &ktesting.BufferTL{}
				ctx, cancel := context.WithCancel(klog.NewContext(t.Context(), ktesting.NewLogger(log, ktesting.NewConfig())))
				defer cancel()
				if tt.ends {
					time.AfterFunc(writeTimeout/2, cancel)
				}
				c := New(Config{Client: hanging{}, Observer: &world{}})
				u := update{kind: "Organization", object: organization("acme", 1, nil), status: &v1alpha1.OrganizationStatus{}}
				if err := c.write(ctx, u); err == nil {
					t.Error("no error")
				}
				if got := strings.Contains(log.String(), "a status is not written"); got != tt.want {
					t.Errorf("logged %q", log)
				}
			})
		})
	}
}
