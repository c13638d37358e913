package webhook_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"tollgate.dev/tollgate/hack/cluster"
)

// load writes objects that are judged, from several clients, until it is stopped.
type load struct {
	stop   context.CancelFunc
	wg     sync.WaitGroup
	passed atomic.Int64

	mu     sync.Mutex
	failed []error
}

// startLoad starts clients that create Ingresses as dry runs, without retries.
func startLoad(t *testing.T, w *world, clients int) *load {
	t.Helper()
	var object networkingv1.Ingress
	if err := yaml.Unmarshal([]byte(ingress("load", "higress", "load.acme.example")), &object); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	l := &load{stop: stop}
	for i := range clients {
		cfg, err := w.Plane.Config(cluster.User{Name: "alice@acme.example", Groups: []string{"acme"}})
		if err != nil {
			t.Fatal(err)
		}
		client, err := kubernetes.NewForConfig(cfg)
		if err != nil {
			t.Fatal(err)
		}
		l.wg.Go(func() {
			own := object.DeepCopy()
			own.Name = fmt.Sprintf("load-%d", i)
			for ctx.Err() == nil {
				_, err := client.NetworkingV1().Ingresses("acme-chat").Create(ctx, own.DeepCopy(), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
				switch {
				case err == nil:
					l.passed.Add(1)
				case ctx.Err() == nil:
					l.mu.Lock()
					l.failed = append(l.failed, err)
					l.mu.Unlock()
				}
			}
		})
	}
	return l
}

// more waits until so many more writes have passed, or one has failed.
func (l *load) more(w *world, n int64) {
	w.t.Helper()
	until := l.passed.Load() + n
	w.eventually(fmt.Sprintf("%d more writes pass", n), func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.passed.Load() < until && len(l.failed) == 0 {
			return fmt.Errorf("%d are missing", until-l.passed.Load())
		}
		return nil
	})
}

// end stops the clients and fails for each write that did.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.wg.Wait()
	for i, err := range l.failed {
		if i == 3 {
			break
		}
		t.Error(err)
	}
	t.Logf("%d writes passed, %d failed", l.passed.Load(), len(l.failed))
}
