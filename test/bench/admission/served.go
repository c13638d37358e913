package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tollgate.dev/tollgate/rego/baseline"
	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/webhook"
	"tollgate.dev/tollgate/webhook/certificate"
	"tollgate.dev/tollgate/webhook/fair"
	"tollgate.dev/tollgate/webhook/handler"
)

// What `tollgate webhook` has by default.
const (
	servedSlots   = 32
	servedQueue   = 256
	servedMaxBody = 16 << 20
	servedTimeout = 10 * time.Second
)

// newServed is Tollgate's baseline behind the real webhook server, at a loopback
// port, with the certificate of a folder.
func newServed(ctx context.Context, w *turn.Work, dir string, port int) (turn.Engine, error) {
	policies, err := baseline.Policies()
	if err != nil {
		return nil, err
	}
	o, err := newOurs(ctx, policies, benchSettings(), w.Objects)
	if err != nil {
		return nil, err
	}
	err = serveReviews(ctx, webhook.Config{
		Validate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response, _ := o.judge.Validate(ctx, req)
			return response
		},
		Mutate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response, _ := o.judge.Mutate(ctx, req)
			return response
		},
		FlowOf: func(namespace string, user *authenticationv1.UserInfo) fair.Flow {
			account := o.judge.Account(namespace, user)
			return fair.Flow{Kind: string(account.Kind), Name: account.Name}
		},
		Ready: o.engine.Ready,
	}, dir, port)
	if err != nil {
		return nil, err
	}
	return newJudging(o.review, w.Reviews)
}

// newServedJudge is any engine behind the same server; it does not mutate.
func newServedJudge(ctx context.Context, j judge, w *turn.Work, dir string, port int) (turn.Engine, error) {
	err := serveReviews(ctx, webhook.Config{
		Validate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			found, err := j(ctx, req)
			response := &admissionv1.AdmissionResponse{UID: req.UID, Allowed: err == nil && len(found) == 0}
			switch {
			case err != nil:
				response.Result = &metav1.Status{Message: err.Error()}
			case len(found) > 0:
				response.Result = &metav1.Status{Message: found[0].Message}
			}
			return response
		},
		Mutate: func(_ context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			return &admissionv1.AdmissionResponse{UID: req.UID, Allowed: true}
		},
		Ready: func() error { return nil },
	}, dir, port)
	if err != nil {
		return nil, err
	}
	return newJudging(j, w.Reviews)
}

// serveReviews starts the webhook server and waits until it is ready.
func serveReviews(ctx context.Context, config webhook.Config, dir string, port int) error {
	debug.SetGCPercent(webhook.GCPercent)
	source, err := certificate.NewMounted(dir)
	if err != nil {
		return err
	}
	config.Host, config.Port, config.Name, config.Certificate = "127.0.0.1", port, "localhost", source
	config.ValidateObserver, config.MutateObserver = unobserved{}, unobserved{}
	config.Slots, config.Queue, config.MaxBody, config.Timeout = servedSlots, servedQueue, servedMaxBody, servedTimeout
	server := webhook.New(config)
	failed := make(chan error, 1)
	go func() { failed <- server.Run(ctx, server.Start) }()
	for server.Ready(ctx) != nil {
		select {
		case err := <-failed:
			return fmt.Errorf("serving the webhook: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// unobserved counts nothing.
type unobserved struct{}

func (unobserved) InFlight(int) {}

func (unobserved) Answered(*admissionv1.AdmissionRequest, handler.Outcome, time.Duration) {}

func (unobserved) Panicked() {}
