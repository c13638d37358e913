package webhook_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/webhook"
	"tollgate.dev/tollgate/webhook/handler"
)

const (
	serviceName = "webhook.test.svc"
	// patience bounds waits for what is sure to come.
	patience = 5 * time.Minute
)

// source is a certificate with the authorities that it is to be verified by.
type source struct {
	certificate tls.Certificate
	roots       atomic.Pointer[x509.CertPool]
	ran         atomic.Bool
}

func (s *source) Run(context.Context) { s.ran.Store(true) }
func (s *source) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return &s.certificate, nil
}
func (s *source) Roots() *x509.CertPool { return s.roots.Load() }

func authority(t *testing.T) (*cluster.CA, *x509.CertPool) {
	t.Helper()
	ca, err := cluster.NewCA("test")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca.PEM())
	return ca, pool
}

type nobody struct{}

func (nobody) InFlight(int)                                                           {}
func (nobody) Answered(*admissionv1.AdmissionRequest, handler.Outcome, time.Duration) {}
func (nobody) Panicked()                                                              {}

// served is a server that runs, and what it stands on.
type served struct {
	*webhook.Server
	source *source
	roots  *x509.CertPool
	url    string
	ready  atomic.Pointer[error]
	// entered is told of each request that waits for release, or to be given up.
	entered, release chan struct{}
	// leave begins the end; ended has what Run returned; kill ends the serving at once.
	leave, kill context.CancelFunc
	ended       chan error
}

func serve(t *testing.T, delay time.Duration) *served {
	t.Helper()
	ca, roots := authority(t)
	pair, err := ca.Server(serviceName)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{source: &source{}, roots: roots, entered: make(chan struct{}, 1), release: make(chan struct{}), ended: make(chan error, 1)}
	if s.source.certificate, err = tls.X509KeyPair(pair.Certificate, pair.Key); err != nil {
		t.Fatal(err)
	}
	s.source.roots.Store(roots)
	ports, err := cluster.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	judge := func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		switch req.Name {
		case "waits":
			s.entered <- struct{}{}
			<-s.release
		case "is given up":
			s.entered <- struct{}{}
			<-ctx.Done()
			close(s.release)
		}
		return &admissionv1.AdmissionResponse{Allowed: true}
	}
	s.Server = webhook.New(webhook.Config{
		Host: "127.0.0.1", Port: ports[0], Name: serviceName, Certificate: s.source,
		Validate: judge, Mutate: judge, ValidateObserver: nobody{}, MutateObserver: nobody{},
		Ready: func() error {
			if err := s.ready.Load(); err != nil {
				return *err
			}
			return nil
		},
		Slots: 4, Queue: 4, MaxBody: 4 << 10, Timeout: patience, ShutdownDelay: delay,
	})
	s.url = "https://" + cluster.Loopback(ports[0])
	var lives, killed context.Context
	lives, s.leave = context.WithCancel(t.Context())
	killed, s.kill = context.WithCancel(t.Context())
	t.Cleanup(s.kill)
	go func() {
		s.ended <- s.Run(lives, func(ctx context.Context) error {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			context.AfterFunc(killed, stop)
			return s.Start(ctx)
		})
	}()
	s.eventually(t, "it is ready", func() error { return s.Ready(t.Context()) })
	return s
}

func (s *served) eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// says waits until it is not ready and says why.
func (s *served) says(t *testing.T, why string) {
	t.Helper()
	s.eventually(t, "it says why it is not ready", func() error {
		if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), why) {
			return fmt.Errorf("readiness is %w, want %q", err, why)
		}
		return nil
	})
}

// ask sends a review on a connection of its own.
func (s *served) ask(ctx context.Context, path, name string) (response *admissionv1.AdmissionResponse, closes bool, err error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots, ServerName: serviceName, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	body := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","name":"` + name + `","object":{}}}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return nil, false, err
	}
	defer resp.Body.Close()
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(resp.Body).Decode(&review); err != nil || review.Response == nil {
		return nil, false, fmt.Errorf("HTTP %d, no answer: %w", resp.StatusCode, err)
	}
	return review.Response, resp.Close, nil
}

