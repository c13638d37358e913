package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
	"tollgate.dev/tollgate/webhook"
)

const (
	askers       = 16 // that never pause, to saturate
	underWay     = 128
	saturateFor  = time.Second
	pacedFor     = 2 * time.Second
	servedRounds = 7
	overloaded   = 4 // times what one review takes alone
)

// overTLS asks the real webhook server as kube-apiserver does, at four fifths
// of what it could answer just before.
func (b *bench) overTLS(ctx context.Context) (results []report.Result, err error) {
	w := newWorld(largeWorld)
	objects, err := w.objects()
	if err != nil {
		return nil, err
	}
	everyday, _, err := w.reviews()
	if err != nil {
		return nil, err
	}
	asker, args, err := newAsker(everyday)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(asker.dir)
	server, err := turn.Start(ctx, "the webhook server", 0, &turn.Work{Objects: objects, Reviews: everyday}, b.program, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := asker.check(ctx, server, len(everyday)); err != nil {
		return nil, err
	}
	rounds := servedRounds
	if b.quick {
		rounds = 2
	}
	all, err := asker.rounds(ctx, rounds)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b pacedRound) int { return cmp.Compare(a.ratio(), b.ratio()) })
	r := all[len(all)/2]
	return []report.Result{report.AtMost("over TLS at 80% of saturation, 10,000 objects: p99 against the median", "ms", ms(r.p99), ms(r.p50), 5)}, nil
}

// rounds measures until there are so many rounds that count. One does not if
// the server was overloaded after all, because something else took the
// processors meanwhile: when everything waits, the median is as bad as the tail.
func (a *asker) rounds(ctx context.Context, wanted int) ([]pacedRound, error) {
	if _, err := a.saturate(ctx, saturateFor); err != nil { // warms up
		return nil, err
	}
	alone, err := a.alone(ctx)
	if err != nil {
		return nil, err
	}
	var all []pacedRound
	for tries := 0; len(all) < wanted; tries++ {
		if tries == 3*wanted {
			return nil, fmt.Errorf("the server was overloaded in %d of %d rounds: something else uses the processors", tries-len(all), tries)
		}
		rate, err := a.saturate(ctx, saturateFor)
		if err != nil {
			return nil, err
		}
		took, err := a.paced(ctx, 0.8*rate)
		if err != nil {
			return nil, err
		}
		r, counts := pacedRound{median(took), quantile(took, 0.99)}, "counts"
		if r.p50 > overloaded*alone {
			counts = fmt.Sprintf("does not count, one review at a time takes %s", alone)
		} else {
			all = append(all, r)
		}
		fmt.Fprintf(os.Stderr, "over TLS: %.0f/s at most; at 80%%: median %s, p99 %s; %s\n", rate, r.p50, r.p99, counts)
	}
	return all, nil
}

// alone is the median of reviews that nothing disturbs.
func (a *asker) alone(ctx context.Context) (time.Duration, error) {
	var took []time.Duration
	for range 20 * len(a.reviews) {
		began := time.Now()
		if err := a.one(ctx); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	return median(took), nil
}

type pacedRound struct{ p50, p99 time.Duration }

func (r pacedRound) ratio() float64 { return float64(r.p99) / float64(r.p50) }

// asker sends reviews to the server over one HTTP/2 connection, as
// kube-apiserver does.
type asker struct {
	dir, url string
	client   *http.Client
	reviews  []json.RawMessage
	next     atomic.Int64
}

// newAsker also returns the arguments of the server that it asks.
func newAsker(reviews []json.RawMessage) (*asker, []string, error) {
	dir, err := os.MkdirTemp("", "tollgate-bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder: %w", err)
	}
	ca, err := cluster.NewCA("bench")
	if err != nil {
		return nil, nil, err
	}
	pair, err := ca.Server("localhost", "127.0.0.1")
	if err != nil {
		return nil, nil, err
	}
	if _, _, err := pair.Write(dir, "tls"); err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), ca.PEM(), 0o600); err != nil {
		return nil, nil, fmt.Errorf("writing the authority's certificate: %w", err)
	}
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return nil, nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.PEM())
	return &asker{
		dir: dir, url: fmt.Sprintf("https://localhost:%d%s?timeout=10s", ports[0], webhook.ValidatePath), reviews: reviews,
		client: &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}},
	}, []string{servedEngine, dir, strconv.Itoa(ports[0])}, nil
}

// check has the server give the verdicts that the engine gives.
func (a *asker) check(ctx context.Context, server *turn.Player, reviews int) error {
	for i := range reviews {
		found, err := server.Judge(i)
		if err != nil {
			return err
		}
		response, err := a.ask(ctx, a.reviews[i])
		if err != nil {
			return err
		}
		if response.Allowed != (len(found) == 0) {
			return fmt.Errorf("review %d: the server says allowed: %t, the engine finds %q", i, response.Allowed, found)
		}
	}
	return nil
}

func (a *asker) one(ctx context.Context) error {
	_, err := a.ask(ctx, a.reviews[int(a.next.Add(1))%len(a.reviews)])
	return err
}

func (a *asker) ask(ctx context.Context, body []byte) (*admissionv1.AdmissionResponse, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer: %w", err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the server answers %s: %s", resp.Status, answer)
	case resp.ProtoMajor != 2:
		return nil, errors.New("the answer did not come over HTTP/2")
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer, &review); err != nil || review.Response == nil {
		return nil, fmt.Errorf("decoding the answer %s: %w", answer, err)
	}
	return review.Response, nil
}

// saturate returns the answers per second to askers that never pause.
func (a *asker) saturate(ctx context.Context, d time.Duration) (float64, error) {
	var n atomic.Int64
	var g errgroup.Group
	began := time.Now()
	for range askers {
		g.Go(func() error {
			for time.Since(began) < d {
				if err := a.one(ctx); err != nil {
					return err
				}
				n.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), err
}

// paced asks at a rate, whether earlier reviews were answered or not, and
// returns how long each took from when it was due.
func (a *asker) paced(ctx context.Context, rate float64) ([]time.Duration, error) {
	var mu sync.Mutex
	var took []time.Duration
	var g errgroup.Group
	g.SetLimit(underWay)
	began := time.Now()
	for i := 0; ; i++ {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if due.Sub(began) > pacedFor {
			err := g.Wait()
			return took, err
		}
		time.Sleep(time.Until(due))
		g.Go(func() error {
			err := a.one(ctx)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
			return err
		})
	}
}
