package apiserver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	handlermetrics "k8s.io/apiserver/pkg/endpoints/handlers/metrics"
	apimetrics "k8s.io/apiserver/pkg/endpoints/metrics"
	"k8s.io/apiserver/pkg/server/mux"
	flowcontrolmetrics "k8s.io/apiserver/pkg/util/flowcontrol/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

// backendTimeout is how long a check of a backend may take.
const backendTimeout = 2 * time.Second

// installMetrics serves the generic server's metrics joined with own, on
// /metrics, to callers who are authorized for that path.
func installMetrics(m *mux.PathRecorderMux, own prometheus.Gatherer) {
	apimetrics.Register()
	handlermetrics.Register()
	flowcontrolmetrics.Register()
	gatherers := prometheus.Gatherers{legacyregistry.DefaultGatherer}
	if own != nil {
		gatherers = append(gatherers, own)
	}
	m.Handle("/metrics", promhttp.HandlerFor(gatherers, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
}

// installBackendChecks serves /backends, a line per backend, and
// /backends/NAME. They are kept out of livez and readyz: a server that stops
// being ready with Redis would take discovery with it, and namespaces could no
// longer be deleted.
func installBackendChecks(m *mux.PathRecorderMux, checks []Check) {
	m.HandleFunc("/backends", func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), backendTimeout)
		defer cancel()
		lines := make([]string, len(checks))
		status := http.StatusOK
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i, c := range checks {
			wg.Go(func() {
				err := c.Check(ctx)
				mu.Lock()
				defer mu.Unlock()
				lines[i] = fmt.Sprintf("[+]%s ok\n", c.Name)
				if err != nil {
					status = http.StatusInternalServerError
					lines[i] = fmt.Sprintf("[-]%s failed: %v\n", c.Name, err)
				}
			})
		}
		wg.Wait()
		writePlain(w, status, lines...)
	})
	for _, c := range checks {
		m.HandleFunc("/backends/"+c.Name, func(w http.ResponseWriter, req *http.Request) {
			ctx, cancel := context.WithTimeout(req.Context(), backendTimeout)
			defer cancel()
			if err := c.Check(ctx); err != nil {
				writePlain(w, http.StatusInternalServerError, fmt.Sprintf("%s failed: %v\n", c.Name, err))
				return
			}
			writePlain(w, http.StatusOK, "ok\n")
		})
	}
}

func writePlain(w http.ResponseWriter, status int, lines ...string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	for _, line := range lines {
		_, _ = w.Write([]byte(line)) // the caller has gone when this fails
	}
}