func (s *served) allowed(ctx context.Context, path, name string) (closes bool, err error) {
	response, closes, err := s.ask(ctx, path, name)
	if err == nil && !response.Allowed {
		err = fmt.Errorf("refused: %+v", response.Result)
	}
	return closes, err
}

// TestReadiness: it is ready when there is something to judge by and kube-apiserver
// would accept its certificate, and says what is missing.
func TestReadiness(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	s.eventually(t, "somebody keeps the certificate fresh", func() error {
		if !s.source.ran.Load() {
			return errors.New("nobody does")
		}
		return nil
	})
	for _, path := range []string{webhook.ValidatePath, webhook.MutatePath} {
		if _, err := s.allowed(t.Context(), path, "x"); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		response, _, err := s.ask(t.Context(), path, strings.Repeat("x", 5<<10))
		if err != nil || response.Allowed || response.Result.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: more than a review may have: %+v, %v", path, response, err)
		}
	}
	_, others := authority(t)
	s.source.roots.Store(others)
	s.says(t, "kube-apiserver would not accept the webhook's certificate")
	s.source.roots.Store(s.roots)
	unread := errors.New("not read yet: policies")
	s.ready.Store(&unread)
	s.says(t, "not read yet: policies")
	response, _, err := s.ask(t.Context(), webhook.ValidatePath, "x")
	if err != nil || response.Allowed || !strings.Contains(response.Result.Message, "not read yet: policies") {
		t.Errorf("asked all the same: %+v, %v", response, err)
	}
	s.ready.Store(nil)
	s.eventually(t, "it is ready again", func() error { return s.Ready(t.Context()) })
	s.kill()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	s.says(t, "does not answer")
}

// TestAServerThatIsToEndStillServes: nobody who has not heard yet that it is not
// ready is refused, and each is told to go elsewhere next time.
func TestAServerThatIsToEndStillServes(t *testing.T) {
	t.Parallel()
	s := serve(t, 100*time.Hour)
	if closes, err := s.allowed(t.Context(), webhook.ValidatePath, "x"); err != nil || closes {
		t.Errorf("before: closes %t, %v", closes, err)
	}
	s.leave()
	s.says(t, "shutting down")
	for range 3 {
		if closes, err := s.allowed(t.Context(), webhook.ValidatePath, "x"); err != nil || !closes {
			t.Errorf("while it leaves: closes %t, %v", closes, err)
		}
	}
	s.kill()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
}

// TestWhatIsInFlightIsAnswered: a server that ends takes no more connections, and
// answers what it has begun.
func TestWhatIsInFlightIsAnswered(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	answered := make(chan error, 1)
	go func() {
		_, err := s.allowed(t.Context(), webhook.ValidatePath, "waits")
		answered <- err
	}()
	<-s.entered
	s.leave()
	s.eventually(t, "it takes no more connections", func() error {
		if _, _, err := s.ask(t.Context(), webhook.ValidatePath, "x"); err == nil {
			return errors.New("it answers")
		}
		return nil
	})
	select {
	case err := <-s.ended:
		t.Fatalf("it ended with a review in flight: %v", err)
	default:
	}
	close(s.release)
	if err := <-answered; err != nil {
		t.Errorf("the review in flight: %v", err)
	}
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
}

// TestAReviewThatIsGivenUpEnds: nobody waits for it any more.
func TestAReviewThatIsGivenUpEnds(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		<-s.entered
		giveUp()
	}()
	if _, err := s.allowed(ctx, webhook.ValidatePath, "is given up"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	select {
	case <-s.release:
	case <-time.After(patience / 2): // the review's own time is twice as long
		t.Error("it is still judged")
	}
}

// TestAServerThatCannotServeSaysSo: what serve returns comes back, without waiting
// for anybody to end it.
func TestAServerThatCannotServeSaysSo(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	defer s.kill()
	taken := errors.New("the port is taken")
	if err := s.Run(t.Context(), func(context.Context) error { return taken }); !errors.Is(err, taken) {
		t.Errorf("got %v", err)
	}
}
