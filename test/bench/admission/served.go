package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"

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
	debug.SetGCPercent(webhook.GCPercent)
	policies, err := baseline.Policies()
	if err != nil {
		return nil, err
	}
	o, err := newOurs(ctx, policies, benchSettings(), w.Objects)
	if err != nil {
		return nil, err
	}
	source, err := certificate.NewMounted(dir)
	if err != nil {
		return nil, err
	}
	server := webhook.New(webhook.Config{
		Host: "127.0.0.1", Port: port, Name: "localhost", Certificate: source,
		Validate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response, _ := o.judge.Validate(ctx, req)
			return response
		},
		Mutate: func(ctx context.Context, req *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
			response, _ := o.judge.Mutate(ctx, req)
			return response
		},
		ValidateObserver: unobserved{}, MutateObserver: unobserved{},
		FlowOf: func(namespace string, user *authenticationv1.UserInfo) fair.Flow {
			account := o.judge.Account(namespace, user)
			return fair.Flow{Kind: string(account.Kind), Name: account.Name}
		},
		Ready: o.engine.Ready, Slots: servedSlots, Queue: servedQueue, MaxBody: servedMaxBody, Timeout: servedTimeout,
	})
	failed := make(chan error, 1)
	go func() { failed <- server.Run(ctx, server.Start) }()
	for server.Ready(ctx) != nil {
		select {
		case err := <-failed:
			return nil, fmt.Errorf("serving the webhook: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return newJudging(o.review, w.Reviews)
}

// unobserved counts nothing.
type unobserved struct{}

func (unobserved) InFlight(int) {}

func (unobserved) Answered(*admissionv1.AdmissionRequest, handler.Outcome, time.Duration) {}

func (unobserved) Panicked() {}
