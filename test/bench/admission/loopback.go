package main

import (
	"bytes"
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
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/load"
	"tollgate.dev/tollgate/test/bench/report"
	"tollgate.dev/tollgate/webhook"
)

const (
	askers       = 16
	saturateFor  = time.Second
	pacedFor     = 2 * time.Second
	servedRounds = 7
	besideRounds = 5
	overloaded   = 4 // times what one review takes alone
)

// overTLS asks the real webhook server as kube-apiserver does, at four fifths
// of what it could answer just before: with the baseline, and with 15 templates that
// Gatekeeper runs behind the same server too.
func (b *bench) overTLS(ctx context.Context) ([]report.Result, error) {
	w := newWorld(largeWorld)
	objects, err := w.objects()
	if err != nil {
		return nil, err
	}
	everyday, _, err := w.reviews()
	if err != nil {
		return nil, err
	}
	baseline, err := b.serve(ctx, servedBaseline, &turn.Work{Objects: objects, Reviews: everyday}, servedRounds, servedRounds)
	if err != nil {
		return nil, err
	}
	due, sent := load.Middle(baseline.due), load.Middle(baseline.sent)
	results := []report.Result{
		report.AtMost("over TLS at 80% of saturation, 10,000 objects: p99 against the median", "ms", ms(due.P99), ms(due.Median), 5),
		report.AtMost("the same with objects, from when reviews were sent", "ms", ms(sent.P99), ms(sent.Median), 5),
	}
	beside, err := b.besideGatekeeper(ctx)
	return append(results, beside...), err
}

// besideGatekeeper serves 15 templates with either engine, one after the other.
func (b *bench) besideGatekeeper(ctx context.Context) ([]report.Result, error) {
	set, err := loadRules(templateFiles, "templates")
	if err != nil {
		return nil, err
	}
	reviews, err := pluginReviews()
	if err != nil {
		return nil, err
	}
	work := &turn.Work{Policies: slices.Concat(set.templates, set.constraints), Reviews: reviews}
	ours, err := b.serve(ctx, servedTemplates, work, besideRounds, 1)
	if err != nil {
		return nil, err
	}
	theirs, err := b.serve(ctx, servedGatekeeper, work, besideRounds, 1)
	if err != nil {
		return nil, err
	}
	due, mine, peer := load.Middle(ours.due), load.Middle(ours.sent), load.Middle(theirs.sent)
	const what = "15 templates over TLS at 80%, from when sent, against Gatekeeper behind the same server: "
	return []report.Result{
		report.AtMost("15 templates over TLS at 80%, no objects: p99 against the median", "ms", ms(due.P99), ms(due.Median), 5),
		report.AtMost("the same without objects, from when reviews were sent", "ms", ms(mine.P99), ms(mine.Median), 5),
		report.AtMost(what+"p99", "ms", ms(mine.P99), ms(peer.P99), 1),
		report.AtMost(what+"p99 by median", "times", mine.Ratio(), peer.Ratio(), 1),
	}, nil
}

// serve starts an engine behind the server, has it give the verdicts that it
// gives unserved, and measures so many rounds, of which enough have to count.
func (b *bench) serve(ctx context.Context, engine string, work *turn.Work, rounds, enough int) (all paced, err error) {
	asker, args, err := newAsker(engine, work.Reviews)
	if err != nil {
		return paced{}, err
	}
	defer os.RemoveAll(asker.dir)
	server, err := turn.Start(ctx, "the webhook server", 0, work, b.program, args...)
	if err != nil {
		return paced{}, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := asker.check(ctx, server, len(work.Reviews)); err != nil {
		return paced{}, err
	}
	if b.quick {
		rounds, enough = 2, min(enough, 2)
	}
	return asker.rounds(ctx, engine, rounds, enough)
}

// paced is rounds from when reviews were due and sent.
type paced struct{ due, sent []load.Round }

// rounds measures until there are so many rounds that count. One does not if
// the server was overloaded after all, because something else took the
// processors meanwhile: when everything waits, the median is as bad as the tail.
func (a *asker) rounds(ctx context.Context, engine string, wanted, enough int) (paced, error) {
	clients := load.Clients{Number: askers, Ask: a.one}
	if _, err := clients.Saturate(ctx, saturateFor); err != nil { // warms up
		return paced{}, err
	}
	alone, err := a.alone(ctx)
	if err != nil {
		return paced{}, err
	}
	var all paced
	for tries := 0; len(all.due) < wanted; tries++ {
		if tries == 3*wanted && len(all.due) >= enough {
			break
		}
		if tries == 3*wanted {
			return paced{}, fmt.Errorf("the server was overloaded in %d of %d rounds: something else uses the processors", tries-len(all.due), tries)
		}
		rate, err := clients.Saturate(ctx, saturateFor)
		if err != nil {
			return paced{}, err
		}
		took, err := clients.Pace(ctx, 0.8*rate, pacedFor)
		if err != nil {
			return paced{}, err
		}
		due, sent, counts := load.NewRound(took.Due), load.NewRound(took.Sent), "counts"
		if due.Median > overloaded*alone {
			counts = fmt.Sprintf("does not count, one review at a time takes %s", alone)
		} else {
			all.due, all.sent = append(all.due, due), append(all.sent, sent)
		}
		fmt.Fprintf(os.Stderr, "over TLS, %s: %.0f/s at most; at 80%%: median %s, p99 %s; from when they were sent %s, %s; %s\n",
			engine, rate, due.Median, due.P99, sent.Median, sent.P99, counts)
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

// asker sends reviews to the server over one HTTP/2 connection, as
// kube-apiserver does.
type asker struct {
	dir, url string
	client   *http.Client
	reviews  []json.RawMessage
	next     atomic.Int64
}

// newAsker also returns the arguments of the server that it asks.
func newAsker(engine string, reviews []json.RawMessage) (*asker, []string, error) {
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
	}, []string{engine, dir, strconv.Itoa(ports[0])}, nil
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
