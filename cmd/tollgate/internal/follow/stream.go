package follow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

const (
	// lookAgain is how long an absent kind is left alone without any news.
	lookAgain = 30 * time.Second
	// retry is the same for a kind of which is not known whether it is there.
	retry = 5 * time.Second
	// firstLook is how soon it is looked for again after news; then twice as long, and so on.
	firstLook = 200 * time.Millisecond
)

// api is what streams read from.
type api struct {
	client    dynamic.Interface
	discovery discoverer
	// installed tells of kinds that came or went.
	installed *news
}

// errAgain ends a watch so that everything is read again.
var errAgain = errors.New("read again")

// stream follows the objects of one kind, if there is such a kind.
type stream struct {
	resource
	store *store
	calls calls

	mu     sync.Mutex
	absent bool
	err    error // of the last attempt to read
	end    context.CancelCauseFunc
}

// calls are what a stream calls, from goroutines of its own and without locks.
type calls struct {
	// changed: objects changed.
	changed func()
	// turned: whether and how the kind can be read changed.
	turned func()
	// vanished: the kind went, and with it objects that sinks were told of. May be nil.
	vanished func()
}

func newStream(r resource, c calls, sinks ...Sink) *stream {
	return &stream{resource: r, calls: c, store: &store{sinks: sinks, changed: c.changed, replaced: c.turned}}
}

// again has everything read again.
func (s *stream) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		s.end(errAgain)
	}
}

// run follows until ctx is done.
func (s *stream) run(ctx context.Context, a *api) {
	pause := firstLook
	for ctx.Err() == nil {
		news := a.installed.next()
		at, err := s.find(ctx, a.discovery)
		if err == nil {
			pause = firstLook
			s.note(false, nil)
			s.store.use(at.GroupVersionKind)
			err = s.follow(ctx, a.client, at)
		}
		if ctx.Err() != nil {
			return
		}
		longest := retry
		switch {
		case errors.Is(err, errAgain):
			continue
		case errors.Is(err, errAbsent):
			longest = lookAgain
			s.vanish()
		default:
			s.note(false, err)
			klog.ErrorS(err, "following objects", "kind", s.GroupKind)
		}
		select {
		case <-ctx.Done():
		case <-news:
			pause = firstLook
		case <-time.After(wait.Jitter(pause, 0.1)):
			pause = min(2*pause, longest)
		}
	}
}

// vanish notes that there is no such kind. What is required is missed, not forgotten.
func (s *stream) vanish() {
	s.note(true, nil)
	if s.required {
		return
	}
	_, had := s.store.state()
	_ = s.store.Replace(nil, "") // an empty list cannot fail
	if had > 0 && s.calls.vanished != nil {
		s.calls.vanished()
	}
}

// follow reads and watches until ctx is done or the kind has gone.
func (s *stream) follow(ctx context.Context, client dynamic.Interface, at found) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.end = cancel
	s.mu.Unlock()
	objects := client.Resource(at.GroupVersionResource)
	heard := func(err error) {
		if apierrors.IsNotFound(err) {
			cancel(errAbsent)
			return
		}
		s.note(false, err)
	}
	lw := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list, err := objects.List(ctx, o)
			heard(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := objects.Watch(ctx, o)
			heard(err)
			return w, err
		},
	}, client)
	sample := &unstructured.Unstructured{}
	sample.SetGroupVersionKind(at.GroupVersionKind)
	backoff := wait.Backoff{Duration: 500 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 10, Cap: 15 * time.Second}
	cache.NewReflectorWithOptions(lw, sample, s.store, cache.ReflectorOptions{Name: "tollgate " + s.GroupKind.String(), Backoff: &backoff}).RunWithContext(ctx)
	return context.Cause(ctx)
}

func (s *stream) note(absent bool, err error) {
	s.mu.Lock()
	before := s.absent
	beforeErr := s.err
	s.absent, s.err = absent, err
	s.mu.Unlock()
	if before != absent || (beforeErr == nil) != (err == nil) {
		s.calls.turned()
	}
}

// settled tells whether everything has been read, or it is certain that it
// cannot be; then the error says why.
func (s *stream) settled() (bool, error) {
	synced, _ := s.store.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.absent && s.required:
		return false, nil
	case synced:
		return true, nil
	case apierrors.IsForbidden(s.err):
		return true, fmt.Errorf("its inventory cannot be read: %w", s.err)
	default:
		return false, nil
	}
}

// failing tells that the last attempt to read or to watch failed: what is known
// may be old.
func (s *stream) failing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

// problem says why not everything has been read; "" if it has.
func (s *stream) problem() string {
	synced, _ := s.store.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.absent && s.required:
		return s.GroupKind.String() + " (not installed: apply the custom resource definitions)"
	case synced:
		return ""
	case s.err != nil:
		return fmt.Sprintf("%s (%v)", s.GroupKind, s.err)
	default:
		return s.GroupKind.String() + " (being read)"
	}
}
