package gate

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// smallList is what is never made to wait: a get, or one page of kubectl.
	smallList = 500
	// patience is how long a large list waits for others to finish.
	patience = 20 * time.Second
	// retryAfter is the seconds after which a refused list should be tried again.
	retryAfter = 5
)

// Gate bounds listed objects. It is safe for concurrent use.
type Gate struct {
	objects  *semaphore.Weighted
	capacity int64
}

// New returns a gate for so many objects at once.
func New(capacity int64) *Gate {
	return &Gate{objects: semaphore.NewWeighted(capacity), capacity: capacity}
}

type leaseKey struct{}

// lease is what one request holds.
type lease struct {
	gate *Gate
	mu   sync.Mutex
	held int64
	done bool
}

// Handler gives each request the means to Enter, and has it leave when next has
// returned.
func (g *Gate) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		l := &lease{gate: g}
		defer l.release()
		next.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), leaseKey{}, l)))
	})
}

// Enter waits until the request of ctx may build so many objects. Small numbers
// pass at once, and a number above the capacity counts as all of it. The error
// is a 429 that says when to try again. Without Handler, Enter returns at once.
func Enter(ctx context.Context, objects int) error {
	l, ok := ctx.Value(leaseKey{}).(*lease)
	if !ok || objects <= smallList {
		return nil
	}
	weight := min(int64(objects), l.gate.capacity)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := l.gate.objects.Acquire(waiting, weight); err != nil {
		return apierrors.NewTooManyRequests("too many large lists are being answered: ask for pages with limit (kubectl does), or try again later", retryAfter)
	}
	l.keep(weight)
	return nil
}

// keep notes what was acquired, or gives it back when the request has ended.
func (l *lease) keep(weight int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		l.gate.objects.Release(weight)
		return
	}
	l.held += weight
}

func (l *lease) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate.objects.Release(l.held)
	l.held, l.done = 0, true
}
